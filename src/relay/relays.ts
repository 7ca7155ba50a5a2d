/**
 * The relays of this host by their keys, and what becomes of them when berthd dies: every descriptor that a relay needs is
 * left with systemd as soon as it is made, and a new berthd goes on with it. So no process ever sees its pipes break.
 */
import { closeSync } from 'node:fs';
import { setImmediate, setTimeout } from 'node:timers/promises';
import { loadedOnce } from '../lib/loaded-once.ts';
import { ChunkBuffers } from './chunk-buffers.ts';
import { listenForTerminals } from './console.ts';
import { JournalEntries } from './journal-entries.ts';
import { leftIn, openIn, StoredStreams, type DescriptorStore, type Streams } from './stored-streams.ts';
import { Relay } from './relay.ts';
import { halvesOf, LOG_BYTES, Spool } from './spool.ts';
import type { OutputName } from '../stream/frames.ts';
import type { LogRequest, NewRelay, RelayRequest } from './relay-request.ts';
import { terminals } from './terminals.ts';

export interface RelaysOptions {
  readonly store: DescriptorStore;
  /** What the store held when this process was started: name → descriptors. */
  readonly stored: ReadonlyMap<string, readonly number[]>;
  /** An absolute folder for sockets, which nobody else may enter. */
  readonly folder: string;
  /** The process in whose name lines are logged, as long as it lives. */
  readonly writer: () => number | undefined;
  /** What went wrong with one relay and did not end it. */
  readonly failed: (key: string, error: unknown) => void;
  /** Told whenever there is one more, or one less. */
  readonly changed?: (() => void) | undefined;
  readonly now: () => Date;
}

interface Entry {
  readonly relay: Relay;
  readonly stored: StoredStreams;
  readonly consoles: Disposable | undefined;
}

/** As syslog has them: what the journal calls informational, and errors. */
const PRIORITIES = { stdout: '6', stderr: '3' };

/** Turns of the event loop, for observers who come back at once: to accept those who wait at the socket, and to read what they sent. */
const TURNS_TO_BE_HEARD = 4;
/** So long a process waits for the client that it had when berthd went away. */
const RETURN_MS = 5000;
/** How long a berthd that goes waits for its clients. */
const LEAVE_MS = 2000;

export class Relays {
  readonly #options: RelaysOptions;
  readonly #entries = new Map<string, Entry>();
  readonly #buffers = new ChunkBuffers();
  /** What an earlier process left and nobody has asked for yet. */
  readonly #left: Map<string, { readonly streams: Streams; readonly stored: StoredStreams }>;
  /** Resolves when what an earlier process left is read on. */
  readonly #begun = Promise.withResolvers<void>();
  readonly #finishing = new Map<string, Promise<unknown>>();
  #journal: JournalEntries | undefined;

  constructor(options: RelaysOptions) {
    this.#options = options;
    this.#left = leftIn(options.stored, options.store);
  }

  /** How many there are. */
  get count(): number {
    return this.#entries.size;
  }

  find(key: string): Relay | undefined {
    return this.#entries.get(key)?.relay;
  }

