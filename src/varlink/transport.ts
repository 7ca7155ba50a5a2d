import type { Duplex } from 'node:stream';
import type { JsonObject } from './types.ts';
import type { MessageLimits } from './framing.ts';
import { Duplex as NodeDuplex, Readable } from 'node:stream';
import { MessageReader, decodeMessage } from './framing.ts';
import { ConnectionClosed, ProtocolViolation } from './errors.ts';

/**
 * Messages over a stream, in both roles: reads on demand with a bounded look ahead, gathers what is sent within one turn of
 * the event loop into one write, tells when the peer does not keep up, and gives the stream away for an upgrade.
 *
 * The look ahead is what makes a peer's hang-up visible while a call is served; it stays within `readAheadBytes` and the
 * 64 KiB that Node reads at a time.
 */
export interface TransportLimits extends MessageLimits {
  /** How much may wait to be looked at while the peer's last message is worked on. */
  readonly readAheadBytes: number;
  /** How long a peer may leave output unread before it is dropped. */
  readonly stallMs: number;
  /** How long a message may take to arrive, from its first byte. */
  readonly messageMs: number;
}

export interface TransportEvents {
  /** Bytes came after `receive` found no whole message. */
  readonly readable: () => void;
  /** The peer sends nothing more; it may still read. */
  readonly ended: () => void;
  /** The stream is gone; with the reason, if there is one. Comes once, and not after `release`. */
  readonly closed: (reason: Error | undefined) => void;
}

/** What is gathered is written at this size at the latest. */
const FLUSH_LENGTH = 64 * 1024;

export class Transport {
  readonly #stream: Duplex;
  readonly #limits: TransportLimits;
  readonly #events: TransportEvents;
  readonly #reader: MessageReader;
  #wanted = true;
  #ended = false;
  #failure: Error | undefined;
  #out = '';
  #drain: PromiseWithResolvers<void> | undefined;
  #stallTimer: NodeJS.Timeout | undefined;
  #messageTimer: NodeJS.Timeout | undefined;

