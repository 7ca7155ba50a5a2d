/** Every option of a container: what is kept of it, and what is refused. */
import { describe, expect, it } from 'vitest';
import { configure, type Request } from '../../../../src/container/configuration/configure.ts';
import type { Configuration } from '../../../../src/container/configuration/configuration.ts';
import { ContainerError } from '../../../../src/container/errors.ts';
import { anImage } from '../../../support/fakes.ts';
import { aWorld } from '../../../support/world.ts';

const many = Array.from({ length: 1025 }, (_, index) => String(index));
const manyOf = Object.fromEntries(many.map((each) => [`k${each}`, each]));

describe('an option', async () => {
  await using world = aWorld();
  const donor = await world.given('donor', 'configured', { hostname: 'generous' });
  await world.given('of-host', 'configured', { network: 'host', utsNamespace: 'host' });
  await world.given('of-donor', 'configured', { network: 'container:donor', utsNamespace: 'container:donor' });
  const { id } = donor;
  const made = (request: Request): Configuration =>
    configure({ image: 'busybox', ...request }, request.rootDirectory === undefined ? anImage() : undefined, {
      id: '0123456789abcdef'.repeat(4),
      hostname: 'host',
      runtime: 'crun',
      mountsOf: (reference) => world.index.find(reference).config.mounts,
      newVolumeName: () => 'new',
      streams: 'relay',
      network: 'none',
      find: (reference) => world.index.find(reference),
    });

  it.each<[Request, Partial<Configuration>]>([
    [{}, { network: 'none', pidNamespace: 'private', sharedMemoryBytes: 64 * 1024 * 1024, initProcess: false }],
    [{}, { groups: [], hosts: [], devices: [], sysctls: {}, resourceLimits: [], resources: {}, maskPaths: [] }],
    [
      { image: undefined, rootDirectory: '/srv//x/../root/', command: ['a'] },
      { rootDirectory: '/srv/root', image: '', imageId: '', user: '', workingDirectory: '/' },
    ],
    [{}, { streams: 'relay' }],
    [{ streams: 'journal' }, { streams: 'journal', stdin: false }],
    [{ stdin: true }, { streams: 'relay', stdin: true }],
    [{ logDriver: 'none' }, { streams: 'relay', logDriver: 'none' }],
    [{}, { logDriver: 'journald' }],
    [{ groups: ['wheel', '5'] }, { groups: ['wheel', '5'] }],
    [{ hosts: [{ name: 'a_b.c', address: '::1' }] }, { hosts: [{ name: 'a_b.c', address: '::1' }] }],
    [{ annotations: { 'a.b/c': '' } }, { annotations: { 'a.b/c': '' } }],
    [
      { devices: [{ source: '/dev/../dev/kvm' }, { source: '/dev/a', destination: '/b', access: 'mw' }] },
      {
        devices: [
          { source: '/dev/kvm', destination: '/dev/kvm', access: 'rwm' },
          { source: '/dev/a', destination: '/b', access: 'wm' },
        ],
      },
    ],
    [{ network: 'host' }, { network: 'host', hostname: 'host' }],
    [{ network: 'container:donor' }, { network: `container:${id}`, hostname: '0123456789ab' }],
    [{ network: `container:${id.slice(0, 8)}` }, { network: `container:${id}` }],
    [{ ipcNamespace: 'path:/run/netns/../ns' }, { ipcNamespace: 'path:/run/ns' }],
    [{ utsNamespace: 'host' }, { hostname: 'host' }],
    [{ utsNamespace: 'container:donor' }, { hostname: 'generous' }],
    [{ utsNamespace: 'container:of-donor' }, { hostname: 'generous' }],
    [{ utsNamespace: 'container:of-host' }, { hostname: 'host' }],
    [{ utsNamespace: 'path:/a' }, { hostname: '0123456789ab' }],
    [{ sysctls: { 'net/ipv4/ip_forward': '1' } }, { sysctls: { 'net.ipv4.ip_forward': '1' } }],
    [{ sysctls: { 'kernel.sem': '1\t2 3' } }, { sysctls: { 'kernel.sem': '1\t2 3' } }],
    [{ sysctls: { 'fs.mqueue.msg_max': '1', 'kernel.domainname': 'x' } }, {}],
    [{ sysctls: { 'net.core.somaxconn': '1' }, network: 'container:of-donor' }, {}],
    [
      { resourceLimits: [{ name: 'nofile', soft: 1, hard: 2 }, { name: 'RLIMIT_CORE' }, { name: 'Nproc', soft: 0 }] },
      {
        resourceLimits: [
          { name: 'RLIMIT_NOFILE', soft: 1, hard: 2 },
          { name: 'RLIMIT_CORE', soft: undefined, hard: undefined },
          { name: 'RLIMIT_NPROC', soft: 0, hard: undefined },
        ],
      },
    ],
    [{ timeZone: 'America/Argentina/Buenos_Aires' }, { timeZone: 'America/Argentina/Buenos_Aires' }],
    [{ timeZone: 'Etc/GMT+1' }, { timeZone: 'Etc/GMT+1' }],
    [{ oomScoreAdjust: -1000 }, { oomScoreAdjust: -1000 }],
    [{ seccompProfile: '/a/../b.json' }, { seccompProfile: '/b.json' }],
    [{ seccompProfile: 'unconfined', privileged: true }, { seccompProfile: 'unconfined' }],
    [{ maskPaths: ['/a/'], unmaskPaths: ['ALL', '/proc/kcore'] }, { unmaskPaths: ['ALL', '/proc/kcore'] }],
    [{ resources: { tasksMax: 1 } }, { resources: { tasksMax: 1 } }],
  ])('is kept: %j', (request, expected) => {
    expect(made(request)).toMatchObject(expected);
  });

  it('is kept however many there are, as long as execve(2) takes them', () => {
    const hosts = many.map((name) => ({ name: `h${name}`, address: '::1' }));
    const request = { command: many, environment: manyOf, labels: manyOf, annotations: manyOf, hosts };
    expect(made(request)).toMatchObject(request);
    for (const hostname of ['a_b', '-a', 'a..b', 'ä', 'x'.repeat(64)])
      expect(made({ hostname }).hostname).toBe(hostname);
  });

  const MIB = 1024 * 1024;
  const much = Array.from({ length: 3 * 1024 }, (_, index) => `k${index}`.padEnd(1000));
  it.each<[parameter: string, limit: number, value: number, unit: string, Request]>([
    ['command', 2 * MIB, 3072 * 1009, 'bytes', { command: much }],
    ['entrypoint', 2 * MIB, 3072 * 1009, 'bytes', { entrypoint: much }],
    ['command', 128 * 1024, 128 * 1024 + 1, 'bytes', { command: ['x'.repeat(128 * 1024)] }],
    ['environment', 128 * 1024, 128 * 1024 + 3, 'bytes', { environment: { A: 'x'.repeat(128 * 1024) } }],
    ['environment', 2 * MIB, 3072 * 1010, 'bytes', { environment: Object.fromEntries(much.map((each) => [each, ''])) }],
    ['labels', 2 * MIB, 3072 * 1010, 'bytes', { labels: Object.fromEntries(much.map((each) => [each, ''])) }],
    ['hosts', 2 * MIB, 3072 * 1013, 'bytes', { hosts: much.map((name) => ({ name, address: '::1' })) }],
    ['groups', 1024, 1025, 'entries', { groups: many }],
    ['addCapabilities', 1024, 1025, 'entries', { addCapabilities: many }],
    ['unmaskPaths', 1024, 1025, 'entries', { unmaskPaths: many }],
    ['unitProperties', 1024, 1025, 'entries', { unitProperties: many }],
    ['mounts', 1024, 1025, 'entries', { mounts: many.map((each) => ({ kind: 'tmpfs', destination: `/${each}` })) }],
  ])('says how much of %s there may be, and how much there is', (parameter, limit, value, unit, request) => {
    const facts = { parameter: `configuration.${parameter}`, limit, value, unit };
    expect(() => made(request)).toThrow(expect.objectContaining({ code: 'LimitExceeded', facts }));
  });

  it.each<[parameter: string, Request]>([
    ['rootDirectory', { rootDirectory: '/srv' }],
    ['rootDirectory', { image: undefined, rootDirectory: 'srv' }],
    ['rootDirectory', { image: undefined, rootDirectory: '/srv/..' }],
    ['rootDirectory', { image: undefined, rootDirectory: '/a\nExecStart=b' }],
    ['command', { command: ['a\0'] }],
    ['user', { user: 'a\0' }],
    ['groups[1]', { groups: ['a', 'b:c'] }],
    ['groups[0]', { groups: [''] }],
    ['groups[0]', { groups: ['a\0'] }],
    ['hosts[0].name', { hosts: [{ name: 'a b', address: '::1' }] }],
    ['hosts[0].name', { hosts: [{ name: 'a\n127.0.0.1 b', address: '::1' }] }],
    ['hosts[0].address', { hosts: [{ name: 'a', address: '10.0.0.256' }] }],
    ['hosts[0].address', { hosts: [{ name: 'a', address: '::1\n' }] }],
    ['hosts', { hosts: [{ name: 'a', address: '::1' }], network: 'container:donor' }],
    ['labels', { labels: { a: '\0' } }],
    ['annotations', { annotations: { '': 'a' } }],
    ['annotations', { annotations: { 'io.berth.container.id': 'a' } }],
    ['mounts[0].options', { mounts: [{ kind: 'tmpfs', destination: '/a', options: many }] }],
    ['devices[0].source', { devices: [{ source: '/etc/passwd' }] }],
    ['devices[0].source', { devices: [{ source: '/dev/../etc/passwd' }] }],
    ['devices[0].source', { devices: [{ source: '/dev/a b' }] }],
    ['devices[0].destination', { devices: [{ source: '/dev/a', destination: 'a' }] }],
    ['devices[0].access', { devices: [{ source: '/dev/a', access: '' }] }],
    ['devices[0].access', { devices: [{ source: '/dev/a', access: 'rr' }] }],
    ['devices[0].access', { devices: [{ source: '/dev/a', access: 'x' }] }],
    ['network', { network: 'private' }],
    ['network', { network: 'bridge' }],
    ['network', { network: 'container:' }],
    ['network', { network: 'container:../x' }],
    ['network', { network: 'path:x' }],
    ['network', { network: 'path:/x\0' }],
    ['pidNamespace', { pidNamespace: 'none' }],
    ['ipcNamespace', { ipcNamespace: '' }],
    ['utsNamespace', { utsNamespace: 'Host' }],
    ['cgroupNamespace', { cgroupNamespace: 'container' }],
    ['hostname', { hostname: 'a', utsNamespace: 'host' }],
    ['logDriver', { logDriver: 'none', streams: 'journal' }],
    ['hostname', { hostname: 'a\n' }],
    ['sysctls.k0', { sysctls: manyOf }],
    ['sysctls.net/ipv4/conf/eth0.100/forwarding', { sysctls: { 'net/ipv4/conf/eth0.100/forwarding': '1' } }],
    ['hostname', { hostname: 'a b' }],
    ['hostname', { hostname: 'a#b' }],
    ['hostname', { hostname: 'ä'.repeat(33) }],
    ['sysctls.vm.swappiness', { sysctls: { 'vm.swappiness': '1' } }],
    ['sysctls.kernel.hostname', { sysctls: { 'kernel.hostname': 'a' } }],
    ['sysctls.net.ipv4.ip_forward', { sysctls: { 'net.ipv4.ip_forward': '1' }, network: 'host' }],
    ['sysctls.net.ipv4.ip_forward', { sysctls: { 'net.ipv4.ip_forward': '1' }, network: 'container:of-host' }],
    ['sysctls.kernel.msgmax', { sysctls: { 'kernel.msgmax': '1' }, ipcNamespace: 'host' }],
    ['sysctls.kernel.domainname', { sysctls: { 'kernel.domainname': 'a' }, utsNamespace: 'host' }],
    ['sysctls.net.a', { sysctls: { 'net.a': '1\n2' } }],
    ['sysctls.net.a', { sysctls: { 'net.a': '' } }],
    ['sysctls.net/../../kernel/panic', { sysctls: { 'net/../../kernel/panic': '1' } }],
    ['sysctls.net.ipv4/../x', { sysctls: { 'net.ipv4/../x': '1' } }],
    ['sysctls', { sysctls: { 'net.a\n': '1' } }],
    ['resourceLimits[0].name', { resourceLimits: [{ name: 'files' }] }],
    ['resourceLimits[1].name', { resourceLimits: [{ name: 'nofile' }, { name: 'RLIMIT_NOFILE' }] }],
    ['resourceLimits[0].soft', { resourceLimits: [{ name: 'nofile', soft: 2, hard: 1 }] }],
    ['resourceLimits[0].soft', { resourceLimits: [{ name: 'nofile', hard: 1 }] }],
    ['resourceLimits[0].hard', { resourceLimits: [{ name: 'nofile', soft: 0, hard: -1 }] }],
    ['sharedMemoryBytes', { sharedMemoryBytes: 0 }],
    ['sharedMemoryBytes', { sharedMemoryBytes: 1, ipcNamespace: 'host' }],
    ['timeZone', { timeZone: '../../etc/shadow' }],
    ['timeZone', { timeZone: '/etc/localtime' }],
    ['timeZone', { timeZone: 'Europe/..' }],
    ['timeZone', { timeZone: 'Europe\0' }],
    ['timeZone', { timeZone: '' }],
    ['initProcess', { initProcess: true, pidNamespace: 'host' }],
    ['initPath', { initPath: '/sbin/init' }],
    ['initPath', { initProcess: true, initPath: 'init' }],
    ['oomScoreAdjust', { oomScoreAdjust: 1001 }],
    ['seccompProfile', { seccompProfile: 'default' }],
    ['seccompProfile', { seccompProfile: '/a\0' }],
    ['seccompProfile', { seccompProfile: '/a', privileged: true }],
    ['maskPaths[0]', { maskPaths: ['a'] }],
    ['maskPaths[0]', { maskPaths: ['/'] }],
    ['unmaskPaths[0]', { unmaskPaths: ['all'] }],
    ['resources.tasksMax', { resources: { tasksMax: 0 } }],
    ['restartLimit', { restartPolicy: 'on_failure', restartLimit: 2 ** 32 }],
  ])('%s is refused where it is no good', (parameter, request) => {
    expect(() => made(request)).toThrow(
      new ContainerError('InvalidParameter', { parameter: `configuration.${parameter}` }),
    );
  });

  it('that names a container which is not there is refused as a namespace that is not', () => {
    expect(() => made({ pidNamespace: 'container:nobody' })).toThrow(
      new ContainerError('NoSuchNamespace', { namespace: 'container:nobody' }),
    );
  });

  it('needs something to run in a folder as in an image', () => {
    expect(() => made({ image: undefined, rootDirectory: '/srv' })).toThrow(
      new ContainerError('NoCommand', { image: '/srv' }),
    );
  });
});
