import { describe, expect, it } from 'vitest';
import { containerError, type ContainerErrors } from '../../../../src/api/io-berth-container.ts';
import { imageError, type ImageErrors } from '../../../../src/api/io-berth-image.ts';
import type { NetworkErrors } from '../../../../src/api/io-berth-network.ts';
import type { VolumeErrors } from '../../../../src/api/io-berth-volume.ts';
import { systemError } from '../../../../src/api/io-berth-system.ts';
import {
  CONTAINER_SENTENCES,
  IMAGE_SENTENCES,
  NETWORK_SENTENCES,
  sentenceFor,
  SYSTEM_SENTENCES,
  VOLUME_SENTENCES,
} from '../../../../src/cli/output/errors.ts';
import { OutputFailed } from '../../../../src/cli/output/output.ts';
import { parseAddress } from '../../../../src/varlink/address.ts';
import { InvalidReply } from '../../../../src/varlink/binding.ts';
import {
  CannotConnect,
  ConnectionClosed,
  invalidParameter,
  methodNotFound,
  permissionDenied,
  ProtocolViolation,
  VarlinkError,
} from '../../../../src/varlink/errors.ts';

const OF_BOTH = {
  NoSuchNetwork: [{ network: 'app' }, "there is no network 'app'; 'berth network ls' lists all there are"],
  InvalidNetwork: [
    { file: '/etc/berth/networks/app.json', member: 'driver', reason: 'no' },
    "the network file '/etc/berth/networks/app.json' makes no sense at driver: no",
  ],
  NoFreeSubnet: [
    { pools: ['10.64.0.0/12'] },
    'every subnet of 10.64.0.0/12 is used already; give one with --subnet, or more of them with SubnetPools= in berth.conf',
  ],
  AddressInUse: [{ address: '10.64.0.5', container: 'db' }, "the address 10.64.0.5 is that of 'db'; choose another"],
  NoFreeAddress: [{ network: 'app', subnet: '10.64.0.0/30' }, "the network 'app' has no address 10.64.0.0/30 to give"],
  NetworkingUnavailable: [{ missing: 'netavark is not there' }, 'networks cannot be used here: netavark is not there'],
  NetworkFailed: [{ container: 'web', message: 'no' }, "the network of 'web' cannot be set up: no"],
} satisfies Partial<{ [N in keyof NetworkErrors]: [facts: NetworkErrors[N], sentence: string] }>;

