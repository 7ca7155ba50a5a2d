/** The reading end of a process's output: a pipe, or the master of its terminal. */
import { readSync } from 'node:fs';
import { Socket, type SocketConstructorOpts } from 'node:net';

/** Makes a stream that owns the descriptor, and is otherwise as the options say. */
export type OpenStream = (fd: number, options: SocketConstructorOpts) => Socket;

export const pipeStream: OpenStream = (fd, options) => new Socket({ ...options, fd, readable: true, writable: false });

export interface SourceEvents {
  /**
   * So many bytes lie at the beginning of the buffer, until the next call.
   * @returns whether to go on; `resume` does later
   */
  readonly chunk: (length: number) => boolean;
  /** Nobody writes any more. */
  readonly end: () => void;
}

/** More than the kernel keeps of a pipe of ours, or of a terminal. */
const MOST_KEPT_BYTES = 2 * 1024 * 1024;

/** Reads into one buffer, which the kernel fills directly, again and again. */
export class Source {
  readonly fd: number;
  /** A terminal's is written to as well. */
  readonly socket: Socket;
  readonly #buffer: Buffer;
  readonly #events: SourceEvents;
  #ended = false;

  /** @param fd is the source's from now on */
  constructor(fd: number, open: OpenStream, buffer: Buffer, events: SourceEvents) {
    this.fd = fd;
    this.#buffer = buffer;
    this.#events = events;
    const onread = { buffer, callback: (length: number): boolean => this.#events.chunk(length) };
    this.socket = open(fd, { onread, allowHalfOpen: true });
    // EIO is how a terminal says that nobody has it open any more.
    this.socket.on('error', () => {
      this.#end();
    });
    this.socket.on('end', () => {
      this.#end();
    });
    this.socket.resume();
  }

  get ended(): boolean {
    return this.#ended;
  }

  resume(): void {
    if (!this.#ended) this.socket.resume();
  }

  pause(): void {
    this.socket.pause();
  }

  /**
   * Takes what was written before the call, at once, however much `chunk` wants to wait for clients.
   * @param ready what must be waited for before the buffer is used again
   */
  async drain(ready: () => Promise<void>): Promise<void> {
    this.socket.pause();
    for (let taken = 0; taken < MOST_KEPT_BYTES && !this.#ended;) {
      await ready();
      const length = this.#readNow();
      if (length === undefined) return;
      if (length === 0) this.#end();
      else this.#events.chunk(length);
      taken += length;
    }
  }

  close(): void {
    this.#ended = true;
    this.socket.destroy();
  }

  /** undefined where nothing is there to read. */
  #readNow(): number | undefined {
    try {
      return readSync(this.fd, this.#buffer);
    } catch (error) {
      if (error instanceof Error && 'code' in error && error.code === 'EAGAIN') return undefined;
      return 0;
    }
  }

  #end(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#events.end();
  }
}
