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
  /** Whether standard output is a terminal that shows colours. */
  readonly colours: () => boolean;
  /** How wide the terminal is that a stream goes to; undefined where it goes to none. */
  readonly columns: (stream: 'stdout' | 'stderr') => number | undefined;
}

const COLOURS = { red: 31, green: 32, yellow: 33, grey: 90 } as const;
export type Colour = keyof typeof COLOURS;

/** Standard output and standard error. What a method was given is with the system when its promise resolves. */
export class Output {
  readonly #streams: OutputStreams;
  readonly #opened = new Map<'stdout' | 'stderr', Writable>();

  constructor(streams: OutputStreams) {
    this.#streams = streams;
  }

  /** @throws OutputClosed | OutputFailed */
  async write(stream: 'stdout' | 'stderr', bytes: string | Uint8Array): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.#open(stream).write(bytes, (error) => {
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
