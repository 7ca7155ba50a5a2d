/**
 * What people are told when something fails: one sentence that says what is wrong and what to do about it. An error that is
 * added to an interface does not compile until it has its sentence here.
 */
import type { ContainerErrors, DescriptorFault, State } from '../../api/io-berth-container.ts';
import { isContainerError } from '../../api/io-berth-container.ts';
import type { ImageErrors, PullReason } from '../../api/io-berth-image.ts';
import { isImageError } from '../../api/io-berth-image.ts';
import type { NetworkErrors } from '../../api/io-berth-network.ts';
import { isNetworkError } from '../../api/io-berth-network.ts';
import type { SystemErrors } from '../../api/io-berth-system.ts';
import type { VolumeErrors } from '../../api/io-berth-volume.ts';
import { isVolumeError } from '../../api/io-berth-volume.ts';
import { isSystemError } from '../../api/io-berth-system.ts';
import { InvalidAddress } from '../../varlink/address.ts';
import { InvalidReply } from '../../varlink/binding.ts';
import { CannotConnect, ConnectionClosed, ProtocolViolation, VarlinkError } from '../../varlink/errors.ts';
import { UsageError } from '../arguments/args.ts';
import { OutputFailed } from './output.ts';
import { optionFor, sentenceForParameter } from '../arguments/parameters.ts';
import { printable } from './printable.ts';
import { OutputMissed } from '../session/output-missed.ts';
import { InputUncertain } from '../session/session-input.ts';

type Sentences<Errors> = { readonly [Name in keyof Errors & string]: (facts: Errors[Name]) => string };

const listed = (names: readonly string[]): string => names.join(', ');

/** What leads out of a state that an operation does not go with. */
const WAYS_OUT: { readonly [S in State]: (name: string) => string } = {
  configured: (name) => `it was never started; 'berth start ${name}' starts it`,
  created: (name) => `'berth start ${name}' runs it, 'berth stop ${name}' takes it down`,
  running: (name) => `'berth stop ${name}' stops it`,
  paused: (name) => `'berth unpause ${name}' lets it go on`,
  stopping: (name) => `'berth wait ${name}' waits for its end`,
  stopped: (name) => `'berth start ${name}' starts it anew`,
  exited: (name) => `'berth start ${name}' starts it anew`,
  removing: () => 'it is about to be gone',
  unknown: (name) => `'berth inspect ${name}' shows why`,
};

const DESCRIPTOR_FAULTS: { readonly [F in DescriptorFault]: string } = {
  not_open: 'the process that is connected to berthd does not have it open',
  caller_gone: 'the process that has connected to berthd has ended',
  caller_unknown: 'berthd cannot tell which process has connected to it; connect to its socket on this host',
  not_permitted: "the kernel does not let berthd copy it; see 'sysctl kernel.yama.ptrace_scope'",
};

const whatSystemRefused = ({ errnoName, message }: { errnoName: string; message: string }): string => {
  if (errnoName === 'ENOSPC' || errnoName === 'EDQUOT')
    return `there is no space left: ${message}; free some and try again`;
  return `the system refused what is needed (${errnoName}): ${message}`;
};

export const NETWORK_SENTENCES: Sentences<NetworkErrors> = {
  NoSuchNetwork: ({ network }) => `there is no network '${network}'; 'berth network ls' lists all there are`,
  NetworkExists: ({ name }) =>
    `a network '${name}' exists; remove it with 'berth network rm ${name}' or choose another name`,
  NetworkInUse: ({ network, containers }) =>
    `containers are on the network '${network}' (${listed(containers)}); remove them first with 'berth rm', or give --force`,
  InvalidNetwork: ({ file, member, reason }) =>
    `the network file '${file}' makes no sense${member === '' ? '' : ` at ${member}`}: ${reason}`,
  SubnetInUse: ({ subnet, holder }) => `the subnet ${subnet} overlaps one that ${holder} has; choose another`,
  InterfaceInUse: ({ interface: device, holder }) =>
    `the interface '${device}' belongs to ${holder}; choose another with --interface-name`,
  NoFreeSubnet: ({ pools }) =>
    `every subnet of ${listed(pools)} is used already; give one with --subnet, or more of them with SubnetPools= in berth.conf`,
  NetworkingUnavailable: ({ missing }) => `networks cannot be used here: ${missing}`,
  AlreadyConnected: ({ network, container }) => `'${container}' is on the network '${network}' already`,
  NotConnected: ({ network, container }) =>
    `'${container}' is not on the network '${network}'; 'berth inspect ${container}' shows which it is on`,
  AddressInUse: ({ address, container }) => `the address ${address} is that of '${container}'; choose another`,
  NoFreeAddress: ({ network, subnet }) => `the network '${network}' has no address ${subnet} to give`,
  NetworkFailed: ({ container, message }) => `the network of '${container}' cannot be set up: ${message}`,
  SystemFailed: whatSystemRefused,
};
const noSuchVolume = ({ volume }: { volume: string }): string =>
  `there is no volume '${volume}'; 'berth volume ls' lists all there are`;
