/**
 * Refusals as the wire names them. A new one does not compile until each interface has an answer for it; what is not in the
 * tables is a fault, is logged with a reference, and reaches the client as that reference only.
 */
import { randomUUID } from 'node:crypto';
import { ContainerError, type Refusals } from '../container/errors.ts';
import { ImageError, type ImageRefusals } from '../image/errors.ts';
import type { Logger } from '../log/logger.ts';
import { DescriptorUnavailable, type Unavailability } from '../lib/peer-descriptors.ts';
import type { Refusal } from '../lib/refusal.ts';
import { JournalReadFailed, JournalUnavailable } from '../journal/errors.ts';
import { NetavarkFailed } from '../netavark/errors.ts';
import { NetworkError, type NetworkRefusals } from '../network/errors.ts';
import { RuntimeError } from '../oci/errors.ts';
import * as storage from '../storage/errors.ts';
import { BusDisconnected, BusUnavailable, UnitJobFailed, UnitRefused } from '../systemd/errors.ts';
import { VolumeError, type VolumeRefusals } from '../volume/errors.ts';
import { VarlinkError } from '../varlink/errors.ts';
import type { JsonObject } from '../varlink/types.ts';

const INVALID_PARAMETER = 'org.varlink.service.InvalidParameter';

type Answers<Table> = { readonly [C in keyof Table]: (facts: Table[C]) => Told };
interface Told {
  /** Of an error of the interface that was called, or fully qualified. */
  readonly name: string;
  readonly parameters: JsonObject;
}
const same =
  (name: string) =>
  (facts: JsonObject): Told => ({ name, parameters: facts });
/** varlink's own error for it says no more than which parameter. */
const invalid = ({ parameter }: { readonly parameter: string }): Told => ({
  name: INVALID_PARAMETER,
  parameters: { parameter },
});

const CONTAINER_ANSWERS: Answers<Refusals> = {
  NoSuchContainer: same('NoSuchContainer'),
  AmbiguousContainer: same('AmbiguousContainer'),
  ContainerExists: same('ContainerExists'),
  InvalidName: invalid,
  InvalidParameter: invalid,
  WrongState: same('WrongState'),
  AlreadyStopped: same('AlreadyStopped'),
  LimitExceeded: same('LimitExceeded'),
  NoSuchImage: same('NoSuchImage'),
  NoSuchRuntime: same('NoSuchRuntime'),
  NoSuchPath: same('NoSuchPath'),
  NotADirectory: same('NotADirectory'),
  ReadOnlyPath: same('ReadOnlyPath'),
  CopyFailed: same('CopyFailed'),
  NoSuchUser: same('NoSuchUser'),
  NoCommand: same('NoCommand'),
  NoSuchSource: same('NoSuchSource'),
  NoSuchVolume: same('NoSuchVolume'),
  NoSuchNamespace: same('NoSuchNamespace'),
  InvalidFile: same('InvalidFile'),
  HasDependents: same('HasDependents'),
  NoController: same('NoController'),
  InvalidProperty: same('InvalidProperty'),
  CommandNotFound: same('CommandNotFound'),
  CommandNotExecutable: same('CommandNotExecutable'),
  RuntimeFailed: same('RuntimeFailed'),
  UnitFailed: same('UnitFailed'),
  UnitExists: same('UnitExists'),
  NoSuchExecSession: same('NoSuchExecSession'),
  WrongExecState: same('WrongExecState'),
  ActiveExecSessions: same('ActiveExecSessions'),
  NoTerminal: same('NoTerminal'),
  NotLogged: same('NotLogged'),
  NoStandardInput: same('NoStandardInput'),
};

const IMAGE_ANSWERS: Answers<ImageRefusals> = {
  NoSuchImage: same('NoSuchImage'),
  AmbiguousImage: same('AmbiguousImage'),
  InvalidParameter: invalid,
  ImageInUse: same('ImageInUse'),
  ImageReadOnly: same('ImageReadOnly'),
};

const NETWORK_ANSWERS: Answers<NetworkRefusals> = {
  NoSuchNetwork: same('NoSuchNetwork'),
  NetworkExists: same('NetworkExists'),
  NetworkInUse: same('NetworkInUse'),
  InvalidNetwork: same('InvalidNetwork'),
  SubnetInUse: same('SubnetInUse'),
  InterfaceInUse: same('InterfaceInUse'),
  NoFreeSubnet: same('NoFreeSubnet'),
  AddressInUse: same('AddressInUse'),
  NoFreeAddress: same('NoFreeAddress'),
  PortInUse: same('PortInUse'),
  AlreadyConnected: same('AlreadyConnected'),
  NotConnected: same('NotConnected'),
  InvalidParameter: invalid,
  NetworkingUnavailable: same('NetworkingUnavailable'),
  NetworkFailed: same('NetworkFailed'),
};

const VOLUME_ANSWERS: Answers<VolumeRefusals> = {
  NoSuchVolume: same('NoSuchVolume'),
  VolumeExists: same('VolumeExists'),
  VolumeInUse: same('VolumeInUse'),
  InvalidVolume: same('InvalidVolume'),
  NoSuchDriver: same('NoSuchDriver'),
  InvalidParameter: invalid,
};

const told = <Table, C extends keyof Table>(answers: Answers<Table>, { code, facts }: Refusal<Table, C>): Told =>
  answers[code](facts);

/** What a domain refuses; undefined for what none does. */
function refusalAnswer(error: Error): Told | undefined {
  if (error instanceof ContainerError) return told(CONTAINER_ANSWERS, error);
  if (error instanceof ImageError) return told(IMAGE_ANSWERS, error);
  if (error instanceof NetworkError) return told(NETWORK_ANSWERS, error);
  if (error instanceof VolumeError) return told(VOLUME_ANSWERS, error);
  return undefined;
}