/** Complete by their types, so that a new error does not compile without a test. */
const CONTAINERS: { [N in keyof ContainerErrors]: [facts: ContainerErrors[N], sentence: string] } = {
  NoSuchContainer: [{ container: 'web' }, "there is no container 'web'; 'berth ps -a' lists all there are"],
  AmbiguousContainer: [
    { container: 'ab', candidates: ['web', 'db'] },
    "more than one ID begins with 'ab' (web, db); give more digits or a name",
  ],
  ContainerExists: [
    { name: 'web' },
    "a container 'web' exists; remove it with 'berth rm web' or choose another --name",
  ],
  WrongState: [
    { container: 'web', state: 'running', operation: 'remove' },
    "'web' is running, so 'remove' is not possible; 'berth stop web' stops it",
  ],
  AlreadyStopped: [{ container: 'web' }, "'web' has ended already, so there is nothing to stop"],
  NoSuchImage: [
    { image: 'box' },
    "there is no image 'box'; get it with 'berth pull box' or see what there is with 'berth images'",
  ],
  AmbiguousImage: [{ image: 'ab' }, "'ab' fits more than one image; give its whole name or more digits of its ID"],
  NoSuchRuntime: [{ runtime: 'youki' }, "the OCI runtime 'youki' is not installed; 'berth info' lists those that are"],
  NoSuchUser: [
    { user: 'me' },
    "the container's own passwd and group files do not have 'me'; give numbers, such as --user 1000:1000",
  ],
  NoSuchPath: [{ container: 'web', path: '/x' }, "container 'web' has no '/x'"],
  NotADirectory: [{ container: 'web', path: '/x' }, "'/x' in container 'web' is no directory, or leads through a file"],
  ReadOnlyPath: [
    { container: 'web', path: '/x' },
    "'/x' in container 'web' cannot be written: its file system is read-only",
  ],
  CopyFailed: [
    { container: 'web', path: '/x', reason: 'no space' },
    "'/x' in container 'web' was not copied whole: no space",
  ],
  NoCommand: [{ image: 'box' }, "'box' does not say what to run; give a command after it"],
  LimitExceeded: [
    { parameter: 'configuration.labels', limit: 2097152, value: 3000000, unit: 'bytes' },
    "'labels' takes 2097152 bytes at most, and was given 3000000",
  ],
  NoSuchSource: [{ source: '/data' }, "there is no '/data' on this host to mount; make it first"],
  NoSuchVolume: [{ volume: 'data' }, "there is no volume 'data'; 'berth volume ls' lists all there are"],
  InvalidVolume: [{ volume: 'data', reason: 'no' }, "the volume 'data' has no record that makes sense: no"],
  NoSuchNamespace: [
    { namespace: 'container:db' },
    "the namespace 'container:db' is not there; start the container it belongs to first, or start this one with --recursive",
  ],
  InvalidFile: [{ path: '/p.json', reason: 'no JSON' }, "'/p.json' cannot be used: no JSON"],
  HasDependents: [
    { container: 'web', dependents: ['a', 'b'] },
    "other containers share namespaces of 'web' (a, b); remove them first with 'berth rm'",
  ],
  NoController: [
    {
      parameter: 'configuration.resources.memoryMaxBytes',
      controller: 'memory',
      reason: 'the kernel does not have it',
    },
    "this host cannot enforce --memory, for want of the controller 'memory': the kernel does not have it; 'berth info' shows what it can",
  ],
  InvalidProperty: [
    { property: 'Nope=1', reason: 'systemd does not know it' },
    "the unit property 'Nope=1' cannot be set: systemd does not know it; systemd.resource-control(5) has those that limit resources",
  ],
  CommandNotFound: [
    { container: 'web', message: 'no ls' },
    "container 'web' has no such command, or no such folder to run it in: no ls",
  ],
  CommandNotExecutable: [
    { container: 'web', message: 'mode 0644' },
    "the command in container 'web' cannot be executed: mode 0644",
  ],
  ...OF_BOTH,
  PortInUse: [
    { hostAddress: '127.0.0.1', hostPort: 80, protocol: 'tcp', container: 'web' },
    "port 80/tcp of 127.0.0.1 is taken by container 'web'; choose another with --publish",
  ],
  RuntimeFailed: [
    { container: 'web', runtime: 'crun', message: 'no seccomp' },
    "crun could not set up container 'web': no seccomp",
  ],
  UnitFailed: [
    { unit: 'berth-web.service', result: 'timeout' },
    "systemd could not do it with berth-web.service (timeout); see 'journalctl -u berth-web.service'",
  ],
  UnitExists: [
    { unit: 'berth-web.service' },
    "berth-web.service is taken by something that is not this container; see 'systemctl cat berth-web.service', or choose another --name",
  ],
  NoSuchExecSession: [{ session: 'ab' }, "there is no exec session 'ab', or more than one ID begins so"],
  WrongExecState: [
    { session: '0123456789abcdef', state: 'stopped', operation: 'attach' },
    "the exec session 0123456789ab is stopped, so 'attach' is not possible",
  ],
  DescriptorUnavailable: [
    { descriptor: 4, reason: 'not_open' },
    'the command cannot have descriptor 4: the process that is connected to berthd does not have it open',
  ],
  ActiveExecSessions: [
    { container: 'web', sessions: ['ab', 'cd'] },
    "exec sessions run in 'web' (ab, cd); wait for their end, or force it",
  ],
  NotLogged: [{ container: 'web' }, "nothing of 'web' is logged; it was made with --log-driver none"],
  NoTerminal: [{ container: 'web' }, "'web' has no terminal; it was not made with --tty"],
  NoStandardInput: [
    { container: 'web', configuration: 'stdin' },
    "'web' has no standard input; make one with --interactive instead",
  ],
  StreamOverrun: [{ limitBytes: 5 }, '5 bytes of output waited to be read, so the rest was given up'],
  SystemdUnavailable: [
    { reason: 'no bus' },
    "berthd cannot reach systemd over D-Bus: no bus; see 'systemctl status dbus'",
  ],
  SystemFailed: [
    { errnoName: 'ENOSPC', message: 'write /var/lib/berth' },
    'there is no space left: write /var/lib/berth; free some and try again',
  ],
};

const IMAGES: { [N in keyof ImageErrors]: [facts: ImageErrors[N], sentence: string] } = {
  NoSuchImage: CONTAINERS.NoSuchImage,
  AmbiguousImage: CONTAINERS.AmbiguousImage,
  ImageInUse: [
    { image: 'box', containers: ['web', 'db'] },
    "containers are made from 'box' (web, db); remove them first with 'berth rm'",
  ],
  ImageReadOnly: [
    { image: 'box', store: '/var/lib/containers/storage' },
    "'box' lies in /var/lib/containers/storage, which belongs to another program; change it with that, or pull it into berth's own store",
  ],
  LoadFailed: [{ path: '/x.tar', reason: 'no index.json' }, "'/x.tar' cannot be loaded: no index.json"],
  SaveFailed: [{ path: '/x.tar', reason: 'it exists' }, "'/x.tar' cannot be written: it exists"],
  PullFailed: [
    { image: 'box', reason: 'unauthorized', message: '401' },
    "'box' cannot be pulled: the registry wants other credentials; give them with --creds USER:PASSWORD (401)",
  ],
  SystemFailed: [{ errnoName: 'EIO', message: 'read' }, 'the system refused what is needed (EIO): read'],
};