  /** Makes the streams of a new process; those of an earlier one of this key are given back. */
  async open(key: string, request: RelayRequest): Promise<NewRelay> {
    await this.remove(key);
    const { makePipe, makeTerminal } = await calls();
    using given = new DisposableStack();
    using own = new DisposableStack();
    const theirs = (fd: number): number => given.adopt(fd, closeSync);
    const ours = (fd: number): number => own.adopt(fd, closeSync);
    const streams: { -readonly [part in keyof Streams]: Streams[part] } = {};
    const child: { stdin?: number; stdout?: number; stderr?: number } = {};
    if (request.form === 'pipes') {
      for (const name of ['stdout', 'stderr'] as const) {
        const pipe = makePipe();
        [streams[name], child[name]] = [ours(pipe.reading), theirs(pipe.writing)];
      }
      if (request.stdin === 'open') {
        const pipe = makePipe();
        [streams.stdin, child.stdin] = [ours(pipe.writing), theirs(pipe.reading)];
      }
    } else if (request.form === 'made-terminal') {
      const { master, slave } = makeTerminal();
      streams.terminal = ours(master);
      child.stdin = child.stdout = child.stderr = theirs(slave);
    }
    const stored = new StoredStreams(this.#options.store, key, request.client);
    const { relay, consoleSocket } = await this.#orRemoved(stored, async () => {
      const log = request.log && ours((await calls()).newMemory(key, LOG_BYTES));
      const all = { ...streams, log };
      await stored.keep(all);
      return await this.#begin(key, { streams: all, stored, own }, request);
    });
    const handed = given.move();
    return {
      relay,
      stdin: child.stdin,
      stdout: child.stdout,
      stderr: child.stderr,
      consoleSocket,
      [Symbol.dispose]: () => {
        handed.dispose();
      },
    };
  }

  /** Goes on where an earlier berthd was, if it left anything of this key; where that fails, it is left for the next one. */
  async recover(key: string, request: RelayRequest): Promise<Relay | undefined> {
    const left = this.#left.get(key);
    if (left === undefined) return this.find(key);
    this.#left.delete(key);
    const { client } = left.stored;
    const begin = client === 'awaited' ? this.#untilReturned() : this.#begun.promise;
    using own = new DisposableStack();
    for (const fd of openIn(left.streams)) own.adopt(fd, closeSync);
    return (await this.#begin(key, { ...left, own }, request, begin)).relay;
  }

  async #orRemoved<T>(stored: StoredStreams, make: () => Promise<T>): Promise<T> {
    try {
      return await make();
    } catch (error) {
      await stored.removeAll();
      throw error;
    }
  }

  async #untilReturned(): Promise<void> {
    await this.#begun.promise;
    await setTimeout(RETURN_MS, undefined, { ref: false });
  }

  /**
   * Goes on reading what an earlier berthd has left: that of a process whose client was there from the beginning once that is back,
   * or seconds have passed.
   */
  async begin(): Promise<void> {
    for (let turn = 0; turn < TURNS_TO_BE_HEARD; turn++) await setImmediate();
    this.#begun.resolve();
  }

  /** Gives back what nobody has asked for. */
  async sweep(): Promise<void> {
    for (const { streams, stored } of this.#left.values()) {
      for (const fd of openIn(streams)) closeSync(fd);
      await stored.removeAll();
    }
    this.#left.clear();
  }

  /**
   * The process has ended: hands out all that it wrote, and gives everything back.
   * @param comesBack whether there is going to be another one with the same streams; then they are kept
   * @returns `left` where berthd goes, and the next one is to do that
   */
  async finish(key: string, comesBack?: () => Promise<boolean>): Promise<'done' | 'left'> {
    const relay = this.find(key);
    const before = this.#finishing.get(key);
    const finishing = this.#finish(key, relay, comesBack, before);
    this.#finishing.set(key, finishing);
    try {
      return await finishing;
    } finally {
      if (this.#finishing.get(key) === finishing) this.#finishing.delete(key);
    }
  }

  /** Resolves when a `finish` that has begun is over. */
  async finished(key: string): Promise<void> {
    await this.#finishing.get(key);
  }

  /** Gives everything back at once. */
  async remove(key: string): Promise<void> {
    const entry = this.#entries.get(key);
    if (entry === undefined) return;
    this.#entries.delete(key);
    entry.consoles?.[Symbol.dispose]();
    entry.relay.close();
    await entry.stored.removeAll();
    this.#options.changed?.();
  }

  /**
   * Leaves what is not read yet to the next berthd: those who are attached now are going to be attached to that. Resolves when they have
   * what was read for them; a client that does not read is not waited for.
   */
  async leave(): Promise<void> {
    const left = [...this.#entries.values()].map(async ({ relay }) => {
      await relay.leave();
    });
    const late = setTimeout(LEAVE_MS, undefined, { ref: false });
    await Promise.race([Promise.allSettled([...left, ...this.#finishing.values()]), late]);
  }

  /** Lets go of everything, and leaves it with systemd for the next berthd. */
  close(): void {
    for (const { relay, consoles } of this.#entries.values()) {
      consoles?.[Symbol.dispose]();
      relay.close();
    }
    this.#entries.clear();
  }

  /** One at a time; a relay that another has taken the place of meanwhile is left alone. */
  async #finish(
    key: string,
    relay: Relay | undefined,
    comesBack: (() => Promise<boolean>) | undefined,
    before: Promise<unknown> | undefined,
  ): Promise<'done' | 'left'> {
    await before;
    if (relay === undefined || this.find(key) !== relay) return 'done';
    const finished = await relay.finish(comesBack);
    if (finished === 'over' && this.find(key) === relay) await this.remove(key);
    return finished === 'left' ? 'left' : 'done';
  }

  /** @param fd of the memory, which is closed with the two */
  async #openLogs({ fields, pid }: LogRequest, fd: number): Promise<{ readonly [stream in OutputName]: Spool }> {
    const libc = await calls();
    this.#journal ??= new JournalEntries(libc, this.#options.writer);
    const options = { entries: this.#journal, pid, now: this.#options.now };
    const [stdout, stderr] = halvesOf(libc.sharedMemory(fd, LOG_BYTES));
    const fieldsOf = (stream: OutputName): Record<string, string> => ({
      ...fields,
      PRIORITY: PRIORITIES[stream],
      BERTH_STREAM: stream,
    });
    return {
      stdout: new Spool(stdout, { ...options, fields: fieldsOf('stdout') }),
      stderr: new Spool(stderr, { ...options, fields: fieldsOf('stderr') }),
    };
  }

  /** @param own closes the streams unless the relay has come to own them */
  async #begin(
    key: string,
    {
      streams,
      stored,
      own,
    }: { readonly streams: Streams; readonly stored: StoredStreams; readonly own: DisposableStack },
    { log, form, foreground }: RelayRequest,
    begin?: Promise<void>,
  ): Promise<{ relay: Relay; consoleSocket?: string }> {
    const failure = (error: unknown): void => {
      this.#options.failed(key, error);
    };
    const terminal = await terminals(foreground);
    const logs = log && streams.log !== undefined ? await this.#openLogs(log, streams.log) : undefined;
    own.move();
    const relay = new Relay(streams, {
      form: form === 'pipes' ? 'pipes' : 'terminal',
      logs,
      buffers: this.#buffers,
      begin,
      inputEnded: () => {
        stored.remove('stdin').catch(failure);
      },
      failed: failure,
      terminals: terminal,
    });
    if (form !== 'terminal') {
      this.#add(key, { relay, stored, consoles: undefined });
      return { relay };
    }
    const consoleSocket = `${this.#options.folder}/${key}`;
    const arrived = (master: number): void => {
      stored.replaceTerminal(master).catch(failure);
      relay.useTerminal(master);
    };
    try {
      const consoles = await listenForTerminals(consoleSocket, arrived, failure);
      this.#add(key, { relay, stored, consoles });
    } catch (error) {
      relay.close();
      throw error;
    }
    return { relay, consoleSocket };
  }

  #add(key: string, entry: Entry): void {
    this.#entries.set(key, entry);
    this.#options.changed?.();
  }
}

/** By itself: tsc does not rewrite the path of an import within a function that has a `using`. */
const calls = loadedOnce(async () => await import('./libc.ts'));