const invalidVolume = ({ volume, reason }: { volume: string; reason: string }): string =>
  `the volume '${volume}' has no record that makes sense: ${reason}`;

export const CONTAINER_SENTENCES: Sentences<ContainerErrors> = {
  NoSuchContainer: ({ container }) => `there is no container '${container}'; 'berth ps -a' lists all there are`,
  AmbiguousContainer: ({ container, candidates }) =>
    `more than one ID begins with '${container}' (${listed(candidates)}); give more digits or a name`,
  ContainerExists: ({ name }) =>
    `a container '${name}' exists; remove it with 'berth rm ${name}' or choose another --name`,
  WrongState: ({ container, state, operation }) =>
    `'${container}' is ${state}, so '${operation}' is not possible; ${WAYS_OUT[state](container)}`,
  AlreadyStopped: ({ container }) => `'${container}' has ended already, so there is nothing to stop`,
  NoSuchImage: ({ image }) =>
    `there is no image '${image}'; get it with 'berth pull ${image}' or see what there is with 'berth images'`,
  AmbiguousImage: ({ image }) => `'${image}' fits more than one image; give its whole name or more digits of its ID`,
  NoSuchRuntime: ({ runtime }) => `the OCI runtime '${runtime}' is not installed; 'berth info' lists those that are`,
  NoSuchUser: ({ user }) =>
    /^\d+$/.test(user)
      ? `there is no user or group ${user}; numbers go up to 4294967294`
      : `the container's own passwd and group files do not have '${user}'; give numbers, such as --user 1000:1000`,
  NoSuchPath: ({ container, path }) => `container '${container}' has no '${path}'`,
  NotADirectory: ({ container, path }) =>
    `'${path}' in container '${container}' is no directory, or leads through a file`,
  ReadOnlyPath: ({ container, path }) =>
    `'${path}' in container '${container}' cannot be written: its file system is read-only`,
  CopyFailed: ({ container, path, reason }) => `'${path}' in container '${container}' was not copied whole: ${reason}`,
  NoCommand: ({ image }) => `'${image}' does not say what to run; give a command after it`,
  LimitExceeded: ({ parameter, limit, value, unit }) =>
    `'${parameter.replace(/^configuration\./u, '')}' takes ${limit} ${unit} at most, and was given ${value}`,
  NoSuchSource: ({ source }) => `there is no '${source}' on this host to mount; make it first`,
  NoSuchVolume: noSuchVolume,
  InvalidVolume: invalidVolume,
  NoSuchNamespace: ({ namespace }) =>
    `the namespace '${namespace}' is not there; start the container it belongs to first, or start this one with --recursive`,
  InvalidFile: ({ path, reason }) => `'${path}' cannot be used: ${reason}`,
  HasDependents: ({ container, dependents }) =>
    `other containers share namespaces of '${container}' (${listed(dependents)}); remove them first with 'berth rm'`,
  NoController: ({ parameter, controller, reason }) =>
    `this host cannot enforce ${optionFor(parameter)}, for want of the controller '${controller}': ${reason}; 'berth info' shows what it can`,
  InvalidProperty: ({ property, reason }) =>
    `the unit property '${property}' cannot be set: ${reason}; systemd.resource-control(5) has those that limit resources`,
  CommandNotFound: ({ container, message }) =>
    `container '${container}' has no such command, or no such folder to run it in: ${message}`,
  CommandNotExecutable: ({ container, message }) =>
    `the command in container '${container}' cannot be executed: ${message}`,
  NoSuchNetwork: NETWORK_SENTENCES.NoSuchNetwork,
  InvalidNetwork: NETWORK_SENTENCES.InvalidNetwork,
  NoFreeSubnet: NETWORK_SENTENCES.NoFreeSubnet,
  AddressInUse: NETWORK_SENTENCES.AddressInUse,
  NoFreeAddress: NETWORK_SENTENCES.NoFreeAddress,
  PortInUse: ({ hostAddress, hostPort, protocol, container, process, command = '' }) =>
    `port ${hostPort}/${protocol}${hostAddress === '' ? '' : ` of ${hostAddress}`} is taken by ${
      container === undefined
        ? process === undefined
          ? 'something of this host'
          : `process ${process.pid} (${command}) of this host`
        : `container '${container}'`
    }; choose another with --publish`,
  NetworkingUnavailable: NETWORK_SENTENCES.NetworkingUnavailable,
  NetworkFailed: NETWORK_SENTENCES.NetworkFailed,
  RuntimeFailed: ({ container, runtime, message }) =>
    `${runtime} could not set up container '${container}': ${message}`,
  UnitFailed: ({ unit, result }) => `systemd could not do it with ${unit} (${result}); see 'journalctl -u ${unit}'`,
  UnitExists: ({ unit }) =>
    `${unit} is taken by something that is not this container; see 'systemctl cat ${unit}', or choose another --name`,
  NoSuchExecSession: ({ session }) => `there is no exec session '${session}', or more than one ID begins so`,
  WrongExecState: ({ session, state, operation }) =>
    `the exec session ${session.slice(0, 12)} is ${state}, so '${operation}' is not possible`,
  DescriptorUnavailable: ({ descriptor, reason }) =>
    `the command cannot have descriptor ${descriptor}: ${DESCRIPTOR_FAULTS[reason]}`,
  ActiveExecSessions: ({ container, sessions }) =>
    `exec sessions run in '${container}' (${listed(sessions)}); wait for their end, or force it`,
  NotLogged: ({ container }) => `nothing of '${container}' is logged; it was made with --log-driver none`,
  NoTerminal: ({ container }) => `'${container}' has no terminal; it was not made with --tty`,
  NoStandardInput: ({ container }) => `'${container}' has no standard input; make one with --interactive instead`,
  StreamOverrun: ({ limitBytes }) => `${limitBytes} bytes of output waited to be read, so the rest was given up`,
  SystemdUnavailable: ({ reason }) => `berthd cannot reach systemd over D-Bus: ${reason}; see 'systemctl status dbus'`,
  SystemFailed: whatSystemRefused,
};

