/** Standard input of a session, passed on to whichever connection there is. */
import type { Duplex, Readable } from 'node:stream';
import { encodeFrame, headerOf, MAX_FRAME_BYTES, type StreamName } from '../../stream/frames.ts';

/** berthd went away while input was on its way to a process. */
export class InputUncertain extends Error {
  override readonly name = 'InputUncertain';
}

/**
 * Invariants: bytes are written once, to one connection. Those that were on their way when berthd went away may have arrived
 * or not, and nobody can tell: a person sees what became of them, a pipe does not.
 */
export class SessionInput {
  readonly #by: 'person' | 'pipe';
  #stream: Duplex | undefined;
  #connected = Promise.withResolvers<Duplex>();
  #sent: 'nothing' | 'something' | 'everything' = 'nothing';

  /** @param by who writes it */
  constructor(by: 'person' | 'pipe') {
    this.#by = by;
  }

  connect(stream: Duplex): void {
    this.#stream = stream;
    this.#connected.resolve(stream);
  }

  /** What comes from now on waits for another connection. */
  disconnect(): void {
    this.#stream = undefined;
    this.#connected = Promise.withResolvers();
  }

  /**
   * Goes on with another connection.
   * @param process whether its input is still open
   * @throws InputUncertain where some of it may be lost without anybody noticing
   */
  reconnect(stream: Duplex, process: 'open' | 'ended'): void {
    const isUncertain = this.#sent === 'everything' ? process === 'open' : this.#sent === 'something';
    if (isUncertain && this.#by === 'pipe') throw new InputUncertain();
    this.connect(stream);
    if (this.#sent === 'everything' && process === 'open') write(stream, 'stdin', Buffer.alloc(0));
  }

  /** Passes everything on, no faster than it is taken, and its end. */
  async pump(input: Readable): Promise<void> {
    try {
      for await (const chunk of input) {
        const bytes = chunk instanceof Uint8Array ? chunk : Buffer.from(String(chunk));
        for (let from = 0; from < bytes.length; from += MAX_FRAME_BYTES) {
          await this.#pass(bytes.subarray(from, from + MAX_FRAME_BYTES));
        }
      }
    } catch {
      // Input that cannot be read, such as that of a terminal that is gone, has ended.
    }
    await this.#pass(Buffer.alloc(0));
  }

  async #pass(bytes: Uint8Array): Promise<void> {
    const stream = this.#stream ?? (await this.#connected.promise);
    this.#sent = bytes.length === 0 ? 'everything' : 'something';
    if (!write(stream, 'stdin', bytes)) await drained(stream);
  }
}

/** Up to so many bytes are copied, to go with their header; it costs less to let the header go before more. */
const COPIED_BYTES = 4096;

/** @returns whether more may be written at once */
export function write(stream: Duplex, name: StreamName, bytes: Uint8Array): boolean {
  if (!stream.writable) return false;
  // Not corked: Bun would make one buffer of both.
  if (bytes.length <= COPIED_BYTES) return stream.write(encodeFrame(name, bytes));
  stream.write(headerOf(name, bytes.length));
  return stream.write(bytes);
}

/** Resolves when what was written is taken, or nobody takes it any more. */
async function drained(stream: Duplex): Promise<void> {
  if (stream.destroyed || !stream.writableNeedDrain) return;
  const { promise, resolve } = Promise.withResolvers<void>();
  stream.once('drain', resolve).once('close', resolve);
  await promise;
  stream.off('drain', resolve).off('close', resolve);
}
