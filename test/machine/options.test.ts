/** Every option of a container, seen from inside it, with both runtimes. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Configuration } from '../../src/api/io-berth-container.ts';
import { Berth } from './berth.ts';
import { leaks } from './leaks.ts';
import { useMachine } from './use-machine.ts';

const machine = useMachine();
let berth: Berth;

beforeAll(async () => {
  berth = await Berth.connect(machine);
  await machine.sh('mkdir -p /run/options');
});
afterEach(async () => {
  await berth.removeAll();
  expect(await leaks(machine)).toEqual([]);
});
afterAll(async () => {
  await machine.sh('rm -rf /run/options');
  await berth[Symbol.asyncDispose]();
});

const MANY = Array.from({ length: 3000 }, (_, index) => String(index));
const FOREVER = 'trap "exit 0" TERM; while :; do sleep 1000 & wait; done';
const host = async (script: string): Promise<string> => (await machine.sh(script)).text();

describe.each(['crun', 'runc'])('%s', (runtime) => {
  let count = 0;
  const nameOf = (what: string): string => `o-${runtime}-${what}-${count++}`;

  /** What a script prints in a container of these options. */
  async function outputOf(script: string, configuration: Partial<Configuration> = {}): Promise<string> {
    const name = nameOf('out');
    await berth.run(name, `exec 2>&1; ${script}`, { runtime, ...configuration });
    await berth.wait(name);
    return (await berth.lines(name)).map(({ message }) => message).join('\n');
  }

  async function running(what: string, configuration: Partial<Configuration> = {}): Promise<string> {
    const name = nameOf(what);
    await berth.run(name, FOREVER, { runtime, ...configuration });
    return name;
  }

  /** What is known of the host while these run. */
  beforeAll(async () => {
    await machine.sh(
      'mkdir -p /dev/berth-folder/below; cd /dev/berth-folder; mknod a c 1 3; mknod below/b c 1 5; touch none; ln -s a link',
    );
  });
  afterAll(async () => {
    await machine.sh('rm -r /dev/berth-folder');
  });

  const seen: [what: string, configuration: Partial<Configuration>, script: string, expected: string][] = [
    ['groups', { user: '1000:1000', groups: ['5', '4242'] }, 'id -G', '1000 5 4242'],
    [
      'hosts',
      {
        hosts: [
          { name: 'db', address: '10.1.2.3' },
          { name: 'six', address: 'fd00::1' },
        ],
      },
      'tail -n 2 /etc/hosts | tr "\\t" " "',
      '10.1.2.3 db\nfd00::1 six',
    ],
    [
      'a limit of files',
      { resourceLimits: [{ name: 'nofile', soft: 123, hard: 456 }] },
      'ulimit -Sn; ulimit -Hn',
      '123\n456',
    ],
    [
      'a limit that is none',
      { resourceLimits: [{ name: 'RLIMIT_CORE', soft: 0 }] },
      'grep core /proc/self/limits | tr -s " "',
      'Max core file size 0 unlimited bytes ',
    ],
    [
      'an own size of /dev/shm',
      { sharedMemoryBytes: 1 << 20 },
      'df -k /dev/shm | tail -n 1 | tr -s " " | cut -d " " -f 2',
      '1024',
    ],
    ['sysctls of the network', { sysctls: { 'net.ipv4.ip_forward': '1' } }, 'cat /proc/sys/net/ipv4/ip_forward', '1'],
    [
      'sysctls of IPC',
      { sysctls: { 'kernel/msgmax': '4321', 'fs.mqueue.msg_max': '11' } },
      'cat /proc/sys/kernel/msgmax /proc/sys/fs/mqueue/msg_max',
      '4321\n11',
    ],
    ['a time zone', { timeZone: 'Asia/Tokyo' }, 'date +%Z', 'JST'],
    ['an init process', { initProcess: true }, 'readlink /proc/1/exe; echo $PPID', '/run/berth-init\n1'],
    [
      'an init process of its own',
      { initProcess: true, initPath: '/usr/libexec/podman/catatonit' },
      'readlink /proc/1/exe; echo $PPID',
      '/run/berth-init\n1',
    ],
    [
      'all of that on a root that cannot be written to',
      {
        initProcess: true,
        timeZone: 'Asia/Tokyo',
        readOnlyRoot: true,
        mounts: [{ kind: 'tmpfs', destination: '/run' }],
      },
      'readlink /proc/1/exe; date +%Z; touch /x',
      '/run/berth-init\nJST\ntouch: /x: Read-only file system',
    ],
    ['an OOM score', { oomScoreAdjust: 321 }, 'cat /proc/self/oom_score_adj', '321'],
    [
      'a path that is hidden',
      { maskPaths: ['/etc/motd', '/proc/sys'] },
      'while read -r line; do echo $line; done </etc/motd; echo /proc/sys/*',
      '/proc/sys/*',
    ],
    [
      'standard paths that are not hidden',
      { unmaskPaths: ['ALL'] },
      'grep -c " /proc/" /proc/mounts; test -w /proc/sys/kernel && echo free',
      '0\nfree',
    ],
    [
      'the host’s UTS namespace',
      { utsNamespace: 'host' },
      'hostname; echo "$HOSTNAME"; cat /etc/hostname',
      'berth-test\nberth-test\nberth-test',
    ],
    ['a host name', { hostname: 'inside' }, 'hostname', 'inside'],
    [
      'any host name that Linux takes',
      { hostname: '-ä_b.' },
      'hostname; tail -n 1 /etc/hosts | cut -f 2',
      '-ä_b.\n-ä_b.',
    ],
    [
      'more than a thousand arguments, variables and hosts',
      {
        environment: Object.fromEntries(MANY.map((each) => [`V${each}`, each])),
        hosts: MANY.map((each) => ({ name: `h${each}`, address: '::1' })),
        labels: Object.fromEntries(MANY.map((each) => [each, each])),
        entrypoint: ['sh', '-c', 'eval "$1"; echo $#', 'sh'],
        command: ['env | grep -c ^V; grep -c ::1.h /etc/hosts', ...MANY],
      },
      '',
      '3000\n3000\n3001',
    ],
    [
      'a folder of devices',
      { devices: [{ source: '/dev/berth-folder', destination: '/dev/x' }] },
      'cd /dev/x; find . -type c | sort',
      './a\n./below/b',
    ],
    [
      'standard devices',
      {},
      'for d in null zero full random urandom tty; do test -c /dev/$d || echo $d; done; echo x >/dev/null; head -c 4 /dev/zero | wc -c; head -c 4 /dev/urandom | wc -c',
      '4\n4',
    ],
    ['a terminal', {}, 'test -e /dev/ptmx && exec 3<>/dev/ptmx && echo open', 'open'],
  ];
  it.each(seen)('gives %s', async (_, configuration, script, expected) => {
    expect(await outputOf(script, configuration)).toBe(expected);
  });

  it('confines with the distribution’s profile, or with none', async () => {
    const filters = async (configuration: Partial<Configuration>): Promise<number> =>
      Number(await outputOf('grep Seccomp_filters: /proc/self/status | cut -f 2', configuration));
    // The machine itself may have filters.
    expect((await filters({})) - (await filters({ seccompProfile: 'unconfined' }))).toBe(1);
  });

  it('hides its own processes’ numbers unless it shares the host’s', async () => {
    expect(await outputOf('echo $$')).toBe('1');
    expect(await outputOf('tr "\\0" " " </proc/1/cmdline', { pidNamespace: 'host' })).toContain('systemd');
  });

  it.each<[keyof Configuration, string]>([
    ['network', 'net'],
    ['pidNamespace', 'pid'],
    ['ipcNamespace', 'ipc'],
    ['utsNamespace', 'uts'],
    ['cgroupNamespace', 'cgroup'],
  ])('has a %s of its own, the host’s, another container’s, or one at a path', async (member, file) => {
    const script = `readlink /proc/self/ns/${file}`;
    const ofHost = await host(`readlink /proc/1/ns/${file}`);
    expect(await outputOf(script, { [member]: 'host' })).toBe(ofHost);
    expect(await outputOf(script)).not.toBe(ofHost);
    const other = await running('other');
    const { runtime: live } = await berth.containers.inspect({ container: other });
    const pid = live.process?.pid ?? 0;
    const ofOther = await host(`readlink /proc/${pid}/ns/${file}`);
    expect(await outputOf(script, { [member]: `container:${other}` })).toBe(ofOther);
    expect(await outputOf(script, { [member]: `path:/proc/${pid}/ns/${file}` })).toBe(ofOther);
  });

  it('shares a network: its addresses, its names, and what is set in it', async () => {
    const server = nameOf('server');
    const hosts = [{ name: 'db', address: '10.9.9.9' }];
    await berth.run(server, FOREVER, { runtime, hosts, sysctls: { 'net.ipv4.ip_default_ttl': '77' } });
    const seen = await outputOf(
      'cat /proc/sys/net/ipv4/ip_default_ttl; tail -n 1 /etc/hosts | tr "\\t" " "; wc -c </etc/resolv.conf',
      {
        network: `container:${server}`,
      },
    );
    expect(seen).toBe('77\n10.9.9.9 db\n0');
  });

  it('needs the container whose namespace it shares, by whatever name that has', async () => {
    const other = await running('donor');
    const name = nameOf('sharer');
    await berth.create(name, 'true', { runtime, network: `container:${other}` });
    const { id } = await berth.containers.inspect({ container: other });
    expect((await berth.containers.inspect({ container: name })).configuration.network).toBe(`container:${id}`);
    await berth.containers.stop({ container: other });
    await expect(berth.containers.start({ container: name })).rejects.toMatchObject({
      error: 'io.berth.Container.NoSuchNamespace',
      parameters: { namespace: `container:${id}` },
    });
  });

  it('finds the namespace again when systemd starts it anew', async () => {
    const other = await running('first');
    const sharer = await running('again', { network: `container:${other}`, restartPolicy: 'always' });
    await berth.containers.stop({ container: other });
    await berth.containers.start({ container: other });
    const { runtime: live } = await berth.containers.inspect({ container: other });
    const wanted = await host(`readlink /proc/${live.process?.pid ?? 0}/ns/net`);
    await machine.sh(`systemctl kill --signal=KILL berth-${sharer}.service`);
    await expect
      .poll(
        async () => {
          const { runtime: now } = await berth.containers.inspect({ container: sharer });
          const pid = now.process?.pid;
          return pid === undefined ? '' : (await machine.exec(['readlink', `/proc/${pid}/ns/net`])).text();
        },
        { timeout: 10_000 },
      )
      .toBe(wanted);
  });

  it('gives a device and no other: its unit says which', async () => {
    await machine.sh(
      'rm -f /dev/berth-a /dev/berth-b; mknod -m 666 /dev/berth-a c 1 11; mknod -m 666 /dev/berth-b c 1 12',
    );
    try {
      const name = await running('device', {
        devices: [{ source: '/dev/berth-a', destination: '/dev/mine', access: 'rw' }],
      });
      const unit = await berth.show(`berth-${name}.service`, 'DevicePolicy', 'DeviceAllow');
      expect(unit['DevicePolicy']).toBe('closed');
      const { stdout } = await machine.check(['systemctl', 'show', '-P', 'DeviceAllow', `berth-${name}.service`]);
      expect(stdout.toString()).toContain('/dev/berth-a rw');
      expect(stdout.toString()).toContain('char-pts rw');
      const devices = [{ source: '/dev/berth-a', destination: '/dev/mine', access: 'rw' }];
      // 1:11 is the given one, whatever its node is called; to write to it needs no further right.
      const script = 'stat -c "%F %t:%T" /dev/mine; mknod /tmp/a c 1 11; : >>/tmp/a && echo written; ls /dev/berth-b';
      const addCapabilities = ['MKNOD'];
      expect(await outputOf(script, { devices, addCapabilities })).toMatch(
        /^character special file 1:b\nwritten\n.*No such file/,
      );
      expect(await outputOf('mknod /tmp/a c 1 11; : >>/tmp/a', { addCapabilities })).toContain(
        'Operation not permitted',
      );
      const privileged = await running('privileged', { privileged: true });
      expect(await berth.show(`berth-${privileged}.service`, 'DevicePolicy')).toEqual({ DevicePolicy: 'auto' });
    } finally {
      await machine.sh('rm -f /dev/berth-a /dev/berth-b');
    }
  });

  it('runs under a name of two hundred characters', async () => {
    const name = `${runtime}-`.padEnd(200, 'x');
    await berth.run(name, 'echo $HOSTNAME', { runtime });
    await berth.wait(name);
    expect(await berth.lines(name)).toHaveLength(1);
    expect(await berth.show(`berth-${name}.service`, 'LoadState')).toBeDefined();
  });

  it('lets it use devices by their numbers', async () => {
    const { stdout } = await machine.check([
      'berth',
      'run',
      '--rm',
      '--runtime',
      runtime,
      '--cap-add',
      'MKNOD',
      '--device-cgroup-rule',
      'c 1:* rw',
      await berth.image('plain'),
      'sh',
      '-c',
      'mknod /tmp/a c 1 11; : >>/tmp/a && echo written',
    ]);
    expect(stdout.toString()).toBe('written\n');
  });

  it('lets the unit have the OOM score', async () => {
    const name = await running('score', { oomScoreAdjust: 5 });
    expect(await berth.show(`berth-${name}.service`, 'OOMScoreAdjust')).toEqual({ OOMScoreAdjust: '5' });
  });

  it('runs in a folder of the host, which it writes to', async () => {
    await machine.sh(
      'mkdir -p /run/options/root/bin; cp /bin/busybox /run/options/root/bin/busybox; ln -sf busybox /run/options/root/bin/sh',
    );
    const name = nameOf('root');
    await berth.containers.create({
      configuration: {
        rootDirectory: '/run/options/root/',
        name,
        runtime,
        command: ['/bin/sh', '-c', 'echo hello >/written; echo done'],
      },
    });
    await berth.containers.start({ container: name });
    expect(await berth.wait(name)).toMatchObject({ exitCode: 0 });
    expect(await host('cat /run/options/root/written; rm -r /run/options/root')).toBe('hello');
    expect((await berth.containers.inspect({ container: name })).configuration).toMatchObject({
      rootDirectory: '/run/options/root',
    });
  });

  it('confines with a profile of one’s own', async () => {
    const profile = {
      defaultAction: 'SCMP_ACT_ALLOW',
      syscalls: [{ names: ['mkdir', 'mkdirat'], action: 'SCMP_ACT_ERRNO', errnoRet: 1 }],
    };
    await machine.sh(
      `echo '${JSON.stringify(profile)}' >/run/options/seccomp.json; echo '{}' >/run/options/none.json; mkfifo /run/options/fifo`,
    );
    expect(await outputOf('mkdir /x', { seccompProfile: '/run/options/seccomp.json' })).toContain(
      'Operation not permitted',
    );
    for (const seccompProfile of ['/run/options/none.json', '/run/options/fifo', '/run/options', '/nope']) {
      await expect(berth.create('o-bad', 'true', { seccompProfile })).rejects.toMatchObject({
        error: 'io.berth.Container.InvalidFile',
        parameters: { path: seccompProfile },
      });
    }
    await machine.sh('rm /run/options/*');
  });

  it('makes the same container again of what Inspect says', async () => {
    const other = await running('same-other');
    const configuration: Partial<Configuration> = {
      groups: ['5'],
      hosts: [{ name: 'db', address: '10.1.2.3' }],
      annotations: { 'org.example.a': 'b' },
      mounts: [{ kind: 'tmpfs', destination: '/scratch', options: ['size=1m'] }],
      devices: [{ source: '/dev/full', destination: '/dev/full2', access: 'r' }],
      pidNamespace: `container:${other}`,
      utsNamespace: 'host',
      cgroupNamespace: 'host',
      sysctls: { 'net.ipv4.ip_forward': '1' },
      resourceLimits: [{ name: 'nofile', soft: 10, hard: 20 }, { name: 'core' }],
      sharedMemoryBytes: 1 << 20,
      timeZone: 'Asia/Tokyo',
      oomScoreAdjust: 7,
      seccompProfile: 'unconfined',
      maskPaths: ['/etc/motd'],
      unmaskPaths: ['/proc/kcore'],
      resources: { memoryLowBytes: 0 },
      addCapabilities: ['NET_ADMIN'],
    };
    for (const asked of [{}, configuration]) {
      const name = nameOf('same');
      await berth.create(name, 'true', { runtime, ...asked });
      const first = await berth.containers.inspect({ container: name });
      const again = `${name}-again`;
      await berth.containers.create({ configuration: { ...first.configuration, name: again } });
      const second = await berth.containers.inspect({ container: again });
      expect({ ...second.configuration, name }).toEqual(first.configuration);
    }
  });
});