export const VOLUME_SENTENCES: Sentences<VolumeErrors> = {
  NoSuchVolume: noSuchVolume,
  VolumeExists: ({ name }) =>
    `a volume '${name}' exists; remove it with 'berth volume rm ${name}' or choose another name`,
  VolumeInUse: ({ volume, containers }) =>
    `containers have the volume '${volume}' (${listed(containers)}); remove them first with 'berth rm', or give --force`,
  InvalidVolume: invalidVolume,
  NoSuchDriver: ({ driver }) =>
    `there is no driver '${driver}' here: plugins are not supported; leave --driver out, or give local`,
  SystemFailed: whatSystemRefused,
};

const PULL_REASONS: { readonly [R in PullReason]: string } = {
  not_found: 'the registry does not have it; check the name and the tag',
  unauthorized: 'the registry wants other credentials; give them with --creds USER:PASSWORD',
  unreachable: 'the registry cannot be reached; check its name and the network',
  other: 'the registry or the image is at fault',
};

export const IMAGE_SENTENCES: Sentences<ImageErrors> = {
  NoSuchImage: CONTAINER_SENTENCES.NoSuchImage,
  AmbiguousImage: CONTAINER_SENTENCES.AmbiguousImage,
  ImageInUse: ({ image, containers }) =>
    `containers are made from '${image}' (${listed(containers)}); remove them first with 'berth rm'`,
  ImageReadOnly: ({ image, store }) =>
    `'${image}' lies in ${store}, which belongs to another program; change it with that, or pull it into berth's own store`,
  LoadFailed: ({ path, reason }) => `'${path}' cannot be loaded: ${reason}`,
  SaveFailed: ({ path, reason }) => `'${path}' cannot be written: ${reason}`,
  PullFailed: ({ image, reason, message }) => `'${image}' cannot be pulled: ${PULL_REASONS[reason]} (${message})`,
  SystemFailed: whatSystemRefused,
};

export const SYSTEM_SENTENCES: Sentences<SystemErrors> = {
  SystemFailed: whatSystemRefused,
  CannotStart: ({ reason }) => `berthd cannot start: ${reason}; 'systemctl status berthd' shows how it stands`,
  InternalError: ({ reference }) => `berthd itself failed; 'journalctl -u berthd' has the details under ${reference}`,
};

