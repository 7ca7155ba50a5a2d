import { describe, expect, it } from 'vitest';
import { specFor, type SpecInput } from '../../../src/oci-spec/spec.ts';

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

  it('says how large a terminal is to begin with, where that is known', () => {
    const terminalSize = { columns: 99, rows: 33 };
    expect(specFor(input({ terminal: 'pty', terminalSize })).process.consoleSize).toEqual({ width: 99, height: 33 });
  });

  it('is the contract', () => {
    const masked = [
      '/proc/acpi',
      '/proc/kcore',
      '/proc/keys',
      '/proc/latency_stats',
      '/proc/sched_debug',
      '/proc/scsi',
    ];
    const none = ['nosuid', 'noexec', 'nodev'];
    expect(JSON.parse(JSON.stringify(specFor(input({ user: { uid: 7, gid: 8, additionalGids: [9] } }))))).toEqual({
      ociVersion: '1.0.2',
      process: {
        terminal: false,
        user: { uid: 7, gid: 8, additionalGids: [9], umask: 18 },
        args: ['/bin/true'],
        env: ['A=b', 'EMPTY='],
        cwd: '/srv',
        capabilities: { bounding: ['CAP_CHOWN'], effective: [], permitted: [], inheritable: [], ambient: [] },
        noNewPrivileges: false,
      },
      root: { path: '/root-of-it', readonly: false },
      hostname: 'web',
      mounts: [
        { destination: '/proc', type: 'proc', source: 'proc', options: none },
        {
          destination: '/dev',
          type: 'tmpfs',
          source: 'tmpfs',
          options: ['nosuid', 'strictatime', 'mode=755', 'size=65536k'],
        },
        { destination: '/sys', type: 'sysfs', source: 'sysfs', options: [...none, 'ro'] },
        {
          destination: '/dev/pts',
          type: 'devpts',
          source: 'devpts',
          options: ['nosuid', 'noexec', 'newinstance', 'ptmxmode=0666', 'mode=0620', 'gid=5'],
        },
        { destination: '/dev/mqueue', type: 'mqueue', source: 'mqueue', options: none },
        { destination: '/dev/shm', type: 'tmpfs', source: 'shm', options: [...none, 'mode=1777', 'size=67108864'] },
        {
          destination: '/sys/fs/cgroup',
          type: 'cgroup',
          source: 'cgroup',
          options: ['rprivate', ...none, 'relatime', 'ro'],
        },
      ],
      annotations: {},
      linux: {
        cgroupsPath: '/berth.slice/berth-web.service/container',
        namespaces: ['pid', 'ipc', 'uts', 'cgroup', 'network', 'mount'].map((type) => ({ type })),
        rootfsPropagation: 'private',
        maskedPaths: [
          ...masked,
          '/proc/timer_list',
          '/proc/timer_stats',
          '/sys/dev/block',
          '/sys/devices/virtual/powercap',
          '/sys/firmware',
          '/sys/fs/selinux',
        ],
        readonlyPaths: ['/proc/asound', '/proc/bus', '/proc/fs', '/proc/irq', '/proc/sys', '/proc/sysrq-trigger'],
        seccomp: { defaultAction: 'SCMP_ACT_ERRNO', syscalls: [] },
      },
    });
  });

  it('has no device rules and no limits, which are the unit’s; runc has to be told so', () => {
    expect(specFor(input({ deviceRules: 'none' })).linux).not.toHaveProperty('resources');
    expect(specFor(input({ deviceRules: 'allow-all' })).linux).toHaveProperty('resources', {
      devices: [{ allow: true, access: 'rwm' }],
    });
  });

  it('makes the nodes of devices', () => {
    const node = { path: '/dev/x', type: 'c', major: 1, minor: 2, fileMode: 0o600, uid: 0, gid: 0 } as const;
    expect(specFor(input({ devices: [node] })).linux).toHaveProperty('devices', [node]);
  });

  it('writes limits as the 64-bit numbers that they are', () => {
    const limits = [{ type: 'RLIMIT_CORE', soft: 0, hard: undefined }];
    expect(JSON.stringify(specFor(input({ limits })).process.rlimits)).toBe(
      '[{"type":"RLIMIT_CORE","soft":0,"hard":18446744073709551615}]',
    );
  });

  it('shares namespaces: the host’s by leaving them out, others by their paths', () => {
    const { linux } = specFor(input({ namespaces: { pid: 'host', uts: { path: '/ns/uts' } } }));
    expect(linux).toHaveProperty('namespaces', [
      { type: 'ipc' },
      { type: 'uts', path: '/ns/uts' },
      { type: 'cgroup' },
      { type: 'network' },
      { type: 'mount' },
    ]);
  });

  it('has the host’s /dev/shm with the host’s IPC namespace, and else one of its own size', () => {
    const shm = (more: Partial<SpecInput>) =>
      specFor(input(more)).mounts.find(({ destination }) => destination === '/dev/shm');
    expect(shm({ namespaces: { ipc: 'host' } })).toMatchObject({ type: 'bind', source: '/dev/shm' });
    expect(shm({ sharedMemoryBytes: 4096 })?.options).toContain('size=4096');
  });

  it('sets kernel parameters, and no host name where that is somebody else’s', () => {
    const spec = specFor(input({ sysctls: { 'net.a': '1' }, hostname: undefined }));
    expect(spec.linux).toHaveProperty('sysctl', { 'net.a': '1' });
    expect(spec).not.toHaveProperty('hostname');
  });

  it('hides what is asked for, and not what is not to be', () => {
    const { linux } = specFor(input({ maskPaths: ['/a', '/proc/keys'], unmaskPaths: ['/proc/kcore', '/proc/sys'] }));
    expect(linux).toHaveProperty('maskedPaths', expect.arrayContaining(['/a', '/proc/keys']));
    expect(linux).toHaveProperty('maskedPaths', expect.not.arrayContaining(['/proc/kcore']));
    expect(linux).toHaveProperty('readonlyPaths', expect.not.arrayContaining(['/proc/sys']));
    const all = specFor(input({ maskPaths: ['/a'], unmaskPaths: ['ALL'] })).linux;
    expect(all).toMatchObject({ maskedPaths: ['/a'], readonlyPaths: [] });
    expect(specFor(input({ confinement: 'privileged', maskPaths: ['/a'] })).linux).toMatchObject({
      maskedPaths: ['/a'],
    });
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
