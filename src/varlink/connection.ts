import type { Duplex } from 'node:stream';
import type { JsonObject, Upgrade } from './types.ts';
import type { CallMessage } from './message.ts';
import type { ServedMethod, Service } from './service.ts';
import type { TransportLimits } from './transport.ts';
import { ProtocolViolation, VarlinkError, expectedMore, expectedUpgrade, invalidParameter } from './errors.ts';
import { ServedCall } from './served-call.ts';
import { Transport } from './transport.ts';
import { encodeReadable } from './framing.ts';
import { errorMessage, readCall, replyMessage } from './message.ts';
import { isLive, isStream, pump } from './stream.ts';

/**
 * One client of a server. Calls are served strictly one after the other, in the order they came (UAPI.20 "Pipelining");
 * the next one is looked at when the last is answered and the client takes what it was sent.
 *
 * A client that closes the connection ends the call behind it: its signal aborts, its stream is returned. One that only
 * shuts its sending side, as `printf … | nc -N -U …` does, still gets the answers to what it sent, streams too; over
 * TCP, where the two look the same, it counts as gone if it asked for a stream.
 */
export type State = 'idle' | 'serving' | 'blocked' | 'upgraded' | 'closed';
type Step = 'called' | 'answered' | 'congested' | 'drained' | 'gaveAway' | 'closed';

/** The whole life of a connection. A step that is not here does not happen: an answer to a client that has gone is dropped. */
const NEXT: Readonly<Record<State, Readonly<Partial<Record<Step, State>>>>> = {
  idle: { called: 'serving', congested: 'blocked', closed: 'closed' },
  serving: { answered: 'idle', gaveAway: 'upgraded', closed: 'closed' },
  blocked: { drained: 'idle', closed: 'closed' },
  upgraded: { closed: 'closed' },
  closed: {},
};

export interface ConnectionOwner {
  readonly service: Service;
  readonly limits: TransportLimits;
  /** The answer to a call whose handler failed with something other than a VarlinkError. */
  readonly internalError: (error: unknown) => VarlinkError;
  /** Told of what went wrong on this side of the wire, with the method it went wrong in. */
  readonly onError: (error: unknown, method: string) => void;
}

export class ServerConnection {
  readonly #owner: ConnectionOwner;
  readonly #stream: Duplex;
  readonly #transport: Transport;
  readonly #done = Promise.withResolvers<void>();
  #state: State = 'idle';
  #current: ServedCall | undefined;
  #streamClosed = false;

