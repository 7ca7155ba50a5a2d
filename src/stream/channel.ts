/**
 * One client of an upgraded connection: what it types goes one way, what the process says the other, framed or raw. It knows
 * nothing of processes; whoever has one gives it `events` and calls `write`.
 *
 * Nothing is read faster than it is taken: `input` may answer a promise. What is written and not taken yet is counted in
 * `pending`; keeping that bounded is the caller's.
 */
import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import {
  encodeControl,
  parseClientControl,
  type ServerControl,
  type SessionExit,
  type TerminalSize,
} from './control.ts';
import { DetachMatcher } from './detach-keys.ts';
import { BadFrame, FrameReader, headerOf, type Frame, type OutputName } from './frames.ts';

export interface ChannelEvents {
  /** What was typed; more is read when the promise settles. */
  readonly input: (chunk: Buffer) => Promise<void> | undefined;
  /** End of input; output goes on. */
  readonly inputEnd: () => void;
  readonly resize: (size: TerminalSize) => void;
}

export interface ChannelOptions {
  /** `raw`: no frames; the bytes of the terminal, or standard output only. */
  readonly form: 'framed' | 'raw';
  /** The bytes of the detach keys; none without a terminal, whose input may be any bytes. */
  readonly detachKeys: Buffer;
}

/** Why a channel is over: its client left by the keys, hung up, or broke the protocol. */
export type Departure = 'detached' | 'gone' | BadFrame;

export class Channel {
  readonly #stream: Duplex;
  readonly #form: ChannelOptions['form'];
  readonly #matcher: DetachMatcher;
  readonly #reader = new FrameReader();
  readonly #departed = Promise.withResolvers<Departure>();
  #inputOver = false;
  #open = true;

  constructor(stream: Duplex, { form, detachKeys }: ChannelOptions) {
    this.#stream = stream;
    this.#form = form;
    this.#matcher = new DetachMatcher(detachKeys);
    stream.once('close', () => {
      this.#depart('gone');
    });
  }

  /** Resolves when the client has left; not when it only ended its input. */
  get departed(): Promise<Departure> {
    return this.#departed.promise;
  }

  /** Bytes that were written and are not with the kernel yet, for want of room there. */
  get pending(): number {
    return this.#stream.writableLength;
  }

  /** Reads until the client ends its side or leaves; call it once. */
  async read(events: ChannelEvents): Promise<void> {
    try {
      for await (const chunk of this.#stream.iterator({ destroyOnReturn: false })) {
        if (!Buffer.isBuffer(chunk)) continue;
        if (this.#form === 'raw') await this.#typed(chunk, events);
        else for (const frame of this.#reader.push(chunk)) await this.#take(frame, events);
        if (!this.#open) return;
      }
      if (this.#reader.midFrame) throw new BadFrame('length', 'the connection ended within a frame');
      // Frames have a word for the end of input; bytes have not, and a client that hung up looks the same at first.
      if (this.#form === 'raw' && (await this.#isThere())) await this.#endInput(events);
    } catch (error) {
      this.#depart(error instanceof BadFrame ? error : 'gone');
      if (!(error instanceof BadFrame) && !this.#stream.destroyed) throw error;
    }
  }

  /** @param bytes are not copied: they must not change as long as something is `pending` */
  write(name: OutputName, bytes: Buffer): void {
    if (!this.#open || bytes.length === 0) return;
    // Of what lies behind another stream, this one does not tell whether it has arrived.
    const own = this.#stream instanceof Socket ? bytes : Buffer.from(bytes);
    if (this.#form === 'framed') this.#frame(name, own);
    else if (name === 'stdout') this.#stream.write(own);
  }

  /** Resolves when the client has taken what was written, or has left. */
  async drained(): Promise<void> {
    if (!this.#stream.writableNeedDrain || this.#stream.destroyed) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#stream.once('drain', resolve).once('close', resolve);
    await promise;
    this.#stream.off('drain', resolve).off('close', resolve);
  }

  /** The last word of a session that ended by itself. */
  exit(exit: SessionExit): void {
    this.#end({ type: 'exit', ...exit });
  }

  detached(): void {
    this.#end({ type: 'detached' });
  }

  /** @param error fully qualified */
  fail(error: string, parameters: object): void {
    this.#end({ type: 'error', error, parameters });
  }

  #end(control: ServerControl): void {
    if (!this.#open) return;
    this.#open = false;
    if (this.#form === 'framed') this.#frame('control', encodeControl(control));
    this.#stream.end();
  }

  #frame(name: OutputName | 'control', bytes: Buffer): void {
    this.#stream.cork();
    this.#stream.write(headerOf(name, bytes.length));
    this.#stream.write(bytes);
    this.#stream.uncork();
  }

  async #take({ stream, payload }: Frame, events: ChannelEvents): Promise<void> {
    if (stream === 'control') events.resize(parseClientControl(payload));
    else if (stream !== 'stdin') throw new BadFrame('stream', `${stream} is not the client's to write`);
    else if (payload.length > 0) await this.#typed(payload, events);
    else await this.#endInput(events);
  }

  async #typed(bytes: Buffer, events: ChannelEvents): Promise<void> {
    if (this.#inputOver) throw new BadFrame('stream', 'input after its end');
    const { passed, detached } = this.#matcher.type(bytes);
    if (passed.length > 0) await events.input(passed);
    if (detached) this.#depart('detached');
  }

  async #endInput(events: ChannelEvents): Promise<void> {
    if (this.#inputOver || !this.#open) return;
    this.#inputOver = true;
    const held = this.#matcher.flush();
    if (held.length > 0) await events.input(held);
    events.inputEnd();
  }

  /** Whether the client, which has ended its side, still listens: an empty write fails with EPIPE where it does not. */
  async #isThere(): Promise<boolean> {
    const { promise, resolve } = Promise.withResolvers<boolean>();
    this.#stream.write(Buffer.alloc(0), (error) => {
      resolve(error === null || error === undefined);
    });
    return await promise;
  }

  #depart(how: Departure): void {
    this.#departed.resolve(how);
    if (how === 'gone') this.#open = false;
  }
}
