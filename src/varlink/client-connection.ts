import type { Duplex } from 'node:stream';
import type { CallMode, ReplyMessage } from './message.ts';
import type { CallOptions, Caller, JsonObject, Upgraded } from './types.ts';
import type { TransportLimits } from './transport.ts';
import { MESSAGE_LIMITS, encodeMessage } from './framing.ts';
import { ConnectionClosed, ProtocolViolation, VarlinkError } from './errors.ts';
import { Transport, connectionClosed } from './transport.ts';
import { callMessage, isEmpty, readReply } from './message.ts';

/**
 * One connection of a client. Calls are pipelined: each is written at once, and the service answers them one after the
 * other, so a call that takes long holds up those made after it. `Client` gives each call a connection of its own.
 *
 * Varlink cannot take a call back. A call whose signal aborts rejects at once and its reply is dropped when it comes; the
 * service works on it until the connection is closed.
 */
export const CLIENT_LIMITS: TransportLimits = {
  ...MESSAGE_LIMITS,
  readAheadBytes: 64 * 1024,
  stallMs: 30_000,
  messageMs: 30_000,
};

/** A call that was written, until its last reply. While nobody takes a reply, no more than the look ahead is read. */
interface Pending {
  readonly mode: CallMode;
  taker: PromiseWithResolvers<ReplyMessage> | undefined;
  /** Nobody waits any more; what comes is dropped. */
  abandoned: boolean;
}

export class ClientConnection implements Caller, AsyncDisposable {
  readonly #transport: Transport;
  readonly #gone = Promise.withResolvers<void>();
  /** In the order of their replies. */
  readonly #pending = new Set<Pending>();
  /** Why nothing more will come, once all that came is taken. */
  #ending: Error | undefined;
  #failure: Error | undefined;
  #upgraded = false;