  constructor(stream: Duplex, owner: ConnectionOwner) {
    this.#owner = owner;
    this.#stream = stream;
    this.#transport = new Transport(stream, owner.limits, {
      readable: () => this.#serveQueued(),
      ended: () => this.#peerEnded(),
      closed: () => this.#closed(),
    });
  }

  /** Resolves when the connection is closed and the last call on it has come to an end. */
  get done(): Promise<void> {
    return this.#done.promise;
  }

  /** Ends the call that is served, and closes once what was answered is written. */
  close(): void {
    const wasUpgraded = this.#state === 'upgraded';
    if (!this.#move('closed')) return;
    if (wasUpgraded) this.#endUpgraded(this.#stream);
    else this.#transport.end();
    this.#current?.hangUp();
  }

  #move(step: Step): boolean {
    const next = NEXT[this.#state][step];
    if (next === undefined) return false;
    this.#state = next;
    return true;
  }

  #serveQueued(): void {
    while (this.#state === 'idle') {
      if (this.#transport.congested) {
        this.#move('congested');
        void this.#transport.drained().then(() => this.#move('drained') && this.#serveQueued());
        return;
      }
      const call = this.#nextCall();
      if (call === undefined) return;
      this.#move('called');
      this.#serve(call);
    }
  }

  #nextCall(): CallMessage | undefined {
    try {
      const message = this.#transport.receive();
      if (message !== undefined) return readCall(message);
      if (this.#transport.ended) this.#transport.end();
    } catch (violation) {
      // UAPI.20 "Connection Lifecycle": what is no call is answered by closing, after the answers that came before.
      if (!(violation instanceof ProtocolViolation)) throw violation;
      this.close();
    }
    return undefined;
  }

  #serve(message: CallMessage): void {
    const call = new ServedCall(message, this.#stream);
    this.#current = call;
    try {
      const method = this.#owner.service.method(message.method);
      const parameters = accept(method, message);
      this.#conclude(method, call, method.handler(parameters, call));
    } catch (error) {
      this.#refuse(call, error);
    }
  }

  /** Answers with what a handler gave. At once if that is there, so that pipelined calls cost no turn of the event loop. */
  #conclude(method: ServedMethod, call: ServedCall, given: unknown): void {
    if (given instanceof Promise) {
      this.#later(call, given, (value) => this.#conclude(method, call, value));
    } else if (isStream(given)) {
      this.#later(call, this.#pump(method, call, given), () => this.#finish(call));
    } else if (call.upgrade && method.flags.upgrade !== 'no') {
      this.#upgrade(method, call, given);
    } else {
      this.#reply(method, call, given, false);
    }
  }

  #later(call: ServedCall, given: Promise<unknown>, conclude: (value: unknown) => void): void {
    const succeeded = (value: unknown): void => {
      try {
        conclude(value);
      } catch (error) {
        this.#refuse(call, error);
      }
      this.#serveQueued();
    };
    const failed = (error: unknown): void => {
      this.#refuse(call, error);
      this.#serveQueued();
    };
    void given.then(succeeded, failed);
  }

  #reply(method: ServedMethod, call: ServedCall, reply: unknown, continues: boolean): void {
    const text = encodeReply(method, reply, continues);
    const wanted = continues ? this.#state === 'serving' : this.#finish(call);
    if (wanted && !call.oneway) this.#transport.send(text);
  }

  #refuse(call: ServedCall, error: unknown): void {
    const known = error instanceof VarlinkError;
    if (!known && !(call.gone && isAbort(error))) this.#owner.onError(error, call.method);
    if (!this.#finish(call) || call.oneway) return;
    const answer = known ? error : this.#owner.internalError(error);
    this.#transport.send(encodeReadable(errorMessage(answer.error, answer.parameters)));
  }

  /** Whether somebody still waits for the end of this call. */
  #finish(call: ServedCall): boolean {
    if (this.#current !== call) return false;
    this.#current = undefined;
    if (this.#streamClosed) this.#done.resolve();
    return this.#move('answered');
  }

  async #pump(method: ServedMethod, call: ServedCall, replies: AsyncIterable<unknown>): Promise<void> {
    const iterator = replies[Symbol.asyncIterator]();
    const transport = this.#transport;
    call.onHangUp(() => {
      iterator.return?.().catch((error: unknown) => this.#owner.onError(error, call.method));
    });
    await pump(iterator, isLive(replies), {
      more: call.more,
      get gone() {
        return call.gone;
      },
      send: (reply, continues) => {
        this.#reply(method, call, reply, continues);
        return transport.congested ? transport.drained() : undefined;
      },
    });
  }

  #upgrade(method: ServedMethod, call: ServedCall, given: unknown): void {
    if (!isUpgrade(given)) throw new Error(`${method.name} was called with the upgrade flag and did not upgrade`);
    const text = encodeReply(method, given.reply, false);
    if (!this.#move('gaveAway')) {
      this.#finish(call);
      return;
    }
    this.#transport.send(text);
    const released = this.#transport.release();
    this.#stream.once('close', () => this.#closed()).once('end', () => this.#transport.probe());
    if (this.#transport.ended) this.#transport.probe();
    const serve = async (): Promise<void> => {
      const stream = await released;
      await given.serve(stream);
      await this.#partFrom(stream);
    };
    serve()
      .catch(async (error: unknown) => {
        if (!isHangUp(error, this.#stream)) this.#owner.onError(error, call.method);
        (await released).destroy();
      })
      .finally(() => this.#finish(call));
  }

  /**
   * Ends this side, and closes once the peer has ended its own, if it does so in time. What it still sends is nobody's, but it is
   * read: a peer whose bytes are left unread is reset while it writes, and may never see our last word.
   */
  async #partFrom(stream: Duplex): Promise<void> {
    const written = Promise.withResolvers<void>();
    const timer = setTimeout(() => stream.destroy(), this.#owner.limits.stallMs).unref();
    stream.once('close', () => {
      clearTimeout(timer);
      written.resolve();
    });
    stream.end(() => written.resolve());
    for await (const _ of stream.iterator({ destroyOnReturn: false })) void _;
    await written.promise;
    stream.destroy();
  }

  /** Closes once the peer has taken what was written, if it does so in time. */
  #endUpgraded(stream: Duplex): void {
    const timer = setTimeout(() => stream.destroy(), this.#owner.limits.stallMs).unref();
    stream.once('close', () => clearTimeout(timer)).end(() => stream.destroy());
  }

  #peerEnded(): void {
    if (this.#state === 'idle') this.#serveQueued();
    else if (this.#current?.more === true && isTcp(this.#stream)) this.close();
    else this.#transport.probe();
  }

  #closed(): void {
    this.#streamClosed = true;
    this.#move('closed');
    if (this.#current === undefined) this.#done.resolve();
    else this.#current.hangUp();
  }
}

/** The parameters, if the method takes this call. @throws VarlinkError */
function accept({ flags, input }: ServedMethod, { mode, parameters }: CallMessage): JsonObject {
  if (flags.more === 'requires' && mode !== 'more') throw expectedMore();
  if (flags.upgrade === 'requires' && mode !== 'upgrade') throw expectedUpgrade();
  const checked = input(parameters);
  if (!checked.ok) throw invalidParameter(checked.parameter);
  return checked.value;
}

/** @throws Error when the interface does not have such a reply, TypeError when JSON has no form for it */
function encodeReply({ name, output }: ServedMethod, reply: unknown, continues: boolean): string {
  const checked = output(reply);
  if (checked.ok) return encodeReadable(replyMessage(checked.value, continues));
  const { parameter, expected } = checked;
  throw new Error(`${name} replied what its interface does not have: '${parameter}' should be ${expected}`);
}

const isAbort = (error: unknown): boolean => error instanceof Error && error.name === 'AbortError';

/** Whether all that went wrong is that the peer is gone. */
const isHangUp = (error: unknown, stream: Duplex): boolean =>
  stream.destroyed &&
  (error === stream.errored ||
    isAbort(error) ||
    (error instanceof Error && 'code' in error && error.code === 'ERR_STREAM_PREMATURE_CLOSE'));

const isUpgrade = (value: unknown): value is Upgrade<unknown> =>
  typeof value === 'object' && value !== null && 'serve' in value && typeof value.serve === 'function';

const isTcp = (stream: Duplex): boolean => 'remoteFamily' in stream && stream.remoteFamily !== undefined;
