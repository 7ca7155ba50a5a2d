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
import { Relay } from './relay.ts';
import { Spool, SPOOL_BYTES } from './spool.ts';
import type { LogRequest, NewRelay, RelayRequest } from './relay-request.ts';
import { terminals } from './terminals.ts';

/** systemd's fd store. */
export interface DescriptorStore {
  /** Leaves a duplicate there. */
  storeFds(name: string, fds: readonly number[], options: { poll: 'off' }): Promise<void>;
  removeFds(name: string): Promise<void>;
}

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

const PARTS = ['stdin', 'stdout', 'stderr', 'terminal', 'log-stdout', 'log-stderr'] as const;
type Part = (typeof PARTS)[number];
type Kept = { [part in Part]?: number };

interface Entry {
  readonly relay: Relay;
  readonly parts: Set<Part>;
  readonly client: Client;
  readonly consoles: Disposable | undefined;
}

/** As syslog has them: what the journal calls informational, and errors. */
const PRIORITIES = { stdout: '6', stderr: '3' };

/** Turns of the event loop, for observers who come back at once: to accept those who wait at the socket, and to read what they sent. */
const TURNS_TO_BE_HEARD = 4;
/** So long a process waits for the client that it had when berthd went away. */
const RETURN_MS = 5000;

type Client = RelayRequest['client'];
/** Whether a client is awaited is part of the name, so that it costs nothing to keep. */
const nameOf = (key: string, part: Part, client: Client): string =>
  `relay.${key}.${part}${client === 'awaited' ? '.awaited' : ''}`;
const NAME = /^relay\.(?<key>[^.]+)\.(?<part>[^.]+)(?<awaited>\.awaited)?$/;

interface Left {
  readonly kept: Kept;
  readonly client: Client;
}

export class Relays {
  readonly #options: RelaysOptions;
  readonly #entries = new Map<string, Entry>();
  readonly #buffers = new ChunkBuffers();
  /** What an earlier process left and nobody has asked for yet. */
  readonly #left = new Map<string, Left>();
  /** Resolves when what an earlier process left is read on. */
  readonly #begun = Promise.withResolvers<void>();
  readonly #finishing = new Map<string, Promise<void>>();
  #journal: JournalEntries | undefined;

