import { describe, expect, it } from 'vitest';
import { specFor, type SpecInput } from '../../../src/oci/spec.ts';

const input = (more: Partial<SpecInput> = {}): SpecInput => ({
  rootPath: '/root-of-it',
  rootAccess: 'writable',
  args: ['/bin/true'],
  environment: { A: 'b', EMPTY: '' },
  cwd: '/srv',
  user: { uid: 0, gid: 0, additionalGids: [] },
  hostname: 'web',
  terminal: 'none',
  mounts: [],
  namespaces: {},
  capabilities: ['CAP_CHOWN'],
  confinement: 'standard',
  newPrivileges: 'allowed',
  seccomp: { defaultAction: 'SCMP_ACT_ERRNO', syscalls: [] },
  cgroupsPath: '/berth.slice/berth-web.service/container',
  annotations: {},
  ...more,
});

describe('specFor', () => {
  it('says what to run, and as whom', () => {
    const user = { uid: 1000, gid: 1000, additionalGids: [5] };
    expect(specFor(input({ user, newPrivileges: 'blocked', terminal: 'pty' })).process).toEqual({
      terminal: true,
      user: { ...user, umask: 0o022 },
      args: ['/bin/true'],
      env: ['A=b', 'EMPTY='],
      cwd: '/srv',
      capabilities: { bounding: ['CAP_CHOWN'], effective: [], permitted: [], inheritable: [], ambient: [] },
      noNewPrivileges: true,
    });
  });

  it('has no device rules and no limits, which are the unit’s', () => {
    expect(specFor(input()).linux).not.toHaveProperty('resources');
  });

  it('gives a network of its own, or the host’s', () => {
    expect(specFor(input()).linux).toHaveProperty('namespaces', expect.arrayContaining([{ type: 'network' }]));
    expect(specFor(input({ namespaces: { network: 'host' } })).linux).toHaveProperty(
      'namespaces',
      expect.not.arrayContaining([{ type: 'network' }]),
    );
  });

  it('puts a mount in the place of the standard one', () => {
    const own = { destination: '/dev/shm', type: 'bind', source: '/srv/shm', options: ['bind'] };
    const mounts = specFor(input({ mounts: [own] })).mounts.filter(({ destination }) => destination === '/dev/shm');
    expect(mounts).toEqual([own]);
  });

  it('mounts what lies below after what it lies below', () => {
    const destinations = specFor(input()).mounts.map(({ destination }) => destination);
    expect(destinations.indexOf('/dev')).toBeLessThan(destinations.indexOf('/dev/pts'));
    expect(destinations.indexOf('/sys')).toBeLessThan(destinations.indexOf('/sys/fs/cgroup'));
  });

  it('takes everything off that confines a privileged container', () => {
    const { linux, mounts } = specFor(input({ confinement: 'privileged' }));
    for (const name of ['seccomp', 'maskedPaths', 'readonlyPaths']) expect(linux).not.toHaveProperty(name);
    expect(mounts.find(({ destination }) => destination === '/sys')?.options).toContain('rw');
    expect(specFor(input()).linux).toHaveProperty('seccomp.defaultAction', 'SCMP_ACT_ERRNO');
  });
});
