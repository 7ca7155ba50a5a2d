/** What goes to a process's standard input. A writer waits when the process does not read. */
import type { Socket } from 'node:net';

/** So much may wait for the process before its writers have to. */
const ROOM_BYTES = 256 * 1024;

export class Sink {
  readonly #socket: Socket;
  #open = true;

  /** @param socket writable; closed by `end` */
  constructor(socket: Socket) {
    this.#socket = socket;
    // The process has closed its input, or is gone: what was still meant for it is nobody's.
    const close = (): void => {
      this.#open = false;
    };
    socket.on('error', close).on('close', close);
  }

  /** @returns what to wait for before writing more; nothing if there is room */
  write(bytes: Buffer): Promise<void> | undefined {
    if (!this.#open) return undefined;
    this.#socket.write(bytes);
    return this.#socket.writableLength > ROOM_BYTES ? this.#drained() : undefined;
  }

  /** What was written still arrives. Resolves when it has, or when nobody will ever read it. */
  async end(): Promise<void> {
    if (!this.#open) return;
    this.#open = false;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#socket.once('close', resolve).end(() => {
      this.#socket.destroy();
    });
    await promise;
  }

  close(): void {
    this.#open = false;
    this.#socket.destroy();
  }

  async #drained(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#socket.once('drain', resolve).once('close', resolve);
    await promise;
    this.#socket.off('drain', resolve).off('close', resolve);
  }
}
