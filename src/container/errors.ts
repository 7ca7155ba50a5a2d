import { Refusal } from '../lib/refusal.ts';
import type { SessionState } from './state.ts';
import type { Operation, State } from './state.ts';

/** Every way a request can be refused or fail, with the facts a client needs to act on it. */
export interface Refusals {
  NoSuchContainer: { container: string };
  AmbiguousContainer: { container: string; candidates: string[] };
  ContainerExists: { name: string };
  /** `parameter` as the client wrote it: `name`, `configuration.name`. */
  InvalidName: { name: string; parameter: string };
  /** `parameter` as the client wrote it, `configuration.stopSignal`. */
  InvalidParameter: { parameter: string };
  /** `operation` may also be one that only looks. */
  WrongState: {
    container: string;
    state: State;
    operation: Operation | 'stats' | 'top' | 'exec' | 'attach' | 'resize' | 'copy';
  };
  AlreadyStopped: { container: string };
  /** Somebody else has taken the image of a container out of the store. */
  NoSuchImage: { image: string };
  NoSuchRuntime: { runtime: string };
  /** Of the container. */
  NoSuchPath: { container: string; path: string };
  NotADirectory: { container: string; path: string };
  ReadOnlyPath: { container: string; path: string };
  CopyFailed: { container: string; path: string; reason: string };
  NoSuchUser: { user: string };
  NoCommand: { image: string };
  NoSuchSource: { source: string };
  NoSuchVolume: { volume: string };
  NoSuchNamespace: { namespace: string };
  LimitExceeded: { parameter: string; limit: number; value: number; unit: LimitUnit };
  InvalidFile: { path: string; reason: string };
  HasDependents: { container: string; dependents: string[] };
  NoController: { parameter: string; controller: string; reason: string };
  InvalidProperty: { property: string; reason: string };
  CommandNotFound: { container: string; message: string };
  CommandNotExecutable: { container: string; message: string };
  RuntimeFailed: { container: string; runtime: string; message: string };
  UnitFailed: { unit: string; result: string };
  UnitExists: { unit: string };
  NoSuchExecSession: { session: string };
  WrongExecState: { session: string; state: SessionState; operation: string };
  ActiveExecSessions: { container: string; sessions: string[] };
  NoTerminal: { container: string };
  NotLogged: { container: string };
  /** `configuration` is the member that a container with an input has set. */
  NoStandardInput: { container: string; configuration: string };
}

export type LimitUnit = 'bytes' | 'entries';

/** A request that a container refuses, or that failed for a reason its author can act on. */
export class ContainerError<C extends keyof Refusals = keyof Refusals> extends Refusal<Refusals, C> {
  override readonly name = 'ContainerError';
}