/** The sentence for anything that was thrown, fit for a terminal. */
export function sentenceFor(error: unknown): string {
  const sentence = error instanceof VarlinkError ? sentenceForRefusal(error) : sentenceForFailure(error);
  return printable(sentence.trim().replaceAll(/\s*\n\s*/gu, ' '));
}

function sentenceForRefusal(error: VarlinkError): string {
  return (
    ofInterface(CONTAINER_SENTENCES, isContainerError, error) ??
    ofInterface(IMAGE_SENTENCES, isImageError, error) ??
    ofInterface(NETWORK_SENTENCES, isNetworkError, error) ??
    ofInterface(VOLUME_SENTENCES, isVolumeError, error) ??
    ofInterface(SYSTEM_SENTENCES, isSystemError, error) ??
    ofProtocol(error)
  );
}

type Test<Errors> = <Name extends keyof Errors & string>(
  error: unknown,
  name: Name,
) => error is VarlinkError & { readonly parameters: Errors[Name] };

function ofInterface<Errors extends object>(
  sentences: Sentences<Errors>,
  isError: Test<Errors>,
  error: VarlinkError,
): string | undefined {
  const name = nameOf(error);
  return isKeyOf(sentences, name) && isError(error, name) ? sentences[name](error.parameters) : undefined;
}

const nameOf = ({ error }: VarlinkError): string => error.slice(error.lastIndexOf('.') + 1);

const isKeyOf = <T extends object>(table: T, name: string): name is keyof T & string => Object.hasOwn(table, name);

/** Errors that any service may answer with. */
function ofProtocol(refusal: VarlinkError): string {
  const { parameter, method, interface: wanted } = refusal.parameters;
  switch (nameOf(refusal)) {
    case 'InvalidParameter':
      return sentenceForParameter(typeof parameter === 'string' ? parameter : '');
    case 'InterfaceNotFound':
    case 'MethodNotFound':
    case 'MethodNotImplemented':
      return `berthd does not know ${asText(method ?? wanted)}; it is older than this berth: restart it with 'systemctl restart berthd'`;
    case 'PermissionDenied':
      return 'berthd refused: you may not do this';
    default:
      return `berthd refused: ${refusal.message}`;
  }
}

const asText = (value: unknown): string => (typeof value === 'string' ? value : 'it');

function sentenceForFailure(error: unknown): string {
  if (error instanceof UsageError) return error.message;
  if (error instanceof CannotConnect) return sentenceForUnreachable(error);
  if (error instanceof ConnectionClosed) {
    return "berthd closed the connection before it answered; see 'journalctl -u berthd' and try again";
  }
  if (error instanceof InputUncertain) {
    return 'berthd went away while input was passed on; nobody knows how much of it arrived, so the rest was not sent';
  }
  if (error instanceof OutputMissed)
    return 'some of the output was lost: berthd had been away, and went on without this client';
  if (error instanceof InvalidAddress) return `${error.message}; it comes from --address or BERTH_ADDRESS`;
  if (error instanceof ProtocolViolation || error instanceof InvalidReply) {
    return `what answers is not berthd, or another version of it: ${error.message}; check --address and BERTH_ADDRESS`;
  }
  if (error instanceof OutputFailed) return `the output cannot be written: ${error.message}`;
  if (error instanceof Error) return `this should not happen, and is a fault of berth: ${error.stack ?? error.message}`;
  return `this should not happen, and is a fault of berth: ${String(error)}`;
}

function sentenceForUnreachable({ address, cause }: CannotConnect): string {
  const where = address.replace(/^unix:(?=\/)/u, '');
  const code = cause instanceof Error && 'code' in cause ? cause.code : undefined;
  switch (code) {
    case 'EACCES':
    case 'EPERM':
      return `you may not talk to berthd at ${where}; use sudo, or join the group 'berth' ('usermod -aG berth USER') and log in again`;
    case 'ENOENT':
      return `berthd cannot be reached at ${where}: there is no such socket; start it with 'systemctl start berthd.socket'`;
    case 'ECONNREFUSED':
      return `berthd cannot be reached at ${where}: nobody listens there; start it with 'systemctl start berthd.socket'`;
    default:
      return `berthd cannot be reached at ${where}: ${cause instanceof Error ? cause.message : String(cause)}`;
  }
}