const NETWORKS: { [N in keyof NetworkErrors]: [facts: NetworkErrors[N], sentence: string] } = {
  ...OF_BOTH,
  NetworkExists: [
    { name: 'app' },
    "a network 'app' exists; remove it with 'berth network rm app' or choose another name",
  ],
  NetworkInUse: [
    { network: 'app', containers: ['web', 'db'] },
    "containers are on the network 'app' (web, db); remove them first with 'berth rm', or give --force",
  ],
  SubnetInUse: [
    { subnet: '10.0.0.0/24', holder: 'the interface eth0' },
    'the subnet 10.0.0.0/24 overlaps one that the interface eth0 has; choose another',
  ],
  InterfaceInUse: [
    { interface: 'br0', holder: 'the host' },
    "the interface 'br0' belongs to the host; choose another with --interface-name",
  ],
  AlreadyConnected: [{ network: 'app', container: 'web' }, "'web' is on the network 'app' already"],
  NotConnected: [
    { network: 'app', container: 'web' },
    "'web' is not on the network 'app'; 'berth inspect web' shows which it is on",
  ],
  SystemFailed: [{ errnoName: 'EIO', message: 'read' }, 'the system refused what is needed (EIO): read'],
};

const VOLUMES: { [N in keyof VolumeErrors]: [facts: VolumeErrors[N], sentence: string] } = {
  NoSuchVolume: [{ volume: 'data' }, "there is no volume 'data'; 'berth volume ls' lists all there are"],
  VolumeExists: [
    { name: 'data' },
    "a volume 'data' exists; remove it with 'berth volume rm data' or choose another name",
  ],
  VolumeInUse: [
    { volume: 'data', containers: ['web', 'db'] },
    "containers have the volume 'data' (web, db); remove them first with 'berth rm', or give --force",
  ],
  InvalidVolume: [{ volume: 'data', reason: 'no' }, "the volume 'data' has no record that makes sense: no"],
  NoSuchDriver: [
    { driver: 'nfs' },
    "there is no driver 'nfs' here: plugins are not supported; leave --driver out, or give local",
  ],
  SystemFailed: [{ errnoName: 'EIO', message: 'read' }, 'the system refused what is needed (EIO): read'],
};

describe('what berthd refuses', () => {
  const keysOf = <T extends object>(table: T): (keyof T & string)[] =>
    Object.keys(table).filter((key): key is keyof T & string => key in table);

  it.each(keysOf(CONTAINERS))('io.berth.Container.%s', (name) => {
    const [facts, sentence] = CONTAINERS[name];
    expect(sentenceFor(new VarlinkError(`io.berth.Container.${name}`, facts))).toBe(sentence);
  });
  it.each(keysOf(IMAGES))('io.berth.Image.%s', (name) => {
    const [facts, sentence] = IMAGES[name];
    expect(sentenceFor(new VarlinkError(`io.berth.Image.${name}`, facts))).toBe(sentence);
  });
  it.each(keysOf(NETWORKS))('io.berth.Network.%s', (name) => {
    const [facts, sentence] = NETWORKS[name];
    expect(sentenceFor(new VarlinkError(`io.berth.Network.${name}`, facts))).toBe(sentence);
  });
  it.each(keysOf(VOLUMES))('io.berth.Volume.%s', (name) => {
    const [facts, sentence] = VOLUMES[name];
    expect(sentenceFor(new VarlinkError(`io.berth.Volume.${name}`, facts))).toBe(sentence);
  });
  it('has a sentence for everything that the interfaces declare', () => {
    expect(Object.keys(CONTAINER_SENTENCES).sort()).toEqual(Object.keys(CONTAINERS).sort());
    expect(Object.keys(IMAGE_SENTENCES)).toEqual(Object.keys(IMAGES));
    expect(Object.keys(NETWORK_SENTENCES).sort()).toEqual(Object.keys(NETWORKS).sort());
    expect(Object.keys(VOLUME_SENTENCES)).toEqual(Object.keys(VOLUMES));
    expect(Object.keys(SYSTEM_SENTENCES)).toEqual(['SystemFailed', 'CannotStart', 'InternalError']);
  });
  it.each<[ContainerErrors['PortInUse'], string]>([
    [
      { hostAddress: '', hostPort: 53, protocol: 'udp', process: { pid: 7 }, command: 'dnsmasq' },
      'port 53/udp is taken by process 7 (dnsmasq) of this host; choose another with --publish',
    ],
    [
      { hostAddress: '', hostPort: 53, protocol: 'udp' },
      'port 53/udp is taken by something of this host; choose another with --publish',
    ],
  ])('names who has a port: %j', (facts, sentence) => {
    expect(sentenceFor(containerError('PortInUse', facts))).toBe(sentence);
  });
  it('tells where to look when berthd itself failed, whatever was called', () => {
    expect(sentenceFor(systemError('InternalError', { reference: 'r1' }))).toBe(
      "berthd itself failed; 'journalctl -u berthd' has the details under r1",
    );
  });
  it.each([
    ['configuration.name', '--name must be a letter or digit'],
    ['configuration.mounts[1].source', 'the places of --volume, --mount and --tmpfs are absolute paths'],
    ['configuration.environment', '--env and --env-file take NAME=VALUE'],
    ['configuration.resources.cpuWeight', '--cpu-weight takes'],
    ['resources.allowedCpus', '--cpuset-cpus takes'],
    ['unitProperties[0]', '--property takes'],
    ['configuration.unitProperties[0]', '--property takes'],
    ['configuration.devices[2].access', '--device takes'],
    ['signal', 'a signal is given by name or number'],
    ['some.other[3].thing', "berthd does not take the value of 'some.other[3].thing'"],
    ['constructor', "berthd does not take the value of 'constructor'"],
  ])('names the option that the parameter %s came from', (parameter, beginning) => {
    expect(sentenceFor(invalidParameter(parameter)).startsWith(beginning)).toBe(true);
  });
  // prettier-ignore
  it.each([
    [methodNotFound('io.berth.Container.Fly'), "berthd does not know io.berth.Container.Fly; it is older than this berth: restart it with 'systemctl restart berthd'"],
    [permissionDenied(), 'berthd refused: you may not do this'],
    [new VarlinkError('org.example.Else', { a: 1 }), 'berthd refused: org.example.Else {"a":1}'],
    [new VarlinkError('io.berth.Container.NoSuchContainer', {}), 'berthd refused: io.berth.Container.NoSuchContainer'],
  ])('%s', (error, sentence) => {
    expect(sentenceFor(error)).toBe(sentence);
  });
});

