/**
 * The folder of a container: its OCI bundle, what it wrote, and the record of how it ended. Everything in it that is not
 * below `upper` was written by berth or by the unit.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Container } from '../container.ts';
import { shortId, type ContainerId } from '../names.ts';
import { describedBy, descriptionOf } from './rows.ts';
import { systemdSignalNumber, type Exit } from '../status.ts';

/** Where things of a container are. */
export interface Folder {
  readonly path: string;
  /** What it wrote to its root: overlayfs's upper folder. */
  readonly upper: string;
  readonly work: string;
  /** Its root file system, while its unit is active. */
  readonly root: string;
  /** The files it sees as /etc/hosts, /etc/hostname and /etc/resolv.conf. */
  readonly etc: string;
  readonly runtimeLog: string;
  /** There while its unit must not start its process: that is berthd's to do. */
  readonly hold: string;
  /** What its unit wrote when it ended; room for that is taken before it runs. */
  readonly exit: string;
  /** The same, where it could not be written there. */
  readonly exitAside: string;
  readonly pidFile: string;
  /** There once somebody has asked for the end of the process with a signal: its unit does not bring it back then. */
  readonly killed: string;
  /** Not empty while the unit's main process is `unit-start`. */
  readonly setupFile: string;
  /** What netavark is told. */
  readonly network: string;
  /** Not empty while it has a network that was set up, or was begun to be. */
  readonly networkFile: string;
}

/** Why a process is kept from running: it is `start`ed as soon as its unit has it, or it is to `wait` for Start. */
export type Next = 'start' | 'wait';

/** What the program `network` reads. */
export interface NetworkDescription {
  /** A line each: the namespace's name, the path of netavark, its firewall driver. */
  readonly settings: readonly string[];
  /** What netavark is told of each network, by the names of files. */
  readonly documents: ReadonlyMap<string, object>;
}

/** How a run of the unit ended, as its ExecStopPost= recorded it. */
export interface EndRecord {
  readonly invocationId: string;
  /** undefined where no main process was ever there. */
  readonly exit: Exit | undefined;
  readonly result: string;
}

/** More than a record of an end takes: who overwrites this needs no room on the disk any more. */
const RESERVED = '\n'.repeat(512);

/** What the container is made of, for the day the database is lost. */
const DESCRIPTION = 'container.json';

/**
 * What a start and an end need is done at once, and not in threads: these are small files beside the database, which is written
 * in the same way, and a thread for each of them costs the daemon more than the file.
 */
export class Folders {
  readonly #data: string;
  readonly #run: string;

  /**
   * @param data holds `containers/ID`; kept over a reboot
   * @param run holds `pids/ID`; gone after a reboot
   */
  constructor(data: string, run: string) {
    this.#data = data;
    this.#run = run;
  }