  constructor(stream: Duplex, limits: TransportLimits, events: TransportEvents) {
    this.#stream = stream;
    this.#limits = limits;
    this.#events = events;
    this.#reader = new MessageReader(limits.maxMessageBytes);
    stream.on('data', this.#onData).on('end', this.#onEnd).on('drain', this.#onDrain);
    stream.on('error', this.#onError).on('close', this.#onClose);
  }

  /** The peer has ended its side. */
  get ended(): boolean {
    return this.#ended;
  }

  /** The peer has not taken what it was sent; wait for `drained` before making more. */
  get congested(): boolean {
    return this.#drain !== undefined;
  }

  /**
   * The next message. After it, no more than the look ahead is read until `receive` is asked again.
   * @throws ProtocolViolation when the peer broke a limit or sent no message; the stream is of no use then
   */
  receive(): JsonObject | undefined {
    const message = this.#reader.next();
    this.#wanted = message === undefined;
    if (message !== undefined) {
      clearTimeout(this.#messageTimer);
      this.#messageTimer = undefined;
      return decodeMessage(message, this.#limits.maxDepth);
    }
    if (this.#stream.isPaused()) this.#stream.resume();
    if (this.#reader.buffered > 0) this.#messageTimer ??= this.#timer(this.#limits.messageMs, 'message never ended');
    return undefined;
  }

  /** Puts an encoded message in line; it leaves at the end of this turn, or when enough is gathered. */
  send(text: string): void {
    if (this.#out === '') process.nextTick(this.flush);
    this.#out += text;
    if (this.#out.length >= FLUSH_LENGTH) this.flush();
  }

  /** Writes what is in line now. */
  readonly flush = (): void => {
    const text = this.#out;
    this.#out = '';
    if (text === '' || !this.#stream.writable || this.#stream.write(text)) return;
    this.#drain ??= Promise.withResolvers();
    this.#armStall();
  };

  /** Resolves when the peer has taken enough of what was sent, at once if it has; or when the stream is gone. */
  async drained(): Promise<void> {
    await this.#drain?.promise;
  }

  /** Whether the peer, which has ended its side, is gone altogether. `closed` follows if it is. */
  probe(): void {
    // An empty write fails with EPIPE on a unix socket whose peer has closed it, and does nothing where it only shut its
    // sending side: the one way to tell the two apart without poll(2). Over TCP nothing tells.
    if (this.#stream.writable) this.#stream.write('');
  }

  /**
   * Writes what is in line and gives the stream away, at rest, with everything that was read too early put back: it begins to
   * flow when a 'data' listener is added, and stays paused when it is paused. Errors of the stream stay handled, so that an
   * owner that ignores them does not end the process.
   */
  async release(): Promise<Duplex> {
    this.flush();
    const stream = this.#stream;
    stream.off('data', this.#onData).off('end', this.#onEnd).off('drain', this.#onDrain).off('close', this.#onClose);
    stream.pause();
    this.#settle();
    const early = this.#reader.rest();
    if (this.#ended) return NodeDuplex.from({ readable: Readable.from([early]), writable: stream });
    if (early.length > 0) stream.unshift(early);
    // A stream that was paused stays paused when a 'data' listener is added; one that had a 'readable' listener does not. What
    // comes of that comes with the next tick, and would undo a pause that came before it.
    stream.on('readable', nothing).off('readable', nothing);
    await new Promise<void>((resolve) => {
      process.nextTick(resolve);
    });
    return stream;
  }

  /** Writes what is in line, then closes. */
  end(): void {
    this.flush();
    const stream = this.#stream;
    stream.end(() => stream.destroy());
    if (!stream.writableFinished) this.#armStall();
  }

  /** Closes at once; what the peer has not taken is lost. */
  destroy(reason?: Error): void {
    this.#failure ??= reason;
    this.#stream.destroy();
  }

  readonly #onData = (chunk: Buffer): void => {
    const wanted = this.#wanted;
    this.#wanted = false;
    this.#reader.push(chunk);
    if (wanted) this.#events.readable();
    if (!this.#wanted && this.#reader.buffered >= this.#limits.readAheadBytes) this.#stream.pause();
  };

  readonly #onEnd = (): void => {
    this.#ended = true;
    this.#events.ended();
  };

  readonly #onError = (error: Error): void => {
    this.#failure ??= error;
  };

  readonly #onClose = (): void => {
    this.#settle();
    this.#events.closed(this.#failure);
  };

  /** In the event loop's next turn, so that a producer that never waits for anything cannot keep others from theirs. */
  readonly #onDrain = (): void => {
    setImmediate(this.#settleDrain);
  };

  readonly #settleDrain = (): void => {
    if (this.#stream.writableNeedDrain && !this.#stream.destroyed) return;
    clearTimeout(this.#stallTimer);
    this.#stallTimer = undefined;
    this.#drain?.resolve();
    this.#drain = undefined;
  };

  #armStall(): void {
    this.#stallTimer ??= this.#timer(this.#limits.stallMs, 'output left unread');
  }

  #settle(): void {
    clearTimeout(this.#messageTimer);
    clearTimeout(this.#stallTimer);
    this.#messageTimer = undefined;
    this.#stallTimer = undefined;
    this.#drain?.resolve();
    this.#drain = undefined;
  }

  #timer(afterMs: number, what: string): NodeJS.Timeout {
    return setTimeout(() => this.destroy(new ProtocolViolation(`${what} for ${afterMs} ms`)), afterMs).unref();
  }
}

/** Why a call got no answer, from why its connection went. */
export const connectionClosed = (reason: Error | undefined): Error =>
  reason instanceof ProtocolViolation
    ? reason
    : new ConnectionClosed(
        reason === undefined ? 'the connection closed' : `the connection closed: ${reason.message}`,
        reason === undefined ? undefined : { cause: reason },
      );

function nothing(): void {
  // Only its being registered matters.
}