describe('what goes wrong on the way', () => {
  const unreachable = (code: string): CannotConnect =>
    new CannotConnect('unix:/run/berth/io.berth', Object.assign(new Error(`connect ${code}`), { code }));
  const invalidAddress = (): unknown => {
    try {
      return parseAddress('nowhere');
    } catch (error) {
      return error;
    }
  };
  // prettier-ignore
  it.each<[unknown, string]>([
    [unreachable('ENOENT'), "berthd cannot be reached at /run/berth/io.berth: there is no such socket; start it with 'systemctl start berthd.socket'"],
    [unreachable('ECONNREFUSED'), "berthd cannot be reached at /run/berth/io.berth: nobody listens there; start it with 'systemctl start berthd.socket'"],
    [unreachable('EACCES'), "you may not talk to berthd at /run/berth/io.berth; use sudo, or join the group 'berth' ('usermod -aG berth USER') and log in again"],
    [unreachable('ETIMEDOUT'), 'berthd cannot be reached at /run/berth/io.berth: connect ETIMEDOUT'],
    [new ConnectionClosed('gone'), "berthd closed the connection before it answered; see 'journalctl -u berthd' and try again"],
    [invalidAddress(), "'nowhere' is no varlink address: it should start with unix:, tcp:, exec: or /; it comes from --address or BERTH_ADDRESS"],
    [new ProtocolViolation('no JSON'), 'what answers is not berthd, or another version of it: no JSON; check --address and BERTH_ADDRESS'],
    [new InvalidReply('a.b.C', 'x', 'a string'), "what answers is not berthd, or another version of it: a.b.C replied with a bad 'x': expected a string; check --address and BERTH_ADDRESS"],
    [new OutputFailed('write ENOSPC'), 'the output cannot be written: write ENOSPC'],
    ['a string', 'this should not happen, and is a fault of berth: a string'],
  ])('%s', (error, sentence) => {
    expect(sentenceFor(error)).toBe(sentence);
  });
  it('shows where a fault of our own happened', () => {
    expect(sentenceFor(new Error('oops'))).toMatch(
      /^this should not happen, and is a fault of berth: Error: oops at .*errors\.test\.ts/,
    );
  });
});

it('is one line that does nothing to the terminal, whatever a runtime said', () => {
  const error = containerError('RuntimeFailed', {
    container: 'web',
    runtime: 'crun',
    message: 'one\n  two \u001B[2J\r\n',
  });
  expect(sentenceFor(error)).toBe("crun could not set up container 'web': one two \\x1b[2J");
  expect(sentenceFor(imageError('LoadFailed', { path: '/a\nb', reason: 'x' }))).toBe("'/a b' cannot be loaded: x");
});