/** Errors that a client can act on, each with what it is told: the domains', then the adapters'. */
const CANDIDATES: readonly ((error: Error) => Told | undefined)[] = [
  refusalAnswer,
  (error) =>
    error instanceof BusUnavailable || error instanceof BusDisconnected ? systemdUnavailable(error) : undefined,
  (error) =>
    error instanceof UnitJobFailed || error instanceof UnitRefused
      ? {
          name: 'UnitFailed',
          parameters: { unit: error.unit, result: 'result' in error ? error.result : error.message },
        }
      : undefined,
  (error) =>
    error instanceof JournalUnavailable || error instanceof JournalReadFailed
      ? {
          name: 'SystemFailed',
          parameters: { errnoName: 'EIO', message: `the journal cannot be used: ${error.message}` },
        }
      : undefined,
  (error) =>
    error instanceof RuntimeError
      ? { name: 'SystemFailed', parameters: { errnoName: 'EIO', message: `the OCI runtime failed: ${error.message}` } }
      : undefined,
  (error) =>
    error instanceof DescriptorUnavailable
      ? {
          name: 'DescriptorUnavailable',
          parameters: { descriptor: error.descriptor, reason: DESCRIPTOR_FAULTS[error.reason] },
        }
      : undefined,
  (error) =>
    error instanceof NetavarkFailed
      ? { name: 'SystemFailed', parameters: { errnoName: 'EIO', message: error.message } }
      : undefined,
  (error) => storageAnswer(error),
  (error) => errnoAnswer(error),
];

const DESCRIPTOR_FAULTS: Readonly<Record<Unavailability, string>> = {
  'not-open': 'not_open',
  'caller-gone': 'caller_gone',
  'caller-unknown': 'caller_unknown',
  'not-permitted': 'not_permitted',
};

const PULL_REASONS: Readonly<Record<storage.PullFailure, string>> = {
  'not-found': 'not_found',
  unauthorized: 'unauthorized',
  unreachable: 'unreachable',
  other: 'other',
};

function storageAnswer(error: Error): Told | undefined {
  if (error instanceof storage.SaveFailed)
    return { name: 'SaveFailed', parameters: { path: error.path, reason: error.message } };
  if (error instanceof storage.LoadFailed)
    return { name: 'LoadFailed', parameters: { path: error.path, reason: error.message } };
  if (error instanceof storage.PullFailed) {
    const { reference, reason, message } = error;
    return { name: 'PullFailed', parameters: { image: reference, reason: PULL_REASONS[reason], message } };
  }
  if (error instanceof storage.TreeFailed)
    return { name: 'SystemFailed', parameters: { errnoName: error.errnoName, message: error.message } };
  if (error instanceof storage.ChangeFailed || error instanceof storage.StorageCorrupt) {
    return {
      name: 'SystemFailed',
      parameters: { errnoName: 'EIO', message: `the image store failed: ${error.message}` },
    };
  }
  return undefined;
}

const systemdUnavailable = ({ message }: Error): Told => ({
  name: 'SystemdUnavailable',
  parameters: { reason: message },
});

/** What the kernel refused, by the name of its error; a full disk reaches us from SQLite too. */
function errnoAnswer(error: Error): Told | undefined {
  if (!('code' in error) || typeof error.code !== 'string') return undefined;
  const errnoName = error.code === 'SQLITE_FULL' ? 'ENOSPC' : error.code;
  if (!/^E[A-Z0-9]+$/.test(errnoName) || !('syscall' in error || error.code === 'SQLITE_FULL')) return undefined;
  return { name: 'SystemFailed', parameters: { errnoName, message: error.message } };
}

/** What the client is told of `error`, which came out of a call of `interfaceName`; undefined for a fault. */
export function answerFor(interfaceName: string, error: unknown): VarlinkError | undefined {
  if (error instanceof VarlinkError) return error;
  if (!(error instanceof Error)) return undefined;
  const answer = firstOf(CANDIDATES, error);
  if (answer === undefined) return undefined;
  const name = answer.name.includes('.') ? answer.name : `${interfaceOf(interfaceName, error)}.${answer.name}`;
  return new VarlinkError(name, answer.parameters, { cause: error });
}

/** What is done with containers through the interface of networks or volumes is refused in the words of that of containers. */
const interfaceOf = (called: string, error: Error): string =>
  ['io.berth.Network', 'io.berth.Volume'].includes(called) && error instanceof ContainerError
    ? 'io.berth.Container'
    : called;

function firstOf<T>(candidates: readonly ((error: Error) => T | undefined)[], error: Error): T | undefined {
  for (const candidate of candidates) {
    const answer = candidate(error);
    if (answer !== undefined) return answer;
  }
  return undefined;
}

/**
 * What a server does with a fault: it is logged, whole and with the call it came out of, under a reference; the client is
 * given that reference and nothing else.
 */
export function internalError(log: Logger): {
  onError: (error: unknown, method: string) => void;
  internalError: (error: unknown) => VarlinkError;
} {
  const references = new WeakMap<object, string>();
  const referenceOf = (error: unknown): string => {
    const known = typeof error === 'object' && error !== null ? references.get(error) : undefined;
    const reference = known ?? randomUUID();
    if (typeof error === 'object' && error !== null) references.set(error, reference);
    return reference;
  };
  return {
    onError: (error, method) => {
      log.error('A call failed through a fault of berthd', { method, reference: referenceOf(error), error });
    },
    internalError: (error) => new VarlinkError('io.berth.System.InternalError', { reference: referenceOf(error) }),
  };
}