  of(id: ContainerId): Folder {
    const path = join(this.#data, 'containers', shortId(id));
    const inside = (name: string): string => join(path, name);
    return {
      path,
      upper: inside('upper'),
      work: inside('work'),
      root: inside('root'),
      etc: inside('etc'),
      runtimeLog: inside('runtime.log'),
      hold: inside('hold'),
      exit: inside('exit'),
      exitAside: join(this.#run, 'pids', `${shortId(id)}.exit`),
      pidFile: join(this.#run, 'pids', shortId(id)),
      killed: join(this.#run, 'pids', `${shortId(id)}.killed`),
      setupFile: join(this.#run, 'pids', `${shortId(id)}.setup`),
      network: inside('network'),
      networkFile: join(this.#run, 'networks', shortId(id)),
    };
  }

  /** Makes what is missing of the folder, and takes away what an earlier run left in it. */
  prepare(folder: Folder): void {
    const { path, upper, work, root, etc, exit, exitAside, hold, runtimeLog, pidFile, setupFile, killed } = folder;
    // Node's recursive mkdir says ENOENT where the disk cannot be written.
    if (!existsSync(path)) mkdirSync(path, { mode: 0o700 });
    for (const each of [upper, etc]) mkdirSync(each, { recursive: true, mode: 0o755 });
    for (const each of [work, root]) mkdirSync(each, { recursive: true, mode: 0o700 });
    for (const each of [exitAside, hold, runtimeLog, pidFile, setupFile, killed]) rmSync(each, { force: true });
    writeFileSync(exit, RESERVED);
  }

  /** Whether there is anything of a network to be given back. */
  hasNetwork({ networkFile }: Folder): boolean {
    return (statSync(networkFile, { throwIfNoEntry: false })?.size ?? 0) > 0;
  }

  /** Writes what the program `network` reads, in the place of what was there. For one whose network was given back. */
  writeNetwork({ network }: Folder, description: NetworkDescription | undefined): void {
    rmSync(network, { recursive: true, force: true });
    if (description === undefined) return;
    mkdirSync(network, { mode: 0o700 });
    for (const [name, document] of description.documents) writeFileSync(join(network, name), JSON.stringify(document));
    writeFileSync(join(network, 'settings'), description.settings.map((line) => `${line}\n`).join(''));
  }

  /** One more, or another, of a network that may be set up. */
  writeNetworkDocument({ network }: Folder, name: string, document: object): void {
    replaceFile(join(network, name), JSON.stringify(document));
  }

  /** undefined where there is none of this name. */
  networkDocument({ network }: Folder, name: string): string | undefined {
    return contentOf(join(network, name));
  }

  /** With what netavark has said. */
  removeNetworkDocument({ network }: Folder, name: string): void {
    for (const suffix of ['', '.answer', '.said']) rmSync(join(network, name + suffix), { force: true });
  }

  /** The documents that there are, in the order in which they are set up. */
  networkDocuments({ network }: Folder): string[] {
    if (!existsSync(network)) return [];
    return readdirSync(network)
      .filter((name) => name.endsWith('.json'))
      .sort();
  }

  /** Makes what is missing for its root to be mounted; it may never have been started. */
  makeRoot({ path, upper, work, root }: Folder, container: Container): void {
    if (!existsSync(path)) mkdirSync(path, { mode: 0o700 });
    mkdirSync(upper, { recursive: true, mode: 0o755 });
    for (const each of [work, root]) mkdirSync(each, { recursive: true, mode: 0o700 });
    if (!existsSync(join(path, DESCRIPTION))) replaceFile(join(path, DESCRIPTION), descriptionOf(container));
  }

  /** Writes the OCI configuration, and what the container is made of, from which a lost database can be filled again. */
  describe(folder: Folder, spec: object, container: Container): void {
    writeFileSync(join(folder.path, 'config.json'), JSON.stringify(spec), { mode: 0o600 });
    replaceFile(join(folder.path, DESCRIPTION), descriptionOf(container));
  }

  /** Writes what a container is made of again, after a change; one that was never started has no folder, and needs none. */
  describeAgain(container: Container): void {
    const { path } = this.of(container.id);
    if (existsSync(path)) replaceFile(join(path, DESCRIPTION), descriptionOf(container));
  }

  /** The names of the folders that there are, whoever's they are. */
  async names(): Promise<string[]> {
    return await readdir(join(this.#data, 'containers'));
  }

  /** The container that a folder says it is of. @throws Error for a folder that does not say, or whose name belies it */
  async described(name: string): Promise<Container> {
    const container = describedBy(await readFile(join(this.#data, 'containers', name, DESCRIPTION), 'utf8'));
    if (shortId(container.id) !== name) throw new Error(`it says that it is of the container ${container.id}`);
    return container;
  }

  /** @param next what is going to happen to the process once it is there */
  hold(folder: Folder, next: Next): void {
    writeFileSync(folder.hold, next);
  }

  /** Has the unit not bring the process back once that ends. */
  markKilled(folder: Folder): void {
    writeFileSync(folder.killed, '');
  }

  release(folder: Folder): void {
    rmSync(folder.hold, { force: true });
  }

  isHeld(folder: Folder): boolean {
    return existsSync(folder.hold);
  }

  /** Whether the process is there to be started at once, and not to wait until somebody asks. */
  isToStart(folder: Folder): boolean {
    return contentOf(folder.hold) === ('start' satisfies Next);
  }

  /** How the unit's last run ended; undefined while it runs, and where nothing was recorded. */
  endOf({ exit, exitAside }: Folder): EndRecord | undefined {
    const ends = [exit, exitAside].flatMap((path) => recordIn(path) ?? []);
    return ends.toSorted((a, b) => a.at.getTime() - b.at.getTime()).at(-1)?.end;
  }

  /** Deletes the folder; its root must not be mounted any more. */
  async remove(folder: Folder): Promise<void> {
    await Promise.all([
      rm(folder.pidFile, { force: true }),
      rm(folder.setupFile, { force: true }),
      rm(folder.killed, { force: true }),
      rm(folder.exitAside, { force: true }),
      rm(folder.networkFile, { force: true }),
      rm(`${folder.networkFile}.up`, { force: true }),
      rm(folder.path, { recursive: true, force: true, maxRetries: 3 }),
    ]);
  }
}

function recordIn(path: string): { readonly end: EndRecord; readonly at: Date } | undefined {
  const info = statSync(path, { throwIfNoEntry: false });
  const text = info === undefined ? undefined : contentOf(path);
  const end = text === undefined || info === undefined ? undefined : parseEnd(text, info.mtime);
  return end === undefined || info === undefined ? undefined : { end, at: info.mtime };
}

/** undefined where the file is not there, or no more. */
function contentOf(path: string): string | undefined {
  if (!existsSync(path)) return undefined;
  try {
    return readFileSync(path, 'latin1');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
}

function replaceFile(path: string, content: string): void {
  writeFileSync(`${path}.new`, content, { mode: 0o600 });
  renameSync(`${path}.new`, path);
}

/**
 * Reads what `unit-stopped` wrote: NAME=value lines with the variables systemd.exec(5) gives to ExecStopPost=.
 * @param at when it was written, which is when the unit ended
 * @returns undefined for a record that is not whole
 */
export function parseEnd(text: string, at: Date): EndRecord | undefined {
  const length = text.indexOf('\nEND\n');
  if (length === -1) return undefined;
  const fields = new Map(
    text
      .slice(0, length)
      .split('\n')
      .map((line) => splitAt(line, '=')),
  );
  const invocationId = fields.get('INVOCATION_ID');
  const result = fields.get('SERVICE_RESULT');
  if (invocationId === undefined || result === undefined) return undefined;
  const oomKilled = result === 'oom-kill' || Number(fields.get('OOM_KILLS') ?? 0) > 0;
  const status = fields.get('EXIT_STATUS') ?? '';
  switch (fields.get('EXIT_CODE') ?? '') {
    case 'exited': {
      const code = /^\d{1,3}$/.test(status) ? Number(status) : undefined;
      return { invocationId, result, exit: { code, signal: undefined, oomKilled: false, result, at } };
    }
    case 'killed':
    case 'dumped': {
      const number = systemdSignalNumber(status);
      const code = number === undefined ? undefined : 128 + number;
      const byKernel = oomKilled && status === 'KILL';
      return { invocationId, result, exit: { code, signal: `SIG${status}`, oomKilled: byKernel, result, at } };
    }
    default:
      return { invocationId, result, exit: undefined };
  }
}

function splitAt(line: string, separator: string): [string, string] {
  const index = line.indexOf(separator);
  return index === -1 ? [line, ''] : [line.slice(0, index), line.slice(index + 1)];
}
