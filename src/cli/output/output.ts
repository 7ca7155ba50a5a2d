import type { Writable } from 'node:stream';

/** Nobody reads what is written any more, as with `berth ps | head -1`. */
export class OutputClosed extends Error {
  override readonly name = 'OutputClosed';
}

/** What was written could not be kept, for example on a full disk. */
export class OutputFailed extends Error {
  override readonly name = 'OutputFailed';
}

export interface OutputStreams {
  readonly stdout: () => Writable;
  readonly stderr: () => Writable;
  /** Writes what the system takes this moment. @returns how many bytes that are; 0 where it has to be waited for */
  readonly now: (stream: 'stdout' | 'stderr', bytes: Uint8Array) => number;
  /** Whether standard output is a terminal that shows colours. */
  readonly colours: () => boolean;
  /** How wide the terminal is that a stream goes to; undefined where it goes to none. */
  readonly columns: (stream: 'stdout' | 'stderr') => number | undefined;
}

/**
 * So much is written without a stream, which takes longer to load than most of what a command says takes to be made. A pipe has
 * room for as much unless nobody reads it.
 */
const AT_ONCE_BYTES = 16 * 1024;

const COLOURS = { red: 31, green: 32, yellow: 33, grey: 90 } as const;
export type Colour = keyof typeof COLOURS;

/** Standard output and standard error. What a method was given is with the system when its promise resolves. */
export class Output {
  readonly #streams: OutputStreams;
  readonly #opened = new Map<'stdout' | 'stderr', Writable>();
  #atOnceBytes = AT_ONCE_BYTES;

  constructor(streams: OutputStreams) {
    this.#streams = streams;
  }

  /** @throws OutputClosed | OutputFailed */
  async write(stream: 'stdout' | 'stderr', text: string | Uint8Array): Promise<void> {
    const bytes = typeof text === 'string' ? Buffer.from(text) : text;
    const left = bytes.subarray(this.#writeNow(stream, bytes));
    if (left.length === 0) return;
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.#open(stream).write(left, (error) => {
      if (error === null || error === undefined) resolve();
      else reject(failureFor(error));
    });
    await promise;
  }

  /** @throws OutputClosed | OutputFailed */
  async line(text: string): Promise<void> {
    await this.write('stdout', `${text}\n`);
  }

  /** @throws OutputClosed | OutputFailed */
  async json(value: unknown): Promise<void> {
    await this.line(JSON.stringify(value, undefined, 2));
  }

  /** Says on standard error what is wrong. Where nobody hears it, the exit code has to do. */
  async complain(sentence: string): Promise<void> {
    try {
      await this.write('stderr', `berth: ${sentence}\n`);
    } catch (error) {
      if (!(error instanceof OutputClosed) && !(error instanceof OutputFailed)) throw error;
    }
  }

  /** In a colour, where it is a terminal that is written to. */
  coloured(text: string, colour: Colour): string {
    return this.#streams.colours() ? `\u001B[${COLOURS[colour].toString()}m${text}\u001B[0m` : text;
  }

  /** How wide the terminal is that a stream goes to; undefined where it goes to none, or to one that cannot move back. */
  columns(stream: 'stdout' | 'stderr'): number | undefined {
    return this.#streams.columns(stream);
  }

  /** @returns how many bytes are written */
  #writeNow(stream: 'stdout' | 'stderr', bytes: Uint8Array): number {
    // What a stream has in hand goes first.
    if (this.#opened.has(stream) || bytes.length > this.#atOnceBytes) return 0;
    this.#atOnceBytes -= bytes.length;
    try {
      return this.#streams.now(stream, bytes);
    } catch (error) {
      throw error instanceof Error ? failureFor(error) : error;
    }
  }

  #open(stream: 'stdout' | 'stderr'): Writable {
    const known = this.#opened.get(stream);
    if (known !== undefined) return known;
    const opened = this.#streams[stream]();
    // Every failure reaches the write it belongs to; without a listener it would end the process too.
    opened.on('error', () => undefined);
    this.#opened.set(stream, opened);
    return opened;
  }
}

const CLOSED = ['EPIPE', 'ECONNRESET', 'ERR_STREAM_DESTROYED', 'ERR_STREAM_WRITE_AFTER_END'];

function failureFor(cause: Error): OutputClosed | OutputFailed {
  const closed = 'code' in cause && typeof cause.code === 'string' && CLOSED.includes(cause.code);
  return closed ? new OutputClosed('', { cause }) : new OutputFailed(cause.message, { cause });
}
