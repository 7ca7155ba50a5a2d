/**
 * Reads a small file out of a container's root as the container sees it, while that need not be mounted: its writable layer, then
 * the image's, top to bottom, with overlayfs's whiteouts and opaque folders, and what is mounted in it.
 *
 * An image may come from anyone, and its symbolic links may point anywhere. They are followed as the kernel does inside a root of
 * their own: each step opens the next name relative to the folder opened before, `..` goes back to the folder that was
 * come from, and a path that begins with `/` begins at the container's root again. So nothing leads out, and nothing can be
 * exchanged underneath. What is neither absent nor a small regular file is an error: who the container's users are cannot be told.
 */
import { closeSync, constants, fstatSync, lstatSync, openSync, readlinkSync, readSync, type Stats } from 'node:fs';
import { InsideFileUnfit } from './errors.ts';
import { getxattr } from './xattr.ts';

/** /etc/passwd of a host with some ten thousand users. */
const MAX_FILE_BYTES = 1024 * 1024;
/** As many as the kernel follows. */
const MAX_LINKS = 40;

const OPAQUE = 'trusted.overlay.opaque';
/** Only names it, whatever it is; of <fcntl.h>, where Node has none. */
const O_PATH = 0o10000000;
const NAMED = O_PATH | constants.O_NOFOLLOW;
const FOLDER = constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW;
const ROOT = constants.O_RDONLY | constants.O_DIRECTORY; // a layer goes by a link
/** Non-blocking: a FIFO would otherwise wait for someone to write. */
const FILE = constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOCTTY;

/** The root of a container. */
export interface InsideRoot {
  /** The roots of its layers, the topmost first; one that does not exist is empty. */
  readonly folders: readonly string[];
  /** What is mounted in it, in that order. */
  readonly mounts?: readonly InsideMount[];
  /** Whether the source of a mount may be opened; where it may not, nothing is there. Every one may by default. */
  readonly enters?: (source: string) => boolean;
}

export interface InsideMount {
  readonly destination: string;
  /** A path of the host; undefined for an empty file system. */
  readonly source: string | undefined;
}

/** A folder of the container: the folders of the layers that make it up, the topmost first. */
export interface Place {
  readonly path: string;
  readonly fds: readonly number[];
}

type Entry =
  | { readonly kind: 'folder'; readonly place: Place }
  | { readonly kind: 'link'; readonly target: string }
  | { readonly kind: 'other'; readonly at: string }
  | { readonly kind: 'absent' };
const ABSENT: Entry = { kind: 'absent' };

/**
 * Some fifteen calls of the kernel for each layer, of 3 µs; in threads, one after the other, they would take a millisecond of a
 * start.
 * @param path in the container, absolute
 * @returns undefined where there is no such file
 * @throws InsideFileUnfit where something is there that is no regular file, or is too large, or a circle of links
 */
export function readInside(root: InsideRoot, path: string): string | undefined {
  if (!path.startsWith('/')) throw new RangeError(`Not a path inside: ${path}`);
  using walk = new Walk(path, root.enters);
  for (const { destination, source } of root.mounts ?? []) walk.mount(root.folders, destination, source);
  const found = walk.find(root.folders, path);
  if (found.kind === 'absent') return undefined;
  if (found.kind !== 'other') throw new InsideFileUnfit(path, 'it is no regular file');
  return readRegular(path, found.at);
}

/** A way through a root, with every folder on it open. */
export class Walk implements Disposable {
  readonly #asked: string;
  readonly #enters: (source: string) => boolean;
  readonly #opened: number[] = [];
  /** By where it really is in the container. */
  readonly #mounts = new Map<string, string | undefined>();

  /** @param asked named in errors */
  constructor(asked: string, enters: (source: string) => boolean = () => true) {
    this.#asked = asked;
    this.#enters = enters;
  }

