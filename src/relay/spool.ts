/**
 * What was read of a stream and is not in the journal yet, in memory that outlives berthd: the kernel puts what is read right
 * into it, so that the next berthd goes on in the middle of a line, and in the middle of what was read at once.
 *
 * The memory: one word that says which bytes are still to be logged, which is written in one store; the number of the last
 * entry; the beginning of a line (the tail); and the last chunk. Before the kernel gets the buffer to read into, it is full of a byte
 * that no text has, so that what was read shows even if berthd died before it could say how much that was (less those bytes at
 * the end of it). A kill -9 loses at most the entry that the kernel is being handed, since it counts as logged from the moment before;
 * none is ever sent twice.
 *
 * An entry is one line, which costs journald as much as thousands of bytes do. While more comes than it takes that way, an entry is
 * as many whole lines as it holds. The buffer is small, and becomes large while it is filled at once: memory that nobody has
 * written to costs nothing, and that of a large buffer is given back with the first chunk that does not fill it.
 */
import { encodeFields, MAX_MESSAGE_BYTES, type JournalEntries } from './journal-entries.ts';
import type { SharedMemory } from './libc.ts';

const PAGE_BYTES = 4096;
const WORDS_BYTES = 64;
const TAIL_BYTES = MAX_MESSAGE_BYTES;
/** Where the buffer begins: with a page. */
const BUFFER_AT = Math.ceil((WORDS_BYTES + TAIL_BYTES) / PAGE_BYTES) * PAGE_BYTES;
const SMALL_BYTES = PAGE_BYTES;
const LARGE_BYTES = 64 * 1024;
export const SPOOL_BYTES = BUFFER_AT + LARGE_BYTES;
/** Of the two of a process, which share memory: a descriptor and a mapping less. */
export const LOG_BYTES = 2 * SPOOL_BYTES;
const NEWLINE = 0x0a;
/** Of each of the three numbers in the first word. */
const BITS = 20n;
const MASK = (1n << BITS) - 1n;
/** In the first word: whatever is not UNREAD in the buffer was read since. */
const READING = 1n << (3n * BITS);
/** In the first word: the large buffer is what is read into. */
const LARGE = READING << 1n;
/** UTF-8 does not have it. */
const UNREAD = 0xff;

export interface SpoolOptions {
  readonly entries: Pick<JournalEntries, 'send' | 'room'>;
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
  /** Of the large buffer, of which the small one is the beginning. */
  readonly #bytes: Buffer;
  readonly #memory: SharedMemory;
  readonly #words: BigUint64Array;
  readonly #tail: Buffer;
  readonly #options: SpoolOptions;
  #fields = Buffer.alloc(0);
  #fieldsOf: number | undefined;
  #logging: Promise<void> | undefined;
  #open = true;
  #size: number = SMALL_BYTES;
  /** Whether more comes than journald takes line by line. */
  #behind = false;
  #isLargeUsed = false;

