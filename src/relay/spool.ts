/**
 * What was read of a stream and is not in the journal yet, in memory that outlives berthd: the kernel puts what is read right
 * into it, so that the next berthd goes on in the middle of a line, and in the middle of what was read at once.
 *
 * The memory: one word that says which bytes are still to be logged, which is written in one store; the number of the last
 * entry; the beginning of a line (the tail); and the last chunk. A kill -9 loses at most the line that was being sent, since
 * it counts as logged before it is sent; none is ever sent twice.
 */
import { encodeFields, MAX_MESSAGE_BYTES, type JournalEntries } from './journal-entries.ts';
import type { SharedMemory } from './libc.ts';

const WORDS_BYTES = 64;
const TAIL_BYTES = MAX_MESSAGE_BYTES;
const CHUNK_BYTES = 64 * 1024;
export const SPOOL_BYTES = WORDS_BYTES + TAIL_BYTES + CHUNK_BYTES;
const NEWLINE = 0x0a;
/** Of each of the three numbers in the first word. */
const BITS = 20n;
const MASK = (1n << BITS) - 1n;

export interface SpoolOptions {
  readonly entries: Pick<JournalEntries, 'send'>;
  /** Of every entry. */
  readonly fields: Readonly<Record<string, string>>;
  /** The process whose stream it is, as far as it is known. */
  readonly pid: () => number | undefined;
  readonly now: () => Date;
}

/** How far a stream is logged at a moment: what a reader of the journal needs to go on without gap or repeat. */
export interface SpoolSeam {
  /** BERTH_SEQUENCE of the last entry. */
  readonly sequence: number;
  /** Resolves when that entry is with journald, or is known to be lost. */
  readonly logged: Promise<void>;
  /** What was read and is in no entry. */
  readonly rest: Buffer;
}

export class Spool {
  readonly buffer: Buffer;
  readonly #memory: SharedMemory;
  readonly #words: BigUint64Array;
  readonly #tail: Buffer;
  readonly #options: SpoolOptions;
  #fields = Buffer.alloc(0);
  #fieldsOf: number | undefined;
  #logging: Promise<void> | undefined;
  #open = true;

  /** Goes on where the memory says, if anything is left in it. */
  constructor(memory: SharedMemory, options: SpoolOptions) {
    const { bytes } = memory;
    this.#memory = memory;
    this.#words = new BigUint64Array(bytes.buffer, bytes.byteOffset, 2);
    this.#tail = bytes.subarray(WORDS_BYTES, WORDS_BYTES + TAIL_BYTES);
    this.buffer = bytes.subarray(WORDS_BYTES + TAIL_BYTES);
    this.#options = options;
    // Later runs have higher numbers than earlier ones.
    if (this.#words[1] === 0n) this.#words[1] = BigInt(options.now().getTime()) * 1000n;
    this.#fields = this.#encode(undefined);
    this.#logging = this.#log();
  }

  get fd(): number {
    return this.#memory.fd;
  }

  get busy(): boolean {
    return this.#logging !== undefined;
  }

  get seam(): SpoolSeam {
    const { tail, start, end } = this.#state();
    const rest = Buffer.concat([this.#tail.subarray(0, tail), this.buffer.subarray(start, end)]);
    return { sequence: Number(this.#words[1]), logged: this.#settled(), rest };
  }

  accept(length: number): Promise<void> | undefined {
    this.#set(this.#state().tail, 0, length);
    this.#logging = this.#log();
    return this.#logging;
  }

  /** A failure is told by `accept`. */
  async #settled(): Promise<void> {
    await this.#logging?.catch(() => undefined);
  }

  /** Resolves when the buffer may be used again. */
  async idle(): Promise<void> {
    await this.#logging;
  }

  /** Logs what is left of a line that has no end. */
  async finish(): Promise<void> {
    await this.#logging;
    const { tail } = this.#state();
    if (tail === 0 || !this.#open) return;
    const message = Buffer.from(this.#tail.subarray(0, tail));
    await this.#send(message, 'partial', [0, 0, 0]);
  }

  close(): void {
    if (!this.#open) return;
    this.#open = false;
    this.#memory.unmap();
  }

  /** @returns what to wait for; nothing where all lines are logged */
  #log(): Promise<void> | undefined {
    for (let more = true; more;) {
      const { tail, start, end } = this.#state();
      const newline = this.buffer.subarray(start, end).indexOf(NEWLINE);
      let sending: Promise<void> | undefined;
      if (newline !== -1 && tail + newline <= MAX_MESSAGE_BYTES) {
        sending = this.#send(this.#join(tail, start, start + newline), 'line', [0, start + newline + 1, end]);
      } else if (tail + end - start > MAX_MESSAGE_BYTES) {
        const cut = start + MAX_MESSAGE_BYTES - tail;
        sending = this.#send(this.#join(tail, start, cut), 'partial', [0, cut, end]);
      } else {
        this.buffer.copy(this.#tail, tail, start, end);
        this.#set(tail + end - start, 0, 0);
        more = false;
      }
      if (sending !== undefined) return this.#goOn(sending);
    }
    return undefined;
  }

  async #goOn(sending: Promise<void>): Promise<void> {
    try {
      await sending;
      if (this.#open) await this.#log();
    } finally {
      this.#logging = undefined;
    }
  }

  #join(tail: number, start: number, end: number): Buffer {
    const bytes = this.buffer.subarray(start, end);
    return tail === 0 ? bytes : Buffer.concat([this.#tail.subarray(0, tail), bytes]);
  }

  /** @param after what is left to be logged; it counts from before the entry is sent */
  #send(
    message: Buffer,
    kind: 'line' | 'partial',
    after: readonly [number, number, number],
  ): Promise<void> | undefined {
    const sequence = (this.#words[1] ?? 0n) + 1n;
    this.#words[1] = sequence;
    this.#set(...after);
    const partial = kind === 'partial' ? 'CONTAINER_PARTIAL_MESSAGE=true\n' : '';
    const own = Buffer.from(`BERTH_SEQUENCE=${sequence}\n${partial}`, 'latin1');
    return this.#options.entries.send(Buffer.concat([this.#current(), own]), message);
  }

  #current(): Buffer {
    const pid = this.#options.pid();
    if (pid !== this.#fieldsOf) {
      this.#fieldsOf = pid;
      this.#fields = this.#encode(pid);
    }
    return this.#fields;
  }

  #encode(pid: number | undefined): Buffer<ArrayBuffer> {
    const fields = { ...this.#options.fields, ...(pid === undefined ? {} : { OBJECT_PID: pid }) };
    return Buffer.from(encodeFields(fields));
  }

  #state(): { tail: number; start: number; end: number } {
    const word = this.#words[0] ?? 0n;
    return {
      tail: Number(word & MASK),
      start: Number((word >> BITS) & MASK),
      end: Number((word >> (2n * BITS)) & MASK),
    };
  }

  #set(tail: number, start: number, end: number): void {
    this.#words[0] = BigInt(tail) | (BigInt(start) << BITS) | (BigInt(end) << (2n * BITS));
  }
}
