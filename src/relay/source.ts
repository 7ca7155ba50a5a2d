/** The reading end of a process's output: a pipe, or the master of its terminal. */
import { readSync } from 'node:fs';
import { Socket, type SocketConstructorOpts } from 'node:net';

/** Makes a stream that owns the descriptor, and is otherwise as the options say. */
export type OpenStream = (fd: number, options: SocketConstructorOpts) => Socket;

export const pipeStream: OpenStream = (fd, options) => new Socket({ ...options, fd, readable: true, writable: false });

export interface SourceEvents {
  /**
   * @param bytes lie at the beginning of the buffer, until the next call or for good where `readInto` changes the buffer
   * @returns whether to go on; `resume` does later
   */
  readonly chunk: (bytes: Buffer) => boolean;
  /** Nothing is read into the buffer any more. Comes once. */
  readonly closed: (buffer: Buffer) => void;
  /** Nobody writes any more. */
  readonly end: () => void;
}

/** More than the kernel keeps of a pipe of ours, or of a terminal. */
const MAX_KEPT_BYTES = 2 * 1024 * 1024;

/** Reads into one buffer, which the kernel fills directly, again and again; into another one when it is told so. */
export class Source {
  readonly fd: number;
  /** A terminal's is written to as well. */
  readonly socket: Socket;
  #buffer: Buffer;
  /** What the socket has. */
  #given: Buffer;
  readonly #events: SourceEvents;
  #ended = false;
  #closed = false;

  /** @param fd is the source's from now on */
  constructor(fd: number, open: OpenStream, buffer: Buffer, events: SourceEvents) {
    this.fd = fd;
    this.#buffer = buffer;
    this.#given = buffer;
    this.#events = events;
    const callback = (length: number, read: Uint8Array): boolean => this.#events.chunk(viewOf(read, length));
    const onread = { buffer: () => (this.#given = this.#buffer), callback };
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

  /** What is read into next, unless it is drained before. */
  get buffer(): Buffer {
    return this.#given;
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
    for (let taken = 0; taken < MAX_KEPT_BYTES && !this.#ended;) {
      await ready();
      const length = this.#readNow();
      if (length === undefined) return;
      if (length === 0) this.#end();
      // A copy: the socket goes on with the buffer that it has, whatever becomes of what was read meanwhile.
      else this.#events.chunk(Buffer.from(this.#buffer.subarray(0, length)));
      taken += length;
    }
  }

  /** What is read after this chunk goes there; only `chunk` may call it. */
  readInto(buffer: Buffer): void {
    this.#buffer = buffer;
  }

  close(): void {
    this.#ended = true;
    this.socket.destroy();
    if (this.#closed) return;
    this.#closed = true;
    this.#events.closed(this.#buffer);
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

const viewOf = (read: Uint8Array, length: number): Buffer => Buffer.from(read.buffer, read.byteOffset, length);