  [Symbol.dispose](): void {
    for (const fd of this.#opened) closeSync(fd);
  }

  /** Something is mounted there, links in its path followed, as the runtime does. */
  mount(folders: readonly string[], destination: string, source: string | undefined): void {
    this.#mounts.set(this.#resolve(folders, destination).path, source);
  }

  find(folders: readonly string[], path: string): Entry {
    return this.#resolve(folders, path).entry;
  }

  /** @returns where that is as well, links followed; of what is not there, as it would be made */
  #resolve(folders: readonly string[], path: string): { readonly entry: Entry; readonly path: string } {
    const root = this.#mounted('') ?? { kind: 'folder', place: { path: '', fds: this.#openAll(folders) } };
    if (root.kind !== 'folder') return { entry: root, path: '' };
    const names = namesOf(path);
    const way = [root.place];
    let links = 0;
    for (let name = names.shift(); name !== undefined; name = names.shift()) {
      const at = way.at(-1) ?? root.place;
      if (name === '..') {
        if (way.length > 1) way.pop();
        continue;
      }
      const entry = this.#look(at, name);
      if (entry.kind === 'folder') way.push(entry.place);
      else if (entry.kind === 'link') {
        links += 1;
        if (links > MAX_LINKS) throw new InsideFileUnfit(this.#asked, 'its links go in a circle');
        if (entry.target.startsWith('/')) way.splice(1);
        names.unshift(...namesOf(entry.target));
      } else {
        const rest = names.filter((each) => each !== '..');
        return { entry: names.length === 0 ? entry : ABSENT, path: [`${at.path}/${name}`, ...rest].join('/') };
      }
    }
    const place = way.at(-1) ?? root.place;
    return { entry: { kind: 'folder', place }, path: place.path };
  }

  #look(at: Place, name: string): Entry {
    const path = `${at.path}/${name}`;
    const mounted = this.#mounted(path);
    if (mounted !== undefined) return mounted;
    const fds: number[] = [];
    for (const [index, fd] of at.fds.entries()) {
      const below = `/proc/self/fd/${fd}/${name}`;
      const stats = lstatIf(below);
      if (stats === undefined) continue;
      // Whatever is in the way of the folders below hides them, or is hidden by the one above.
      if (!stats.isDirectory())
        return fds.length > 0 || isWhiteout(stats) ? folderOf(path, fds) : entryOf(below, stats);
      const folder = this.#open(below, FOLDER);
      if (folder === undefined) continue;
      fds.push(folder);
      if (index < at.fds.length - 1 && getxattr(folder, OPAQUE)?.toString() === 'y') break;
    }
    return folderOf(path, fds);
  }

  /** What is mounted at that very place. */
  #mounted(path: string): Entry | undefined {
    if (!this.#mounts.has(path)) return undefined;
    const source = this.#mounts.get(path);
    if (source === undefined) return { kind: 'folder', place: { path, fds: [] } };
    if (!this.#enters(source)) return ABSENT;
    const folder = this.#open(source, ROOT);
    return folder === undefined ? { kind: 'other', at: source } : { kind: 'folder', place: { path, fds: [folder] } };
  }

  #openAll(folders: readonly string[]): number[] {
    return folders.flatMap((folder) => this.#open(folder, ROOT) ?? []);
  }

  #open(path: string, flags: number): number | undefined {
    const fd = openIf(path, flags);
    if (fd !== undefined) this.#opened.push(fd);
    return fd;
  }
}

const namesOf = (path: string): string[] => path.split('/').filter((name) => name !== '' && name !== '.');

const folderOf = (path: string, fds: readonly number[]): Entry =>
  fds.length === 0 ? ABSENT : { kind: 'folder', place: { path, fds } };

const entryOf = (at: string, stats: Stats): Entry =>
  stats.isSymbolicLink() ? { kind: 'link', target: readlinkSync(at) } : { kind: 'other', at };

const isWhiteout = (stats: Stats): boolean => stats.isCharacterDevice() && stats.rdev === 0;

/** Named first, and opened only if it is what it should be: a device may do something when it is opened. */
function readRegular(path: string, at: string): string | undefined {
  const named = openIf(at, at.startsWith('/proc/self/fd/') ? NAMED : O_PATH);
  if (named === undefined) return undefined;
  try {
    if (!fstatSync(named).isFile()) throw new InsideFileUnfit(path, 'it is no regular file');
    return readOpened(path, openSync(`/proc/self/fd/${named}`, FILE));
  } finally {
    closeSync(named);
  }
}

/** Closes it as well. */
function readOpened(path: string, file: number): string {
  try {
    const { size } = fstatSync(file);
    if (size > MAX_FILE_BYTES) throw new InsideFileUnfit(path, `it is larger than ${MAX_FILE_BYTES} bytes`);
    const buffer = Buffer.allocUnsafe(size + 1);
    const bytes = readSync(file, buffer, 0, buffer.length, 0);
    // Nobody knows what of it came; files of /proc have no size.
    if (bytes > size) throw new InsideFileUnfit(path, 'it has no end, or grows while it is read');
    return buffer.toString('utf8', 0, bytes);
  } finally {
    closeSync(file);
  }
}

const ABSENCE = ['ENOENT', 'ENOTDIR', 'ELOOP', 'ENXIO', 'ENAMETOOLONG'];
const isAbsent = (failure: unknown): boolean =>
  failure instanceof Error && 'code' in failure && typeof failure.code === 'string' && ABSENCE.includes(failure.code);

function openIf(path: string, flags: number): number | undefined {
  try {
    return openSync(path, flags);
  } catch (failure) {
    if (isAbsent(failure)) return undefined;
    throw failure;
  }
}

/** A name that is too long for the kernel is one that nothing has. */
function lstatIf(path: string): Stats | undefined {
  try {
    return lstatSync(path, { throwIfNoEntry: false });
  } catch (failure) {
    if (isAbsent(failure)) return undefined;
    throw failure;
  }
}
