import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { configure, type Request } from '../../../../src/container/configuration/configure.ts';
import type { Configuration } from '../../../../src/container/configuration/configuration.ts';
import { ContainerError } from '../../../../src/container/errors.ts';
import type { ImageConfig } from '../../../../src/storage/images.ts';
import { anImage } from '../../../support/fakes.ts';

const PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';
const find = (container: string): never => {
  throw new ContainerError('NoSuchContainer', { container });
};
const defaults = {
  id: '0123456789abcdef'.repeat(4),
  hostname: 'host',
  runtime: 'crun',
  streams: 'relay',
  network: 'none',
  find,
  mountsOf: find,
  newVolumeName: () => 'a-new-volume',
} as const;
const made = (request: Request = {}, config: Partial<ImageConfig> = {}): Configuration =>
  configure({ image: 'busybox', ...request }, anImage({ config }), defaults);

describe('configure', () => {
  it('fills in everything that nobody says', () => {
    expect(made()).toMatchObject({
      image: 'busybox',
      imageId: 'e'.repeat(64),
      entrypoint: [],
      command: ['sh'],
      environment: { PATH },
      workingDirectory: '/',
      user: '',
      hostname: '0123456789ab',
      labels: {},
      mounts: [],
      network: 'none',
      readOnlyRoot: false,
      privileged: false,
      addCapabilities: [],
      dropCapabilities: [],
      noNewPrivileges: false,
      stopSignal: 15,
      stopTimeoutUsec: 10_000_000,
      restartPolicy: 'no',
      restartLimit: undefined,
      removeOnExit: false,
      runtime: 'crun',
      unitProperties: [],
    });
  });

  const image: Partial<ImageConfig> = {
    entrypoint: ['/entry'],
    cmd: ['arg'],
    env: ['A=image', 'B=image', 'PATH=/bin', 'novalue', 'C==x=', 'A=last'],
    user: 'web',
    workingDir: 'srv/../srv',
    stopSignal: 'SIGINT',
    labels: { a: 'image', b: 'image' },
  };

  it.each<[string, Request, Partial<Configuration>]>([
    [
      'the image',
      {},
      { entrypoint: ['/entry'], command: ['arg'], user: 'web', workingDirectory: '/srv', stopSignal: 2 },
    ],
    ['a command', { command: ['mine'] }, { entrypoint: ['/entry'], command: ['mine'] }],
    ['an empty command', { command: [] }, { entrypoint: ['/entry'], command: [] }],
    [
      'an entrypoint, which drops the command of the image',
      { entrypoint: ['/mine'] },
      { entrypoint: ['/mine'], command: [] },
    ],
    ['no entrypoint, and a command', { entrypoint: [], command: ['mine'] }, { entrypoint: [], command: ['mine'] }],
    [
      'the environment',
      { environment: { B: 'mine', D: '' } },
      { environment: { PATH: '/bin', A: 'last', B: 'mine', C: '=x=', D: '' } },
    ],
    ['labels', { labels: { b: 'mine' } }, { labels: { a: 'image', b: 'mine' } }],
    ['root instead of a user', { user: '' }, { user: '' }],
    [
      'every capability but one',
      { addCapabilities: ['all'], dropCapabilities: ['bpf'] },
      { addCapabilities: ['ALL'], dropCapabilities: ['CAP_BPF'] },
    ],
    ['the folder', { workingDirectory: '/a/../b/' }, { workingDirectory: '/b/' }],
    ['the host name', { hostname: 'web-1.example' }, { hostname: 'web-1.example' }],
    ['the network of the host, and its name', { network: 'host' }, { network: 'host', hostname: 'host' }],
    ['a stop signal', { stopSignal: 'rtmin+3' }, { stopSignal: 37 }],
    ['detach keys', { detachKeys: 'a,DEL' }, { detachKeys: 'a,DEL' }],
    ['no detach keys', { detachKeys: '' }, { detachKeys: '' }],
    ['no time to stop', { stopTimeoutUSec: 0 }, { stopTimeoutUsec: 0 }],
    [
      'capabilities',
      { addCapabilities: ['net_admin'], dropCapabilities: ['all'] },
      { addCapabilities: ['CAP_NET_ADMIN'], dropCapabilities: ['ALL'] },
    ],
    [
      'everything',
      { privileged: true, dropCapabilities: ['CHOWN'] },
      { privileged: true, dropCapabilities: ['CAP_CHOWN'] },
    ],
    ['restarts', { restartPolicy: 'on_failure', restartLimit: 1 }, { restartPolicy: 'on_failure', restartLimit: 1 }],
    [
      'properties',
      { unitProperties: ['MemoryMax=1G', 'CPUQuota=20%'] },
      { unitProperties: ['MemoryMax=1G', 'CPUQuota=20%'] },
    ],
  ])('takes %s', (_, request, expected) => {
    expect(made(request, image)).toMatchObject(expected);
  });

  it('takes mounts', () => {
    const mounts = [
      { kind: 'bind', source: '/a//b/../c', destination: '/x/', readOnly: true, options: ['nosuid', 'rslave'] },
      { kind: 'tmpfs', destination: '/t', options: ['size=64m', 'mode=1777'] },
    ] as const;
    expect(made({ mounts }).mounts).toMatchObject([
      { kind: 'bind', source: '/a/c', readOnly: true, options: ['nosuid', 'rslave'] },
      { kind: 'tmpfs', source: undefined, destination: '/t', readOnly: false, options: ['size=64m', 'mode=1777'] },
    ]);
  });

  it('falls back to SIGTERM where an image names no signal', () => {
    expect(made({}, { stopSignal: 'SIGNONSENSE' }).stopSignal).toBe(15);
  });

  const refused = (request: Request, config: Partial<ImageConfig> = {}): unknown => {
    try {
      made(request, config);
    } catch (error) {
      return error;
    }
    return undefined;
  };

  it.each<[string, Request]>([
    ['environment', { environment: { '': 'x' } }],
    ['environment', { environment: { 'A=B': 'x' } }],
    ['environment', { environment: { 'A\0': 'x' } }],
    ['environment', { environment: { A: 'x\0' } }],
    ['command', { command: ['a\0b'] }],
    ['entrypoint', { entrypoint: ['a\0b'] }],
    ['dropCapabilities', { addCapabilities: ['ALL'], dropCapabilities: ['ALL'] }],
    ['workingDirectory', { workingDirectory: 'relative' }],
    ['workingDirectory', { workingDirectory: '/a\0' }],
    ['workingDirectory', { workingDirectory: '' }],
    ['hostname', { hostname: '' }],
    ['hostname', { hostname: 'a b' }],
    ['hostname', { hostname: 'a\n' }],
    ['hostname', { hostname: 'x'.repeat(65) }],
    ['mounts[0].source', { mounts: [{ kind: 'bind', destination: '/a' }] }],
    ['mounts[0].source', { mounts: [{ kind: 'tmpfs', source: '/a', destination: '/a' }] }],
    ['mounts[0].source', { mounts: [{ kind: 'bind', source: 'a', destination: '/a' }] }],
    [
      'mounts[1].destination',
      {
        mounts: [
          { kind: 'tmpfs', destination: '/a' },
          { kind: 'tmpfs', destination: 'a' },
        ],
      },
    ],
    ['mounts[0].destination', { mounts: [{ kind: 'tmpfs', destination: '/' }] }],
    ['mounts[0].destination', { mounts: [{ kind: 'tmpfs', destination: '/a/..' }] }],
    ['mounts[0].options', { mounts: [{ kind: 'tmpfs', destination: '/a', options: ['ro,exec'] }] }],
    ['mounts[0].options', { mounts: [{ kind: 'tmpfs', destination: '/a', options: ['size=1 m'] }] }],
    ['addCapabilities', { addCapabilities: ['CAP_NONSENSE'] }],
    ['dropCapabilities', { dropCapabilities: [''] }],
    ['stopSignal', { stopSignal: 'SIGNONSENSE' }],
    ['stopSignal', { stopSignal: '0' }],
    ['stopTimeoutUSec', { stopTimeoutUSec: -1 }],
    ['detachKeys', { detachKeys: 'ctrl-' }],
    ['restartLimit', { restartLimit: 1 }],
    ['restartLimit', { restartPolicy: 'always', restartLimit: 1 }],
    ['restartLimit', { restartPolicy: 'on_failure', restartLimit: 0 }],
    ['removeOnExit', { removeOnExit: true, restartPolicy: 'always' }],
  ])('refuses a bad %s: %j', (member, request) => {
    expect(refused(request)).toMatchObject({
      code: 'InvalidParameter',
      facts: { parameter: `configuration.${member}` },
    });
  });

  it('refuses where neither says what to run', () => {
    expect(refused({}, { cmd: [] })).toMatchObject({ code: 'NoCommand', facts: { image: 'busybox' } });
    expect(refused({ entrypoint: [] }, { cmd: ['sh'] })).toMatchObject({ code: 'NoCommand' });
    expect(refused({ command: [] }, { cmd: ['sh'] })).toMatchObject({ code: 'NoCommand' });
  });

  it.each(['NoNewPrivileges=yes', 'CapabilityBoundingSet=', 'UMask=077', 'PrivateNetwork=yes', 'RefuseManualStop=yes'])(
    'refuses the property %j, which would show on the unit and not hold',
    (property) => {
      expect(refused({ unitProperties: [property] })).toMatchObject({ code: 'InvalidProperty', facts: { property } });
    },
  );

  it('says which option does what such a property would', () => {
    expect(refused({ unitProperties: ['NoNewPrivileges=yes'] })).toMatchObject({
      facts: { reason: 'NoNewPrivileges= has no effect in a container; use --security-opt no-new-privileges' },
    });
  });

  it.each(['Nice=5', 'LimitNOFILE=7', 'CPUAffinity=0', 'LogRateLimitBurst=1', 'StateDirectory=x', 'RuntimeMaxSec=5'])(
    'takes the property %j, which holds',
    (property) => {
      expect(made({ unitProperties: [property] }).unitProperties).toEqual([property]);
    },
  );

  it.each(['Nonsense=1', 'MemoryMax=lots', 'MemoryMax', 'ExecStart=/bin/sh', 'Type=simple', 'PIDFile=/x'])(
    'refuses the property %j',
    (property) => {
      expect(refused({ unitProperties: ['MemoryMax=1G', property] })).toMatchObject({
        code: 'InvalidProperty',
        facts: { property },
      });
    },
  );

  it('keeps what an environment says, whatever its names', () => {
    const name = fc
      .oneof(fc.string({ minLength: 1 }), fc.constantFrom('__proto__', 'constructor', '0'))
      .filter((each) => !/[=\0]/.test(each));
    const value = fc.string().filter((each) => !each.includes('\0'));
    fc.assert(
      fc.property(fc.array(fc.tuple(name, value)), (entries) => {
        const environment = Object.fromEntries(entries);
        expect(Object.entries(made({ environment }).environment)).toEqual(
          expect.arrayContaining(Object.entries(environment)),
        );
      }),
    );
  });
});