  constructor(stream: Duplex, limits: TransportLimits = CLIENT_LIMITS) {
    this.#transport = new Transport(stream, limits, {
      readable: () => this.#takeReplies(),
      ended: () => this.#end(new ConnectionClosed('the service closed the connection')),
      closed: (reason) => {
        this.#end(connectionClosed(reason));
        this.#gone.resolve();
      },
    });
  }

  /** Whether another call can be made, as far as is known here. */
  get open(): boolean {
    return this.#ending === undefined && this.#failure === undefined;
  }

  /** Whether it is open, and no call on it waits for a reply, not even one that was given up. */
  get idle(): boolean {
    return this.open && this.#pending.size === 0;
  }

  /** Resolves when the connection is closed, by whichever side, or is varlink no more. */
  get gone(): Promise<void> {
    return this.#gone.promise;
  }

  async call(method: string, parameters: JsonObject, options?: CallOptions): Promise<JsonObject> {
    return parametersOf(await this.#reply(this.#send(method, parameters, 'plain', options), options));
  }

  async callOneway(method: string, parameters: JsonObject): Promise<void> {
    this.#write(method, parameters, 'oneway');
    this.#transport.flush();
    await this.#transport.drained();
  }

  /**
   * Written when the first reply is asked for. A final reply without any parameters only ends the stream: it is how an empty
   * one is answered. Leaving the loop early closes the connection, as does the signal.
   */
  async *callMore(
    method: string,
    parameters: JsonObject,
    options?: CallOptions,
  ): AsyncGenerator<JsonObject, void, void> {
    const pending = this.#send(method, parameters, 'more', options);
    try {
      while (this.#pending.has(pending)) {
        const reply = await this.#reply(pending, options);
        const value = parametersOf(reply);
        if (reply.continues || !isEmpty(value)) yield value;
      }
    } finally {
      if (this.#pending.has(pending)) this.#transport.destroy();
    }
  }

  /** Nothing else can be called on this connection after it, unless the service refuses. */
  async upgrade(method: string, parameters: JsonObject, options?: CallOptions): Promise<Upgraded<JsonObject>> {
    const pending = this.#send(method, parameters, 'upgrade', options);
    try {
      const reply = parametersOf(await this.#reply(pending, options));
      this.#upgraded = true;
      this.#fail(new ConnectionClosed('the connection was upgraded'));
      this.#gone.resolve();
      return { reply, stream: await this.#transport.release() };
    } finally {
      if (pending.abandoned) this.#transport.destroy();
    }
  }

  /** What was called and is not answered rejects. A stream that was upgraded is its owner's to close. */
  async close(): Promise<void> {
    if (this.#upgraded) return;
    const isUnanswered = this.#pending.size > 0;
    this.#fail(new ConnectionClosed('the connection was closed on this side'));
    // In one step: a service that looks between the end of what it is sent and the end of the line takes it for `nc -N`, and works on.
    if (isUnanswered) this.#transport.destroy();
    await this.#gone.promise;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  #send(method: string, parameters: JsonObject, mode: CallMode, options: CallOptions | undefined): Pending {
    options?.signal?.throwIfAborted();
    this.#write(method, parameters, mode);
    const pending: Pending = { mode, taker: undefined, abandoned: false };
    this.#pending.add(pending);
    return pending;
  }

  #write(method: string, parameters: JsonObject, mode: CallMode): void {
    const closed = this.#failure ?? this.#ending;
    if (closed !== undefined) throw closed;
    for (const { mode } of this.#pending) {
      if (mode === 'upgrade') throw new ConnectionClosed('the connection is being upgraded');
    }
    this.#transport.send(encodeMessage(callMessage(method, parameters, mode)));
  }

  async #reply(pending: Pending, options: CallOptions | undefined): Promise<ReplyMessage> {
    if (this.#failure !== undefined) throw this.#failure;
    const signal = options?.signal;
    signal?.throwIfAborted();
    const taker = Promise.withResolvers<ReplyMessage>();
    const abandon = (): void => {
      pending.taker = undefined;
      pending.abandoned = true;
      taker.reject(signal?.reason);
    };
    pending.taker = taker;
    signal?.addEventListener('abort', abandon);
    this.#takeReplies();
    try {
      return await taker.promise;
    } finally {
      signal?.removeEventListener('abort', abandon);
    }
  }

  /** Gives replies to those who wait for them, as far as both are there. */
  #takeReplies(): void {
    for (const pending of this.#pending) {
      while (this.#pending.has(pending)) {
        const { taker } = pending;
        if (taker === undefined && !pending.abandoned) return;
        const reply = this.#receive(pending);
        if (reply === undefined) return;
        if (!reply.continues) this.#pending.delete(pending);
        pending.taker = undefined;
        taker?.resolve(reply);
        // What follows belongs to the other protocol, and stays where it is until the stream is given away.
        if (pending.mode === 'upgrade' && reply.error === undefined) return;
      }
    }
    if (this.#failure === undefined) this.#receiveNothing();
  }

  #receive({ mode }: Pending): ReplyMessage | undefined {
    try {
      const message = this.#transport.receive();
      if (message === undefined) {
        if (this.#ending !== undefined) this.#fail(this.#ending);
        return undefined;
      }
      const reply = readReply(message);
      if (reply.continues && mode !== 'more') throw new ProtocolViolation('more replies than were asked for');
      return reply;
    } catch (error) {
      this.#violated(error);
      return undefined;
    }
  }

  /** Keeps an eye on a connection that is not in use, so that its end is noticed. */
  #receiveNothing(): void {
    try {
      if (this.#transport.receive() !== undefined) throw new ProtocolViolation('a reply that nobody asked for');
      if (this.#ending !== undefined) this.#fail(this.#ending);
    } catch (error) {
      this.#violated(error);
    }
  }

  #violated(error: unknown): void {
    if (!(error instanceof ProtocolViolation)) throw error;
    this.#fail(error);
    this.#transport.destroy(error);
  }

  #end(reason: Error): void {
    this.#ending ??= reason;
    this.#takeReplies();
  }

  #fail(error: Error): void {
    this.#failure ??= error;
    for (const pending of this.#pending) pending.taker?.reject(this.#failure);
    this.#pending.clear();
    if (!this.#upgraded) this.#transport.end();
  }
}

/** @throws VarlinkError */
function parametersOf({ error, parameters }: ReplyMessage): JsonObject {
  if (error !== undefined) throw new VarlinkError(error, parameters);
  return parameters;
}