describe('an option that cannot be', () => {
  const parameter = (name: string) => ({ parameter: `configuration.${name}` });
  const INVALID = 'org.varlink.service.InvalidParameter';
  const WITHOUT_CONTROLLERS = [
    ['memoryMaxBytes', 64 << 20, 'memory'],
    ['memoryLowBytes', 1, 'memory'],
    ['memorySwapMaxBytes', 0, 'memory'],
    ['cpuQuotaPerSecUSec', 1_500_000, 'cpu'],
    ['cpuWeight', 50, 'cpu'],
    ['allowedCpus', '0', 'cpuset'],
    ['allowedMemoryNodes', '0', 'cpuset'],
    ['tasksMax', 77, 'pids'],
    ['ioWeight', 10, 'io'],
  ] as const;
  const bad: [configuration: Partial<Configuration>, error: string, parameters: object][] = [
    [{ sysctls: { 'vm.swappiness': '1' } }, INVALID, parameter('sysctls.vm.swappiness')],
    [{ sysctls: { 'net.ipv4.ip_forward': '1' }, network: 'host' }, INVALID, parameter('sysctls.net.ipv4.ip_forward')],
    [
      { sysctls: { 'net.ipv4.ip_forward': '1' }, network: 'path:/proc/1/ns/net' },
      INVALID,
      parameter('sysctls.net.ipv4.ip_forward'),
    ],
    [{ timeZone: '../../etc/passwd' }, INVALID, parameter('timeZone')],
    [{ timeZone: 'Mars/Olympus' }, 'io.berth.Container.InvalidFile', { path: '/usr/share/zoneinfo/Mars/Olympus' }],
    [{ timeZone: 'zone' }, 'io.berth.Container.InvalidFile', { path: '/usr/share/zoneinfo/zone' }],
    [{ devices: [{ source: '/dev/nope' }] }, 'io.berth.Container.NoSuchSource', { source: '/dev/nope' }],
    [{ devices: [{ source: '/dev/shm' }] }, 'io.berth.Container.InvalidFile', { path: '/dev/shm' }],
    [{ network: 'container:nobody' }, 'io.berth.Container.NoSuchNamespace', { namespace: 'container:nobody' }],
    [{ ipcNamespace: 'path:/etc/passwd' }, 'io.berth.Container.NoSuchNamespace', { namespace: 'path:/etc/passwd' }],
    [
      { mounts: [{ kind: 'bind', source: '/srv', destination: '/srv', options: ['U'] }] },
      INVALID,
      parameter('mounts[0].options'),
    ],
    [
      { sysctls: { 'net/ipv4/conf/eth0.100/forwarding': '1' } },
      INVALID,
      parameter('sysctls.net/ipv4/conf/eth0.100/forwarding'),
    ],
    [
      { labels: { a: 'x'.repeat(3 << 20) } },
      'io.berth.Container.LimitExceeded',
      { ...parameter('labels'), limit: 2 << 20, value: (3 << 20) + 11, unit: 'bytes' },
    ],
    [{ rootDirectory: '/etc' }, INVALID, parameter('rootDirectory')],
    [{ resources: { cpuWeight: 0 } }, INVALID, parameter('resources.cpuWeight')],
    // The machine has no controllers.
    ...WITHOUT_CONTROLLERS.map(([name, value, controller]): (typeof bad)[number] => [
      { resources: { [name]: value } },
      'io.berth.Container.NoController',
      { ...parameter(`resources.${name}`), controller, reason: 'a hierarchy of control groups of version 1 has it' },
    ]),
    [
      { unitProperties: ['Nice=5', 'MemoryHigh=50%'] },
      'io.berth.Container.NoController',
      { ...parameter('unitProperties[1]'), controller: 'memory' },
    ],
  ];
  it.each(bad)('%j is refused, and nothing is left', async (configuration, error, parameters) => {
    await machine.sh('echo no zone >/usr/share/zoneinfo/zone');
    await expect(berth.create('o-refused', 'true', configuration)).rejects.toMatchObject({ error, parameters });
    await expect(berth.containers.inspect({ container: 'o-refused' })).rejects.toMatchObject({
      error: 'io.berth.Container.NoSuchContainer',
    });
    await machine.sh('rm /usr/share/zoneinfo/zone');
  });

  it.each([
    'NoNewPrivileges=yes',
    'CapabilityBoundingSet=CAP_CHOWN',
    'UMask=077',
    'ProtectSystem=yes',
    'RefuseManualStop=1',
  ])('the property %s is refused, before and after', async (property) => {
    const error = 'io.berth.Container.InvalidProperty';
    const unitProperties = [property];
    await expect(berth.create('o-idle', 'true', { unitProperties })).rejects.toMatchObject({ error });
    await berth.create('o-idle', 'true');
    await expect(berth.containers.update({ container: 'o-idle', unitProperties })).rejects.toMatchObject({ error });
  });

  it('a unit that is needed and not there is said', async () => {
    await berth.create('o-needs', 'true', { unitProperties: ['Requires=nosuch.service'] });
    await expect(berth.containers.start({ container: 'o-needs' })).rejects.toMatchObject({
      error: 'io.berth.Container.UnitFailed',
      parameters: { unit: 'berth-o-needs.service', result: expect.stringContaining('nosuch.service') as string },
    });
  });

  it('for want of catatonit is said when it is started', async () => {
    await berth.create('o-init', 'true', { initProcess: true });
    await machine.sh('for each in /usr/libexec/podman/catatonit /usr/bin/catatonit; do mv $each $each.away; done');
    try {
      await expect(berth.containers.start({ container: 'o-init' })).rejects.toMatchObject({
        error: 'io.berth.Container.InvalidFile',
        parameters: { reason: 'catatonit is not installed' },
      });
    } finally {
      await machine.sh('for each in /usr/libexec/podman/catatonit /usr/bin/catatonit; do mv $each.away $each; done');
    }
  });
});
