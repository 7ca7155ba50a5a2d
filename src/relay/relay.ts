/**
 * The streams of one process: read once, handed to every client that is attached, and to a log where there is one.
 *
 * Invariants: a client sees every byte from the moment it joined, in order. A foreground client that does not keep up makes
 * the process wait; any other is dropped once `MAX_PENDING_BYTES` wait for it, and disturbs nobody. Nothing is kept for
 * clients to come. The folder knows descriptors, and no containers.
 */
import { Socket } from 'node:net';
import type { OutputName } from '../stream/frames.ts';
import type { TerminalSize } from '../stream/control.ts';
import type { Spool, SpoolSeam } from './spool.ts';
import type { ChunkBuffers } from './chunk-buffers.ts';
import { Sink } from './sink.ts';
import { pipeStream, Source, type OpenStream } from './source.ts';

export interface RelayClient {
  /** @param bytes stay as they are only if something is `pending` afterwards */
  output(stream: OutputName, bytes: Buffer): void;
  /** Bytes that it has kept: neither the kernel nor anybody else has a copy of them yet. */
  readonly pending: number;
  /** Resolves when it has taken them, or is gone. */
  drained(): Promise<void>;
  /** It did not keep up and gets nothing more. */
  dropped(): void;
}

export interface RelayDescriptors {
  /** The writing end of the process's standard input. */
  readonly stdin?: number | undefined;
  readonly stdout?: number | undefined;
  readonly stderr?: number | undefined;
  /** The master; then there are no others. */
  readonly terminal?: number | undefined;
}

export interface RelayOptions {
  /** A terminal arrives later, by `useTerminal`. */
  readonly form: 'pipes' | 'terminal';
  readonly logs?: { readonly [stream in OutputName]: Spool } | undefined;
  /** For what is not logged. */
  readonly buffers: ChunkBuffers;
  /** Nothing is read before this resolves, or a foreground client is there. */
  readonly begin?: Promise<void> | undefined;
  /** Told when the process's input has ended for good, and all of it has arrived. */
  readonly inputEnded: () => void;
  /** Told of what went wrong with the log; the line is lost. */
  readonly failed: (error: unknown) => void;
  readonly terminals: Terminals;
}

/** What can be done to a terminal by its master. */
export interface Terminals {
  /** A stream on a master, for reading and writing. */
  readonly open: OpenStream;
  setWindowSize(fd: number, columns: number, rows: number): void;
  /** Has the program draw its screen anew. */
  redraw(fd: number): void;
}

/** A foreground client with more than this unread makes the process wait. */
const CROWDED_BYTES = 256 * 1024;
export const MAX_PENDING_BYTES = 8 * 1024 * 1024;
/** What a person types at a terminal to say that nothing more comes: ctrl-d. */
const END_OF_TRANSMISSION = Buffer.of(4);

export type Role = 'foreground' | 'observer';

export class Relay {
  readonly #options: RelayOptions;
  readonly #clients = new Map<RelayClient, Role>();
  readonly #sources = new Map<OutputName, Source>();
  readonly #ended = Promise.withResolvers<void>();
  /** Resolves when there is something to write input to. */
  readonly #opened = Promise.withResolvers<void>();
  #sink: Sink | undefined;
  #terminal: number | undefined;
  #size: TerminalSize | undefined;
  #finishing = false;
  #holding: boolean;
  /** Whether the next berthd is to go on with it. */
  #isLeft = false;
  /** A foreground client is there. */
  readonly #joined = Promise.withResolvers<void>();
  #missed = false;
  #isJoined = false;
  #open = true;

  constructor(descriptors: RelayDescriptors, options: RelayOptions) {
    this.#options = options;
    this.#holding = options.begin !== undefined;
    this.#read('stdout', descriptors.stdout);
    this.#read('stderr', descriptors.stderr);
    if (descriptors.stdin !== undefined) this.#sink = new Sink(writerOn(descriptors.stdin));
    if (descriptors.terminal !== undefined) this.useTerminal(descriptors.terminal);
    if (options.begin !== undefined) void this.#beginAfter();
  }

