import type { SessionState } from './state.ts';
import type { Operation, State } from './state.ts';

/** Every way a request can be refused or fail, with the facts a client needs to act on it. */
export interface Refusals {
  NoSuchContainer: { container: string };
  AmbiguousContainer: { container: string; candidates: string[] };
  ContainerExists: { name: string };
  InvalidName: { name: string };
  /** `parameter` as the client wrote it, `configuration.stopSignal`. */
  InvalidParameter: { parameter: string };
  /** `operation` may also be one that only looks. */
  WrongState: {
    container: string;
    state: State;
    operation: Operation | 'stats' | 'top' | 'exec' | 'attach' | 'resize';
  };
  AlreadyStopped: { container: string };
  NoSuchImage: { image: string };
  AmbiguousImage: { image: string };
  ImageInUse: { image: string; containers: string[] };
  NoSuchRuntime: { runtime: string };
  NoSuchUser: { user: string };
  NoCommand: { image: string };
  NoSuchSource: { source: string };
  NoSuchNamespace: { namespace: string };
  InvalidFile: { path: string; reason: string };
  HasDependents: { container: string; dependents: string[] };
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
  /** `configuration` is the member that a container with an input has set. */
  NoStandardInput: { container: string; configuration: string };
}

/** A request that was refused, or failed for a reason its author can act on. Anything else that is thrown is a bug. */
export class ContainerError<C extends keyof Refusals = keyof Refusals> extends Error {
  override readonly name = 'ContainerError';
  readonly code: C;
  readonly facts: Refusals[C];
  constructor(code: C, facts: Refusals[C], options?: ErrorOptions) {
    super(`${code} ${JSON.stringify(facts)}`, options);
    this.code = code;
    this.facts = facts;
  }
}
