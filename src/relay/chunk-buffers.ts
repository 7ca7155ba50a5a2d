/**
 * The buffers that output is read into. They are used again and again, also for the next process: V8 counts them as memory of
 * its own, and would collect garbage after every dozen of sessions for fresh ones alone.
 */

/** Less, with a header, than a connection has room for (net.core.wmem_default, 208 KiB): a client that keeps up gets it at once. */
const CHUNK_BYTES = 192 * 1024;
/** How many are kept that nobody uses. */
const MAX_FREE = 8;

export class ChunkBuffers {
  readonly #free: Buffer[] = [];

  /** One that nobody else reads or writes. */
  take(): Buffer {
    return this.#free.pop() ?? Buffer.allocUnsafeSlow(CHUNK_BYTES);
  }

  /** @param buffer is nobody's any more */
  give(buffer: Buffer): void {
    if (this.#free.length < MAX_FREE) this.#free.push(buffer);
  }
}