  constructor(options: RelaysOptions) {
    this.#options = options;
    for (const [name, [fd]] of options.stored) {
      const { key = '', part, awaited } = NAME.exec(name)?.groups ?? {};
      const known = PARTS.find((each) => each === part);
      if (known === undefined || fd === undefined) continue;
      const kept = { ...this.#left.get(key)?.kept, [known]: fd };
      this.#left.set(key, { kept, client: awaited === undefined ? 'none' : 'awaited' });
    }
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
    const theirs = (fd: number): number => given.adopt(fd, closeSync);
    const kept: Kept = {};
    const child: { stdin?: number; stdout?: number; stderr?: number } = {};
    if (request.form === 'pipes') {
      const [stdout, stderr] = [makePipe(), makePipe()];
      [kept.stdout, kept.stderr] = [stdout.reading, stderr.reading];
      [child.stdout, child.stderr] = [theirs(stdout.writing), theirs(stderr.writing)];
      if (request.stdin === 'open') {
        const stdin = makePipe();
        kept.stdin = stdin.writing;
        child.stdin = theirs(stdin.reading);
      }
    } else if (request.form === 'made-terminal') {
      const { master, slave } = makeTerminal();
      kept.terminal = master;
      child.stdin = child.stdout = child.stderr = theirs(slave);
    }
    const { relay, consoleSocket } = await this.#begin(key, kept, request);
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

  /** Goes on where an earlier berthd was, if it left anything of this key. */
  async recover(key: string, request: RelayRequest): Promise<Relay | undefined> {
    const left = this.#left.get(key);
    if (left === undefined) return this.find(key);
    this.#left.delete(key);
    const { kept, client } = left;
    const begin = client === 'awaited' ? this.#untilReturned() : this.#begun.promise;
    return (await this.#begin(key, kept, { ...request, client }, begin)).relay;
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
    for (const [key, left] of this.#left) {
      for (const part of PARTS) {
        const fd = left.kept[part];
        if (fd === undefined) continue;
        closeSync(fd);
        await this.#options.store.removeFds(nameOf(key, part, left.client));
      }
    }
    this.#left.clear();
  }

  /**
   * The process has ended: hands out all that it wrote, and gives everything back.
   * @param comesBack whether there is going to be another one with the same streams; then they are kept
   */
  async finish(key: string, comesBack?: () => Promise<boolean>): Promise<void> {
    const relay = this.find(key);
    const before = this.#finishing.get(key);
    const finishing = this.#finish(key, relay, comesBack, before);
    this.#finishing.set(key, finishing);
    try {
      await finishing;
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
    for (const part of entry.parts) await this.#options.store.removeFds(nameOf(key, part, entry.client));
    this.#options.changed?.();
  }

  /** Leaves what is not read yet to the next berthd: those who are attached now are going to be attached to that. */
  hold(): void {
    for (const { relay } of this.#entries.values()) relay.hold();
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
    before: Promise<void> | undefined,
  ): Promise<void> {
    await before;
    if (relay === undefined || this.find(key) !== relay) return;
    if ((await relay.finish(comesBack)) === 'over' && this.find(key) === relay) await this.remove(key);
  }

  async #openLog({ fields, pid }: LogRequest, stream: 'stdout' | 'stderr', fd: number | undefined): Promise<Spool> {
    const libc = await calls();
    this.#journal ??= new JournalEntries(libc, this.#options.writer);
    const memory = libc.sharedMemory(stream, SPOOL_BYTES, fd);
    const own = { ...fields, PRIORITY: PRIORITIES[stream], BERTH_STREAM: stream };
    return new Spool(memory, { entries: this.#journal, fields: own, pid, now: this.#options.now });
  }

  async #begin(
    key: string,
    kept: Kept,
    request: RelayRequest,
    begin?: Promise<void>,
  ): Promise<{ relay: Relay; consoleSocket?: string }> {
    const { store, failed, folder } = this.#options;
    const { log, form, foreground, client } = request;
    const parts = new Set<Part>();
    const keep = async (part: Part, fd: number): Promise<void> => {
      parts.add(part);
      await store.storeFds(nameOf(key, part, client), [fd], { poll: 'off' });
    };
    const logs = log && {
      stdout: await this.#openLog(log, 'stdout', kept['log-stdout']),
      stderr: await this.#openLog(log, 'stderr', kept['log-stderr']),
    };
    if (logs !== undefined) {
      await keep('log-stdout', logs.stdout.fd);
      await keep('log-stderr', logs.stderr.fd);
    }
    for (const part of ['stdin', 'stdout', 'stderr', 'terminal'] as const) {
      const fd = kept[part];
      if (fd !== undefined) await keep(part, fd);
    }
    const failure = (error: unknown): void => {
      failed(key, error);
    };
    const inputEnded = (): void => {
      parts.delete('stdin');
      store.removeFds(nameOf(key, 'stdin', client)).catch(failure);
    };
    const events = { inputEnded, failed: failure };
    const relay = new Relay(kept, {
      form: form === 'pipes' ? 'pipes' : 'terminal',
      logs,
      buffers: this.#buffers,
      begin,
      ...events,
      terminals: await terminals(foreground),
    });
    if (form !== 'terminal') {
      this.#add(key, { relay, parts, client, consoles: undefined });
      return { relay };
    }
    const consoleSocket = `${folder}/${key}`;
    const keepTerminal = async (master: number): Promise<void> => {
      // It takes the place of that of the run before.
      if (parts.has('terminal')) await store.removeFds(nameOf(key, 'terminal', client));
      await keep('terminal', master);
    };
    const arrived = (master: number): void => {
      keepTerminal(master).catch(failure);
      relay.useTerminal(master);
    };
    const consoles = await listenForTerminals(consoleSocket, arrived, failure);
    this.#add(key, { relay, parts, client, consoles });
    return { relay, consoleSocket };
  }

  #add(key: string, entry: Entry): void {
    this.#entries.set(key, entry);
    this.#options.changed?.();
  }
}

/** By itself: tsc does not rewrite the path of an import within a function that has a `using`. */
const calls = loadedOnce(async () => await import('./libc.ts'));
