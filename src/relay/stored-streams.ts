/**
 * What systemd's fd store keeps of a relay, and by which names the next berthd knows it again. What every process has, its output and
 * what was read of it, is one message and one name: each message wakes PID 1, in the middle of a start. The store does not say in
 * which order it gives descriptors of one name back, so the name says which is which, by their inodes.
 */
import { fstatSync } from 'node:fs';
import type { RelayRequest } from './relay-request.ts';

/** systemd's fd store. */
export interface DescriptorStore {
  /** Leaves duplicates there. */
  storeFds(name: string, fds: readonly number[], options: { poll: 'off' }): Promise<void>;
  removeFds(name: string): Promise<void>;
}

/** Descriptors of a relay, of which a process with a terminal has others than one without. */
export interface Streams {
  readonly stdin?: number | undefined;
  readonly stdout?: number | undefined;
  readonly stderr?: number | undefined;
  readonly terminal?: number | undefined;
  /** Memory with what is not logged yet. */
  readonly log?: number | undefined;
}

type Client = RelayRequest['client'];
/** What comes and goes by itself. */
type Single = 'stdin' | 'terminal';

const NAME =
  /^relay\.(?<key>[^.]+)\.(?:(?<single>stdin|terminal)|output\.(?<stdout>\d+)\.(?<stderr>\d+))(?<awaited>\.awaited)?$/;
const NONE = '0';

export class StoredStreams {
  /** Whether a client is awaited is part of the names, so that it costs nothing to keep. */
  readonly client: Client;
  readonly #store: DescriptorStore;
  readonly #key: string;
  readonly #names: Set<string>;

  /** @param names what is there already */
  constructor(store: DescriptorStore, key: string, client: Client, names: Iterable<string> = []) {
    this.#store = store;
    this.#key = key;
    this.client = client;
    this.#names = new Set(names);
  }

  async keep({ stdin, stdout, stderr, terminal, log }: Streams): Promise<void> {
    const output = [log, stdout, stderr].filter((fd) => fd !== undefined);
    if (output.length > 0) await this.#keep(this.#name(`output.${inodeOf(stdout)}.${inodeOf(stderr)}`), output);
    if (stdin !== undefined) await this.#keep(this.#name('stdin'), [stdin]);
    if (terminal !== undefined) await this.#keep(this.#name('terminal'), [terminal]);
  }

  /** It takes the place of that of the run before. */
  async replaceTerminal(master: number): Promise<void> {
    await this.remove('terminal');
    await this.keep({ terminal: master });
  }

  async remove(single: Single): Promise<void> {
    const name = this.#name(single);
    if (this.#names.delete(name)) await this.#store.removeFds(name);
  }

  async removeAll(): Promise<void> {
    const names = [...this.#names];
    this.#names.clear();
    for (const name of names) await this.#store.removeFds(name);
  }

  #name(part: string): string {
    return `relay.${this.#key}.${part}${this.client === 'awaited' ? '.awaited' : ''}`;
  }

  async #keep(name: string, fds: readonly number[]): Promise<void> {
    this.#names.add(name);
    await this.#store.storeFds(name, fds, { poll: 'off' });
  }
}

/** By their keys, what an earlier process has left; what it left of other things is not looked at. */
export function leftIn(
  stored: ReadonlyMap<string, readonly number[]>,
  store: DescriptorStore,
): Map<string, { readonly streams: Streams; readonly stored: StoredStreams }> {
  const found = new Map<string, { client: Client; streams: Streams; names: string[] }>();
  for (const [name, fds] of stored) {
    const { key, single, stdout, stderr, awaited } = NAME.exec(name)?.groups ?? {};
    if (key === undefined) continue;
    const client = awaited === undefined ? 'none' : 'awaited';
    const { streams, names } = found.get(key) ?? { streams: {}, names: [] };
    const [fd] = fds;
    const here = single === undefined ? outputOf(fds, { stdout, stderr }) : { [single]: fd };
    found.set(key, { client, streams: { ...streams, ...here }, names: [...names, name] });
  }
  return new Map(
    [...found].map(([key, { client, streams, names }]) => [
      key,
      { streams, stored: new StoredStreams(store, key, client, names) },
    ]),
  );
}

/** All that there are. */
export const openIn = ({ stdin, stdout, stderr, terminal, log }: Streams): number[] =>
  [stdin, stdout, stderr, terminal, log].filter((fd) => fd !== undefined);

const inodeOf = (fd: number | undefined): string => (fd === undefined ? NONE : fstatSync(fd).ino.toString());

function outputOf(
  fds: readonly number[],
  inodes: { readonly stdout: string | undefined; readonly stderr: string | undefined },
): Streams {
  const streams: { stdout?: number; stderr?: number; log?: number } = {};
  for (const fd of fds) {
    const found = fstatSync(fd);
    if (found.isFile()) streams.log = fd;
    else if (found.ino.toString() === inodes.stdout) streams.stdout = fd;
    else if (found.ino.toString() === inodes.stderr) streams.stderr = fd;
  }
  return streams;
}
