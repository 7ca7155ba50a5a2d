import type { Duplex } from 'node:stream';
import type { Interface } from './idl/ast.ts';

/**
 * What the parts of the library, and the code that is generated from interface files, agree on. Types only.
 * A value on the wire is JSON; an absent member, one that is `undefined` and one that is null mean the same in varlink.
 */
export type Json = null | boolean | number | string | readonly Json[] | JsonObject;

export interface JsonObject {
  readonly [member: string]: Json | undefined;
}

/** What a handler knows of the call it answers, besides its parameters. */
export interface Call {
  /** Fully qualified, such as `io.berth.Container.Start`. */
  readonly method: string;
  /** The caller takes any number of replies. */
  readonly more: boolean;
  /** The caller wants the connection for another protocol after the reply. */
  readonly upgrade: boolean;
  /** The caller takes no reply at all. */
  readonly oneway: boolean;
  /** Aborted when the peer goes; nobody reads the reply then. */
  readonly signal: AbortSignal;
  /**
   * The descriptor of the socket that the call came over, by which getsockopt(2) tells who is at its other end. To be looked up
   * when it is used: once the connection has closed, another may have the number, and this is undefined, as it is where
   * there never was a socket, on standard streams.
   */
  readonly socket: number | undefined;
}

/** The answer of a method that gives its connection away. */
export interface Upgrade<T> {
  readonly reply: T;
  /** Called once the reply is written; owns the stream from then on. */
  readonly serve: (stream: Duplex) => Promise<void>;
}

/**
 * An interface as a server offers it. `Handlers` is what the server needs to serve it; the type alone carries it, so that
 * `serve(definition, handlers)` can demand the pair that belongs together.
 */
export interface InterfaceDefinition<Handlers extends object = object> {
  readonly name: string;
  /** The interface file, byte for byte; the source of truth for checks and introspection. */
  readonly text: string;
  /** What the text says, comments left out: a client that has it need not parse that, which takes longer than most calls. */
  readonly tree?: () => Interface;
  /** Never set. */
  readonly handlers?: Handlers;
}

export interface CallOptions {
  readonly signal?: AbortSignal | undefined;
}

/** What a client gets from an upgraded call: the reply, then the connection. */
export interface Upgraded<T> {
  readonly reply: T;
  readonly stream: Duplex;
}

/** What generated clients need of a connection. Method names are fully qualified. */
export interface Caller {
  call(method: string, parameters: JsonObject, options?: CallOptions): Promise<JsonObject>;
  /** Leaving the loop early hangs up, which is how varlink cancels. */
  callMore(method: string, parameters: JsonObject, options?: CallOptions): AsyncIterable<JsonObject>;
  /** Resolves when the call is written. */
  callOneway(method: string, parameters: JsonObject): Promise<void>;
  upgrade(method: string, parameters: JsonObject, options?: CallOptions): Promise<Upgraded<JsonObject>>;
}