  /** Goes on where the memory says, if anything is left in it. */
  constructor(memory: SharedMemory, options: SpoolOptions) {
    const { bytes } = memory;
    this.#memory = memory;
    this.#words = new BigUint64Array(bytes.buffer, bytes.byteOffset, 2);
    this.#tail = bytes.subarray(WORDS_BYTES, WORDS_BYTES + TAIL_BYTES);
    this.#bytes = bytes.subarray(BUFFER_AT);
    this.#options = options;
    // Later runs have higher numbers than earlier ones.
    this.#isLargeUsed = this.#words[0] !== 0n;
    if (this.#words[1] === 0n) this.#words[1] = BigInt(options.now().getTime()) * 1000n;
    this.#fields = this.#encode(undefined);
    this.#takeOver();
    this.#logging = this.#log();
  }

  get fd(): number {
    return this.#memory.fd;
  }

  /** What is read into. */
  get buffer(): Buffer {
    return this.#bytes.subarray(0, this.#size);
  }

  /** Chooses the buffer for what comes after a chunk of this length, before that is accepted. */
  adapt(length: number): void {
    this.#size = length === this.#size ? LARGE_BYTES : SMALL_BYTES;
  }

  /** Is ready for a reader that goes on with a buffer that it had. */
  offer(buffer: Buffer): void {
    this.#size = buffer.length;
    this.#offer();
  }

  get busy(): boolean {
    return this.#logging !== undefined;
  }

  get seam(): SpoolSeam {
    const { tail, start, end } = this.#state();
    const rest = Buffer.concat([this.#tail.subarray(0, tail), this.#bytes.subarray(start, end)]);
    return { sequence: Number(this.#words[1]), logged: this.#settled(), rest };
  }

  accept(length: number): Promise<void> | undefined {
    this.#behind = length > MAX_MESSAGE_BYTES;
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
    for (let waiting = this.#sendTail(); waiting !== undefined; waiting = this.#sendTail()) await waiting;
  }

  close(): void {
    if (!this.#open) return;
    this.#open = false;
    this.#memory.close();
  }

  /** What an earlier process was about to say of the buffer when it ended. */
  #takeOver(): void {
    const [word = 0n] = this.#words;
    if ((word & READING) === 0n) return;
    const offered = this.#bytes.subarray(0, (word & LARGE) === 0n ? SMALL_BYTES : LARGE_BYTES);
    this.#set(this.#state().tail, 0, offered.findLastIndex((byte) => byte !== UNREAD) + 1);
  }

  /** Gives the buffer to the kernel. */
  #offer(): void {
    const { buffer } = this;
    buffer.fill(UNREAD);
    const isLarge = buffer.length === LARGE_BYTES;
    if (this.#isLargeUsed && !isLarge) this.#memory.punch(BUFFER_AT + SMALL_BYTES, LARGE_BYTES - SMALL_BYTES);
    this.#isLargeUsed = isLarge;
    this.#words[0] = (this.#words[0] ?? 0n) | READING | (isLarge ? LARGE : 0n);
  }

  /** @returns what to wait for; nothing where all lines are logged */
  #log(): Promise<void> | undefined {
    for (let more = true; more;) {
      const { tail, start, end } = this.#state();
      const rest = this.#bytes.subarray(start, end);
      const newline = rest.indexOf(NEWLINE);
      let sending: Promise<void> | undefined;
      if (newline !== -1 && tail + newline <= MAX_MESSAGE_BYTES) {
        const last = this.#behind ? rest.lastIndexOf(NEWLINE, MAX_MESSAGE_BYTES - tail) : newline;
        sending = this.#send(this.#join(tail, start, start + last), 'line', [0, start + last + 1, end]);
      } else if (tail + end - start > MAX_MESSAGE_BYTES) {
        const cut = start + MAX_MESSAGE_BYTES - tail;
        sending = this.#send(this.#join(tail, start, cut), 'partial', [0, cut, end]);
      } else {
        this.#bytes.copy(this.#tail, tail, start, end);
        this.#set(tail + end - start, 0, 0);
        this.#offer();
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
    const bytes = this.#bytes.subarray(start, end);
    return tail === 0 ? bytes : Buffer.concat([this.#tail.subarray(0, tail), bytes]);
  }

  #sendTail(): Promise<void> | undefined {
    if (!this.#open) return undefined;
    const { tail } = this.#state();
    return tail === 0 ? undefined : this.#send(Buffer.from(this.#tail.subarray(0, tail)), 'partial', [0, 0, 0]);
  }

  /**
   * @param after what is left to be logged; it counts from the moment before the entry is sent
   * @returns what to wait for before this is tried again; nothing where it is sent
   */
  #send(
    message: Buffer,
    kind: 'line' | 'partial',
    after: readonly [number, number, number],
  ): Promise<void> | undefined {
    const [state = 0n, last = 0n] = this.#words;
    const partial = kind === 'partial' ? 'CONTAINER_PARTIAL_MESSAGE=true\n' : '';
    const own = Buffer.from(`BERTH_SEQUENCE=${last + 1n}\n${partial}`, 'latin1');
    const { entries } = this.#options;
    const outcome = entries.send(Buffer.concat([this.#current(), own]), message, () => {
      this.#words[1] = last + 1n;
      this.#set(...after);
    });
    if (outcome === 'sent') return undefined;
    [this.#words[0], this.#words[1]] = [state, last];
    this.#behind = true;
    return entries.room();
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

/** Each as if it were by itself; the memory goes with the second that is closed. */
export function halvesOf(memory: SharedMemory): readonly [SharedMemory, SharedMemory] {
  const length = memory.bytes.length / 2;
  let open = 2;
  const half = (at: number): SharedMemory => ({
    fd: memory.fd,
    bytes: memory.bytes.subarray(at, at + length),
    punch: (offset, count) => {
      memory.punch(at + offset, count);
    },
    close: () => {
      open--;
      if (open === 0) memory.close();
    },
  });
  return [half(0), half(length)];
}