  /** Resolves when nobody writes any more, and at the latest after `finish`. */
  get ended(): Promise<void> {
    return this.#ended.promise;
  }

  get acceptsInput(): boolean {
    return this.#sink !== undefined;
  }

  get isTerminal(): boolean {
    return this.#options.form === 'terminal';
  }

  /** The process has a terminal, a new one after each start. @param master is the relay's from now on */
  useTerminal(master: number): void {
    this.#sources.get('stdout')?.close();
    const source = this.#read('stdout', master, this.#options.terminals.open);
    if (source === undefined) return;
    this.#terminal = master;
    this.#sink = new Sink(source.socket);
    this.#opened.resolve();
    if (this.#size !== undefined) this.resize(this.#size);
  }

  /** How far each stream is logged at this moment; undefined where none is. */
  get seam(): { readonly [stream in OutputName]: SpoolSeam } | undefined {
    const { logs } = this.#options;
    return logs && { stdout: logs.stdout.seam, stderr: logs.stderr.seam };
  }

  /** Whether something was read for clients of an earlier berthd, and none of them was there. */
  get missed(): boolean {
    return this.#missed;
  }

  /** From this moment on the client gets everything, until it is disposed. */
  attach(client: RelayClient, role: Role): Disposable {
    this.#clients.set(client, role);
    if (role === 'foreground') {
      this.#isJoined = true;
      this.#joined.resolve();
    }
    return {
      [Symbol.dispose]: () => {
        this.#clients.delete(client);
        this.#resume();
      },
    };
  }

  /** @returns what to wait for before more is written */
  input(bytes: Buffer): Promise<void> | undefined {
    if (this.isTerminal && this.#sink === undefined)
      return this.#opened.promise.then(async () => await this.#sink?.write(bytes));
    return this.#sink?.write(bytes);
  }

  endInput(): void {
    if (this.isTerminal) {
      void this.#opened.promise.then(async () => await this.#sink?.write(END_OF_TRANSMISSION));
      return;
    }
    const sink = this.#sink;
    this.#sink = undefined;
    if (sink !== undefined) void this.#end(sink);
  }

  /** What it was last set to; undefined where it never was. */
  get size(): TerminalSize | undefined {
    return this.#size;
  }

  /** Remembered where there is no terminal yet. */
  resize(size: TerminalSize): void {
    this.#size = size;
    if (this.#terminal === undefined || this.#sources.get('stdout')?.ended !== false) return;
    this.#options.terminals.setWindowSize(this.#terminal, size.columns, size.rows);
  }

  redraw(): void {
    if (this.#terminal === undefined || this.#sources.get('stdout')?.ended !== false) return;
    this.#options.terminals.redraw(this.#terminal);
  }

  /**
   * Reads nothing more: berthd goes, and what is not read yet is for the next one and those who come back to it. Resolves when the
   * clients have taken all that was read for them.
   */
  async leave(): Promise<void> {
    this.#isLeft = true;
    this.#holding = true;
    for (const source of this.#sources.values()) source.pause();
    await Promise.all([...this.#clients.keys()].filter(({ pending }) => pending > 0).map((client) => client.drained()));
  }

  /**
   * The process has ended: hands out everything that it wrote, and closes.
   * @param comesBack whether there is going to be another one with the same streams; then it goes on with that
   * @returns `left`: nothing is handed out any more, and the next berthd finishes it
   */
  async finish(comesBack?: () => Promise<boolean>): Promise<'over' | 'goes-on' | 'left'> {
    if (this.#isLeft) return 'left';
    await this.#handOut();
    if (comesBack !== undefined && (await this.#isToGoOn(comesBack))) {
      for (const [stream, { buffer }] of this.#sources) this.#options.logs?.[stream].offer(buffer);
      this.#finishing = false;
      this.#resume();
      return 'goes-on';
    }
    this.close();
    return 'over';
  }

  /** Gives the descriptors back; what others hold of them goes on. */
  close(): void {
    this.#open = false;
    for (const source of this.#sources.values()) source.close();
    this.#sink?.close();
    this.#sink = undefined;
    for (const log of Object.values(this.#options.logs ?? {})) log.close();
    this.#opened.resolve();
    this.#ended.resolve();
  }

  #read(stream: OutputName, fd: number | undefined, open: OpenStream = pipeStream): Source | undefined {
    if (fd === undefined) return undefined;
    const log = this.#options.logs?.[stream];
    const { buffers } = this.#options;
    const source = new Source(fd, open, log?.buffer ?? buffers.take(), {
      chunk: (bytes) => {
        if (this.#options.begin !== undefined && !this.#isJoined) this.#missed = true;
        // What is logged stays where it is, for a berthd to come.
        const handed = this.#hand(stream, log === undefined ? bytes : Buffer.from(bytes));
        if (log === undefined && handed === 'kept') source.readInto(buffers.take());
        if (log !== undefined) {
          log.adapt(bytes.length);
          source.readInto(log.buffer);
        }
        const logging = log?.accept(bytes.length);
        if (logging !== undefined) this.#resumeAfter(logging);
        return logging === undefined && !this.#crowded();
      },
      closed: (buffer) => {
        if (log === undefined) buffers.give(buffer);
      },
      end: () => {
        if ([...this.#sources.values()].every(({ ended }) => ended)) this.#ended.resolve();
      },
    });
    // What an earlier berthd had read may still be in the buffer.
    const isLeft = log?.busy === true;
    if (this.#holding || isLeft) source.pause();
    if (isLeft) this.#resumeAfter(log.idle());
    this.#sources.set(stream, source);
    return source;
  }

  /** @returns whether one of them has kept something of it */
  #hand(stream: OutputName, bytes: Buffer): 'taken' | 'kept' {
    let handed: 'taken' | 'kept' = 'taken';
    for (const [client, role] of this.#clients) {
      client.output(stream, bytes);
      if (client.pending > 0) handed = 'kept';
      if (role === 'foreground' && client.pending > CROWDED_BYTES) this.#resumeAfter(client.drained());
      if (role === 'foreground' || client.pending <= MAX_PENDING_BYTES) continue;
      this.#clients.delete(client);
      client.dropped();
    }
    return handed;
  }

  /** What cannot be known is no reason to break a pipe. */
  async #isToGoOn(comesBack: () => Promise<boolean>): Promise<boolean> {
    try {
      return await comesBack();
    } catch (error) {
      this.#options.failed(error);
      return true;
    }
  }

  async #handOut(): Promise<void> {
    this.#finishing = true;
    await this.#begun();
    try {
      for (const [stream, source] of this.#sources) {
        const log = this.#options.logs?.[stream];
        await source.drain(async () => {
          await log?.idle();
        });
        await log?.finish();
      }
    } catch (error) {
      this.#options.failed(new Error('the rest of what it said was not logged', { cause: error }));
    }
  }

  async #begun(): Promise<void> {
    if (this.#options.begin !== undefined) await Promise.race([this.#options.begin, this.#joined.promise]);
  }

  async #beginAfter(): Promise<void> {
    await this.#begun();
    this.#holding = this.#isLeft;
    this.#resume();
  }

  async #end(input: Sink): Promise<void> {
    await input.end();
    if (this.#open) this.#options.inputEnded();
  }

  #crowded(): boolean {
    for (const [client, role] of this.#clients)
      if (role === 'foreground' && client.pending > CROWDED_BYTES) return true;
    return Object.values(this.#options.logs ?? {}).some(({ busy }) => busy);
  }

  #resumeAfter(waiting: Promise<void>): void {
    waiting
      .catch((error: unknown) => {
        this.#options.failed(error);
      })
      .finally(() => {
        this.#resume();
      });
  }

  #resume(): void {
    if (this.#finishing || this.#holding || this.#crowded()) return;
    for (const source of this.#sources.values()) source.resume();
  }
}

const writerOn = (fd: number): Socket => new Socket({ fd, readable: false, writable: true });
