import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import type { Configuration } from '../../../../src/api/io-berth-container.ts';
import { berth, type Ran } from '../world.ts';

const folder = mkdtempSync(join(tmpdir(), 'berth-cli-'));
afterAll(() => {
  rmSync(folder, { recursive: true });
});
const file = (name: string, text: string): string => {
  writeFileSync(join(folder, name), text);
  return join(folder, name);
};

async function create(...args: string[]): Promise<Ran & { configuration: Configuration | undefined }> {
  let configuration: Configuration | undefined;
  const ran = await berth(['create', ...args], {
    environment: { HOME: '/home/me', EMPTY: '' },
    containers: {
      async Create(input) {
        ({ configuration } = input);
        return await Promise.resolve({ id: 'abc', name: 'x' });
      },
    },
  });
  return { ...ran, configuration };
}

describe('what Create is asked for', () => {
  const bind = (source: string, destination: string): object => ({
    kind: 'bind',
    source,
    destination,
    readOnly: false,
  });
  const tmpfs = (destination: string): object => ({ kind: 'tmpfs', destination, readOnly: false });

  // prettier-ignore
  const cases: [args: string[], configuration: object][] = [
    [['busybox'],                                     {}],
    [['busybox', 'ls', '-l', '--name'],               { command: ['ls', '-l', '--name'] }],
    [['--name', 'web', 'busybox'],                    { name: 'web' }],
    [['-e', 'A=1', '-e', 'B=x=y', 'busybox'],         { environment: { A: '1', B: 'x=y' } }],
    [['-e', 'HOME', '-e', 'NONE', 'busybox'],         { environment: { HOME: '/home/me' } }],
    [['-e', 'EMPTY', '-e', 'A=', 'busybox'],          { environment: { EMPTY: '', A: '' } }],
    [['-w', '/srv', '-u', '1:2', '-h', 'h', 'busybox'], { workingDirectory: '/srv', user: '1:2', hostname: 'h' }],
    [['--workdir=/srv', '--user=me', '--hostname=h', 'busybox'], { workingDirectory: '/srv', user: 'me', hostname: 'h' }],
    [['-l', 'a=b', '--label', 'c', 'busybox'],        { labels: { a: 'b', c: '' } }],
    [['-l', 'constructor=1', '-e', 'constructor=2', 'busybox'], { labels: { constructor: '1' }, environment: { constructor: '2' } }],
    [['-v', '/a:/b', 'busybox'],                      { mounts: [bind('/a', '/b')] }],
    [['-v', '/a:/b:ro', 'busybox'],                   { mounts: [{ ...bind('/a', '/b'), readOnly: true }] }],
    [['-v', '/a:/b:rw', 'busybox'],                   { mounts: [bind('/a', '/b')] }],
    [['-v', '/a:/b:ro,rshared', 'busybox'],           { mounts: [{ ...bind('/a', '/b'), readOnly: true, options: ['rshared'] }] }],
    [['-v', './a:/b', '-v', '..:/c', 'busybox'],      { mounts: [bind('/here/a', '/b'), bind('/', '/c')] }],
    [['--mount', 'type=bind,source=/a,target=/b,readonly', 'busybox'], { mounts: [{ ...bind('/a', '/b'), readOnly: true }] }],
    [['--mount', 'type=bind,src=a,dst=/b,bind-propagation=rslave', 'busybox'], { mounts: [{ ...bind('/here/a', '/b'), options: ['rslave'] }] }],
    [['--mount', 'type=tmpfs,destination=/t,tmpfs-size=64m,tmpfs-mode=1777', 'busybox'], { mounts: [{ ...tmpfs('/t'), options: ['size=64m', 'mode=1777'] }] }],
    ...['True', 'TRUE', 't', 'yes', '1', 'on'].map((yes): [string[], object] => [['--mount', `type=bind,source=/a,target=/b,readonly=${yes}`, 'busybox'], { mounts: [{ ...bind('/a', '/b'), readOnly: true }] }]),
    [['--mount', 'type=bind,source=/a,target=/b,ro=F', 'busybox'], { mounts: [bind('/a', '/b')] }],
    [['--mount', 'type=bind,"source=/a,b","dst=/""b"""', 'busybox'], { mounts: [bind('/a,b', '/"b"')] }],
    [['--mount', 'type=bind,src=/a,dst=/b,bind-nonrecursive,relabel=shared', 'busybox'], { mounts: [{ ...bind('/a', '/b'), options: ['bind', 'z'] }] }],
    [['--mount', 'type=bind,src=/a,dst=/b,bind-recursive=readonly', 'busybox'], { mounts: [{ ...bind('/a', '/b'), readOnly: true, options: ['rro'] }] }],
    [['-v', '/a:/b:Z', 'busybox'],                    { mounts: [{ ...bind('/a', '/b'), options: ['Z'] }] }],
    [['--read-only=T', '--privileged=off', 'busybox'], { readOnlyRoot: true }],
    [['--security-opt', 'no-new-privileges:1', 'busybox'], { noNewPrivileges: true }],
    [['--tmpfs', '/t', '--tmpfs', '/s:size=1m,ro', 'busybox'], { mounts: [tmpfs('/t'), { ...tmpfs('/s'), readOnly: true, options: ['size=1m'] }] }],
    [['--network', 'host', 'busybox'],                { network: 'host' }],
    [['--net=none', 'busybox'],                       { network: 'none' }],
    [['--read-only', '--privileged', 'busybox'],      { readOnlyRoot: true, privileged: true }],
    [['--cap-add', 'NET_ADMIN', '--cap-add=A,B', '--cap-drop', 'all', 'busybox'], { addCapabilities: ['NET_ADMIN', 'A', 'B'], dropCapabilities: ['all'] }],
    [['--security-opt', 'no-new-privileges', 'busybox'], { noNewPrivileges: true }],
    [['--security-opt=no-new-privileges:true', 'busybox'], { noNewPrivileges: true }],
    [['--security-opt=no-new-privileges=false', 'busybox'], { noNewPrivileges: false }],
    [['-t', '--detach-keys', 'ctrl-a,d', 'busybox'], { terminal: true, detachKeys: 'ctrl-a,d' }],
    [['--detach-keys', '', 'busybox'], { detachKeys: '' }],
    [['--stop-signal', 'INT', '--stop-timeout', '1.5', 'busybox'], { stopSignal: 'INT', stopTimeoutUSec: 1_500_000 }],
    [['--restart', 'no', '--rm', 'busybox'],          { restartPolicy: 'no', removeOnExit: true }],
    [['--restart', 'always', 'busybox'],              { restartPolicy: 'always' }],
    [['--restart', 'unless-stopped', 'busybox'],      { restartPolicy: 'unless_stopped' }],
    [['--restart', 'on-failure', 'busybox'],          { restartPolicy: 'on_failure' }],
    [['--restart', 'on-failure:5', 'busybox'],        { restartPolicy: 'on_failure', restartLimit: 5 }],
    [['--runtime', 'runc', 'busybox'],                { runtime: 'runc' }],
    [['--entrypoint', '/bin/sh', 'busybox', '-c', 'x'], { entrypoint: ['/bin/sh'], command: ['-c', 'x'] }],
    [['--entrypoint', '["a","b c"]', 'busybox'],      { entrypoint: ['a', 'b c'] }],
    [['--entrypoint=', 'busybox', 'x'],               { entrypoint: [], command: ['x'] }],
    [['--rootfs', '/srv/root', 'ls'],                 { image: undefined, rootDirectory: '/srv/root', command: ['ls'] }],
    [['--rootfs', 'root'],                            { image: undefined, rootDirectory: '/here/root' }],
    [['--group-add', 'wheel', '--group-add=5', 'busybox'], { groups: ['wheel', '5'] }],
    [['--add-host', 'db:10.0.0.1', '--add-host=six=[::1]', '--add-host', 'a;b:fe80::1', 'busybox'], { hosts: [{ name: 'db', address: '10.0.0.1' }, { name: 'six', address: '::1' }, { name: 'a', address: 'fe80::1' }, { name: 'b', address: 'fe80::1' }] }],
    [['--annotation', 'a.b=c', 'busybox'],            { annotations: { 'a.b': 'c' } }],
    [['--streams', 'journal', 'busybox'], { streams: 'journal' }],
    [['--log-driver', 'none', 'busybox'], { logDriver: 'none' }],
    [['--attach', 'stdout', 'busybox'], { streams: 'relay' }],
    [['--device', '/dev/fuse', '--device=/dev/sda:/dev/x', '--device=/dev/kvm:rw', '--device=/dev/a:/dev/b:r', 'busybox'], { devices: [{ source: '/dev/fuse' }, { source: '/dev/sda', destination: '/dev/x' }, { source: '/dev/kvm', access: 'rw' }, { source: '/dev/a', destination: '/dev/b', access: 'r' }] }],
    [['--network', 'container:db', '--pid=container:db', 'busybox'], { network: 'container:db', pidNamespace: 'container:db' }],
    [['--network', 'app:ip=10.64.0.9,alias=w,mac=02:00:00:00:00:01,interface_name=net0', '--network', 'bridge', 'busybox'], { networks: [{ network: 'app', addresses: ['10.64.0.9'], aliases: ['w'], mac: '02:00:00:00:00:01', interface: 'net0' }, { network: 'berth' }] }],
    [['--ip', '10.64.0.9', '--ip6=fd00::9', '--network-alias', 'w', '--mac-address', '02:00:00:00:00:01', 'busybox'], { networks: [{ network: 'berth', addresses: ['10.64.0.9', 'fd00::9'], aliases: ['w'], mac: '02:00:00:00:00:01' }] }],
    [['-p', '8080:80', '-p', '127.0.0.1:53:53/udp', '-p', '80', '-p', '[::1]:90-91:90-91/tcp,udp', '-p', '127.0.0.1::443', '-P', '--expose', '9', 'busybox'], { ports: [{ hostPort: 8080, containerPort: 80, protocol: 'tcp' }, { hostAddress: '127.0.0.1', hostPort: 53, containerPort: 53, protocol: 'udp' }, { containerPort: 80, protocol: 'tcp' }, { hostAddress: '::1', hostPort: 90, containerPort: 90, count: 2, protocol: 'tcp' }, { hostAddress: '::1', hostPort: 90, containerPort: 90, count: 2, protocol: 'udp' }, { hostAddress: '127.0.0.1', containerPort: 443, protocol: 'tcp' }], publishAll: true, exposedPorts: ['9'] }],
    [['--dns', '9.9.9.9', '--dns-search', '.', '--dns-opt', 'ndots:2', '--no-hosts', '--add-host', 'h:host-gateway', 'busybox'], { dnsServers: ['9.9.9.9'], dnsSearch: ['.'], dnsOptions: ['ndots:2'], noHosts: true, hosts: [{ name: 'h', address: 'host-gateway' }] }],
    [['--network', 'ns:/run/netns/x', '--ipc', 'path:/p', '--uts', '/q', 'busybox'], { network: 'path:/run/netns/x', ipcNamespace: 'path:/p', utsNamespace: 'path:/q' }],
    [['--pid', 'host', '--ipc=private', '--cgroupns=host', 'busybox'], { pidNamespace: 'host', ipcNamespace: 'private', cgroupNamespace: 'host' }],
    [['--sysctl', 'net.ipv4.ip_forward=1', 'busybox'], { sysctls: { 'net.ipv4.ip_forward': '1' } }],
    [['--ulimit', 'nofile=10', '--ulimit=RLIMIT_NOFILE=20:30', 'busybox'], { resourceLimits: [{ name: 'RLIMIT_NOFILE', soft: 20, hard: 30 }] }],
    [['--device-cgroup-rule', 'c 10:* rwm', '--device-cgroup-rule=a *:* r', '--device-cgroup-rule=b 8:1 m', '--property', 'MemoryMax=1G', 'busybox'], { unitProperties: ['DeviceAllow=char-10 rwm', 'DeviceAllow=char-* r', 'DeviceAllow=block-* r', 'DeviceAllow=/dev/block/8:1 m', 'MemoryMax=1G'] }],
    [['--cpus', '.5', 'busybox'], { resources: { cpuQuotaPerSecUSec: 500_000 } }],
    [['--ulimit', 'nofile=1024:4096', '--ulimit=core=0', '--ulimit=nproc=5:-1', '--ulimit=cpu=-1', 'busybox'], { resourceLimits: [{ name: 'nofile', soft: 1024, hard: 4096 }, { name: 'core', soft: 0, hard: 0 }, { name: 'nproc', soft: 5 }, { name: 'cpu' }] }],
    [['--init', '--init-path', 'my-init', 'busybox'], { initProcess: true, initPath: '/here/my-init' }],
    [['--shm-size', '1m', '--tz', 'local', '--init', 'busybox'], { sharedMemoryBytes: 1_048_576, timeZone: 'local', initProcess: true }],
    [['--oom-score-adj', '-500', 'busybox'],          { oomScoreAdjust: -500 }],
    [['--security-opt', 'seccomp=unconfined', 'busybox'], { seccompProfile: 'unconfined' }],
    [['--security-opt', 'seccomp=p.json', '--security-opt=mask=/a:/b', '--security-opt', 'unmask=/c', '--security-opt=unmask=all', 'busybox'], { seccompProfile: '/here/p.json', maskPaths: ['/a', '/b'], unmaskPaths: ['/c', 'ALL'] }],
    [['--memory', '512m', 'busybox'],                 { resources: { memoryMaxBytes: 536_870_912 } }],
    [['-m', '1.5G', 'busybox'],                       { resources: { memoryMaxBytes: 1_610_612_736 } }],
    [['-m', '2gb', 'busybox'],                        { resources: { memoryMaxBytes: 2_147_483_648 } }],
    [['-m', '1000', 'busybox'],                       { resources: { memoryMaxBytes: 1000 } }],
    [['-m', '0', 'busybox'],                          { unitProperties: ['MemoryMax=infinity'] }],
    [['-m', '1g', '--memory-swap', '1g', '--memory-reservation', '1k', 'busybox'], { resources: { memoryMaxBytes: 2 ** 30, memorySwapMaxBytes: 0, memoryLowBytes: 1024 } }],
    [['-m', '1g', '--memory-swap', '3g', 'busybox'],  { resources: { memoryMaxBytes: 2 ** 30, memorySwapMaxBytes: 2 ** 31 } }],
    [['--memory-swap', '-1', 'busybox'],              { unitProperties: ['MemorySwapMax=infinity'] }],
    [['--cpus', '1.5', 'busybox'],                    { resources: { cpuQuotaPerSecUSec: 1_500_000 } }],
    [['--cpus', '0.333', 'busybox'],                  { resources: { cpuQuotaPerSecUSec: 333_000 } }],
    [['--cpus', '0', 'busybox'],                      { unitProperties: ['CPUQuota='] }],
    [['--cpu-shares', '1024', 'busybox'],             { resources: { cpuWeight: 100 } }],
    [['-c2', 'busybox'],                              { resources: { cpuWeight: 1 } }],
    [['-c', '262144', 'busybox'],                     { resources: { cpuWeight: 10_000 } }],
    [['-c', '0', 'busybox'],                          { unitProperties: ['CPUWeight='] }],
    [['--cpu-weight', '20', 'busybox'],               { resources: { cpuWeight: 20 } }],
    [['--cpuset-cpus', '0-3,7', '--cpuset-mems=0', 'busybox'], { resources: { allowedCpus: '0-3,7', allowedMemoryNodes: '0' } }],
    [['--cpu-quota', '50000', 'busybox'],             { resources: { cpuQuotaPerSecUSec: 500_000 } }],
    [['--cpu-quota', '50000', '--cpu-period', '20000', 'busybox'], { resources: { cpuQuotaPerSecUSec: 2_500_000 }, unitProperties: ['CPUQuotaPeriodSec=20000us'] }],
    [['--cpu-quota', '-1', 'busybox'],                { unitProperties: ['CPUQuota='] }],
    [['--device-read-bps', '/dev/sda:1m', '--device-write-bps=/dev/sdb:0', 'busybox'], { unitProperties: ['IOReadBandwidthMax=/dev/sda 1048576', 'IOWriteBandwidthMax=/dev/sdb infinity'] }],
    [['--device-read-iops', '/dev/sda:100', '--device-write-iops=/dev/sdb:7', 'busybox'], { unitProperties: ['IOReadIOPSMax=/dev/sda 100', 'IOWriteIOPSMax=/dev/sdb 7'] }],
    [['--blkio-weight', '500', 'busybox'],            { resources: { ioWeight: 100 } }],
    [['--blkio-weight', '0', 'busybox'],              { unitProperties: ['IOWeight='] }],
    [['--pids-limit', '100', 'busybox'],              { resources: { tasksMax: 100 } }],
    [['--pids-limit', '-1', 'busybox'],               { unitProperties: ['TasksMax=infinity'] }],
    [['--property', 'IPAddressDeny=any', '--property=CPUWeight=20', '-m', '1k', 'busybox'], { resources: { memoryMaxBytes: 1024 }, unitProperties: ['IPAddressDeny=any', 'CPUWeight=20'] }],
  ];
  it.each(cases)('%j', async (args, configuration) => {
    const ran = await create(...args);
    expect(ran).toMatchObject({ code: 0, stdout: 'abc\n', stderr: '' });
    expect(ran.configuration).toEqual({ image: 'busybox', ...configuration });
  });

  it('has the variables of files below those given by themselves', async () => {
    const first = file('first', '# a comment\n\n  A=1\nB=two words \nHOME\nNONE\n');
    const second = file('second', 'A=2\r\nC=#3\r\n');
    const { configuration } = await create('--env-file', first, '--env-file', second, '-e', 'C=4', 'busybox');
    expect(configuration?.environment).toEqual({ A: '2', B: 'two words ', HOME: '/home/me', C: '4' });
  });

  it('has the labels of files below those given by themselves', async () => {
    const labels = file('labels', '# a comment\na=1\nb=two words\nc\n');
    const { configuration } = await create('--label-file', labels, '-l', 'a=2', 'busybox');
    expect(configuration?.labels).toEqual({ a: '2', b: 'two words', c: '' });
  });
});

describe('what makes no sense is refused before anyone is asked', () => {
  // prettier-ignore
  const cases: [args: string[], message: string][] = [
    [[],                                        'something is missing'],
    [['-ij', 'busybox'],                        'there is no option -j'],
    [['-e', '=x', 'busybox'],                   "--env takes NAME=VALUE or NAME, not '=x'"],
    [['-e', 'A B=x', 'busybox'],                "--env takes NAME=VALUE or NAME, not 'A B=x'"],
    [['--env-file', '/nowhere', 'busybox'],     '--env-file /nowhere cannot be read'],
    [['--label-file', '/nowhere', 'busybox'],   '--label-file /nowhere cannot be read'],
    [['-l', '=x', 'busybox'],                   "--label takes KEY=VALUE, not '=x'"],
    [['-v', 'data:b', 'busybox'],               "a mount's place in the container must be an absolute path, not 'b'"],
    [['-v', 'data', 'busybox'],                 "a mount's place in the container must be an absolute path, not 'data'"],
    [['-v', 'data:/b:O', 'busybox'],            "the mount option 'O' mounts an overlay"],
    [['-v', '/a:/b:U', 'busybox'],              "the mount option 'U' changes owners"],
    [['-v', 'data:', 'busybox'],                "--volume takes [SOURCE:]DESTINATION[:OPTIONS], not 'data:'"],
    [['--volumes-from', 'web:z', 'busybox'],    "--volumes-from takes CONTAINER or CONTAINER:ro, not 'web:z'"],
    [['-v', '/a:b', 'busybox'],                 "must be an absolute path, not 'b'"],
    [['--mount', 'type=image,dst=/b', 'busybox'], "--mount takes type=bind, type=volume or type=tmpfs, not 'image'"],
    [['--mount', 'type=bind,dst=/b', 'busybox'], '--mount type=bind needs source=PATH'],
    [['--mount', 'type=bind,src=/a', 'busybox'], '--mount needs destination=PATH'],
    [['--mount', 'type=bind,src=/a,dst=/b,readonly=maybe', 'busybox'], "--mount takes readonly=true or readonly=false, not 'maybe'"],
    [['--mount', 'type=bind,src=/a,dst=/b,readonly=', 'busybox'], "--mount takes readonly=true or readonly=false, not ''"],
    [['--mount', 'type=bind,src=/a,dst=/b,ro,readonly=false', 'busybox'], '--mount takes readonly once'],
    [['--mount', 'type=bind,src="/a",dst=/b', 'busybox'], '--mount takes fields of CSV'],
    [['--mount', 'type=bind,"src=/a,dst=/b', 'busybox'], '--mount takes fields of CSV'],
    [['--mount', 'type=bind,src=/a,dst=/b,relabel=both', 'busybox'], "--mount takes relabel=shared|private, not 'both'"],
    [['-v', '/a:/b:ro,rw', 'busybox'], 'the mount at /b is either ro or rw'],
    [['--read-only=maybe', 'busybox'], "--read-only is either true or false, not 'maybe'"],
    [['--mount', 'type=bind,nope=1', 'busybox'], "--mount does not know 'nope'"],
    [['--mount', 'type=bind,constructor=1', 'busybox'], "--mount does not know 'constructor'"],
    [['--tmpfs', '/a:b:c', 'busybox'],          '--tmpfs takes DESTINATION[:OPTIONS]'],
    [['--network', 'app:ipp=1', 'busybox'],     "--network has no ipp=; it takes ip, ip6, mac, alias, interface_name and host_interface_name"],
    [['--network', 'host', '--network', 'app', 'busybox'], '--network host does not go with other networks'],
    [['--network', 'host', '--ip', '10.0.0.1', 'busybox'], '--network host has neither addresses nor aliases of its own'],
    [['--network', 'a', '--network', 'b', '--ip', '10.0.0.1', 'busybox'], 'with several networks, addresses and aliases are given as --network NETWORK:ip=…,alias=…'],
    [['-p', '80:', 'busybox'],                  "--publish takes [[IP:]PORT:]PORT[/PROTOCOL], such as 8080:80, 127.0.0.1:53:53/udp or 8000-8010:80-90, not '80:'"],
    [['-p', '90-80:90-80', 'busybox'],          "--publish takes [[IP:]PORT:]PORT[/PROTOCOL], such as 8080:80, 127.0.0.1:53:53/udp or 8000-8010:80-90, with ports up to 65535 and ranges upward, not '90-80:90-80'"],
    [['-p', '65536:80', 'busybox'],             "--publish takes [[IP:]PORT:]PORT[/PROTOCOL], such as 8080:80, 127.0.0.1:53:53/udp or 8000-8010:80-90, with ports up to 65535 and ranges upward, not '65536:80'"],
    [['-p', '80-81:80', 'busybox'],             'the ranges of --publish 80-81:80 are not equally long'],
    [['-p', '80:80/http', 'busybox'],           "--publish takes tcp, udp or sctp, not 'http' in '80:80/http'"],
    [['--network', 'path:x', 'busybox'],        "not 'path:x'"],
    [['--ipc', 'none', 'busybox'],              "--ipc takes private, host, container:NAME or path:PATH, not 'none'"],
    [['--security-opt', 'label=disable', 'busybox'], "--security-opt takes no-new-privileges, seccomp=FILE, mask=PATHS, unmask=PATHS, not 'label=disable'"],
    [['--security-opt', 'seccomp', 'busybox'],  "not 'seccomp'"],
    [['--add-host', 'db', 'busybox'],           "--add-host takes NAME:ADDRESS, not 'db'"],
    [['--add-host', 'db:other', 'busybox'],     "--add-host takes an IP address or host-gateway, not 'other'"],
    [['--log-driver', 'syslog', 'busybox'],     "--log-driver takes journald or none, not 'syslog'"],
    [['--streams', 'pipes', 'busybox'],         "--streams takes relay or journal, not 'pipes'"],
    [['--device', 'sda', 'busybox'],            "--device takes /dev/NAME[:PATH][:rwm], not 'sda'"],
    [['--device', '/a:/b:/c', 'busybox'],       "not '/a:/b:/c'"],
    [['--device-cgroup-rule', 'c *:1 r', 'busybox'], "--device-cgroup-rule takes TYPE MAJOR:MINOR ACCESS"],
    [['--device-cgroup-rule', 'c 10:*', 'busybox'], "such as 'c 10:* rw', not 'c 10:*'"],
    [['--privileged', '--device-cgroup-rule', 'c 10:* r', 'busybox'], '--privileged lets it use every device'],
    [['--cpus', '.', 'busybox'], "--cpus takes a number of CPUs such as 1.5, not '.'"],
    [['--ulimit', 'nofile', 'busybox'],         "--ulimit takes NAME=SOFT[:HARD], such as nofile=1024:4096, not 'nofile'"],
    [['--ulimit', `core=${'9'.repeat(20)}`, 'busybox'], '--ulimit takes -1 for no limit'],
    [['--shm-size', '0', 'busybox'],            '--shm-size takes an amount such as 64m'],
    [['--oom-score-adj', '1001', 'busybox'],    '--oom-score-adj takes a number from -1000 to 1000'],
    [['--memory-swap', '1g', 'busybox'],        'so it needs --memory'],
    [['-m', '2g', '--memory-swap', '1g', 'busybox'], 'so it cannot be below --memory'],
    [['--cpu-shares', '2', '--cpu-weight', '2', 'busybox'], 'say the same; give one of them'],
    [['--cpu-weight', '0', 'busybox'],          '--cpu-weight takes a number from 1 to 10000'],
    [['--cpuset-cpus', '0-', 'busybox'],        "--cpuset-cpus takes numbers and ranges such as 0-3,7, not '0-'"],
    [['--cpus', '1', '--cpu-period', '1000', 'busybox'], '--cpus says what --cpu-quota and --cpu-period say together'],
    [['--cpu-quota', '999', 'busybox'],         '--cpu-quota takes a number from 1000'],
    [['--cpu-period', '0', 'busybox'],          '--cpu-period takes a number from 1000 to 1000000'],
    [['--device-read-bps', 'sda:1m', 'busybox'], "--device-read-bps takes a device and a limit, such as /dev/sda:1000, not 'sda:1m'"],
    [['--device-write-iops', '/dev/sda:x', 'busybox'], "--device-write-iops takes a whole number, 0 or more, not 'x'"],
    [['--blkio-weight', '5', 'busybox'],        '--blkio-weight takes a number from 10 to 1000'],
    [['--stop-timeout', '-1', 'busybox'],       "--stop-timeout takes seconds, 0 or more, not '-1'"],
    [['--restart', 'on-success', 'busybox'],    "not 'on-success'"],
    [['--restart', 'on-failure:0', 'busybox'],  "not 'on-failure:0'"],
    [['--rm', '--restart', 'always', 'busybox'], '--rm and --restart exclude each other'],
    [['--entrypoint', '[1]', 'busybox'],        "--entrypoint takes a program or a JSON array of strings, not '[1]'"],
    [['--entrypoint', '["a"', 'busybox'],       '--entrypoint takes a program'],
    [['--memory', 'lots', 'busybox'],           "--memory takes an amount such as 512m or 2g, not 'lots'"],
    [['--memory', '-1', 'busybox'],             "not '-1'"],
    [['--cpus', '1e3', 'busybox'],              "--cpus takes a number of CPUs such as 1.5, not '1e3'"],
    [['--pids-limit', '1.5', 'busybox'],        "--pids-limit takes a whole number, 0 or more, not '1.5'"],
    [['--property', 'MemoryMax', 'busybox'],    "--property takes NAME=VALUE as in unit files, not 'MemoryMax'"],
  ];
  it.each(cases)('%j', async (args, message) => {
    const ran = await create(...args);
    expect(ran).toMatchObject({ code: 125, stdout: '', configuration: undefined });
    expect(ran.stderr).toContain(message);
    expect(ran.stderr).toMatch(/^berth: .*; see 'berth create --help'\n$/);
  });
});

it('--ulimit host stands for all limits that berth has, and one that is named goes over it', async () => {
  const { configuration } = await create('--ulimit', 'host', '--ulimit', 'core=0', 'busybox');
  const limits = new Map(configuration?.resourceLimits?.map((limit) => [limit.name, limit]));
  expect([...limits.keys()].toSorted()).toEqual(
    'as core cpu data fsize locks memlock msgqueue nice nofile nproc rss rtprio rttime sigpending stack'.split(' '),
  );
  expect(limits.get('core')).toEqual({ name: 'core', soft: 0, hard: 0 });
});
