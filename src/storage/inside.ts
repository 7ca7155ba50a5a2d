/**
 * Reads a small file out of a container's root that is not mounted: its writable layer, then the image's, top to bottom,
 * with overlayfs's whiteouts and opaque folders.
 *
 * An image may come from anyone, and its symbolic links may point anywhere. So none is followed, neither to the file nor
 * on the way to it: a file behind one counts as absent, and so does anything that is no regular file, or is too large.
 * Each step opens the next name relative to the folder opened before, so that nothing can be exchanged underneath. Images
 * whose /etc is a link are not known to exist; a container of one runs as root only or as a numeric user.
 */
import { closeSync, constants, fstatSync, lstatSync, openSync, readSync, type Stats } from 'node:fs';
import { getxattr } from './xattr.ts';

/** /etc/passwd of a host with some ten thousand users. */
const MAX_FILE_BYTES = 1024 * 1024;

const OPAQUE = 'trusted.overlay.opaque';
const FOLDER = constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW;
/** Non-blocking: a FIFO would otherwise wait for someone to write. */
const FILE = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK | constants.O_NOCTTY;

type Found = { readonly text: string } | 'nothing-here' | 'hidden-below';

/**
 * Some fifteen calls of the kernel for each layer, of 3 µs; in threads, one after the other, they would take a millisecond of a
 * start.
 * @param folders roots of layers, the topmost first; one that does not exist is empty
 * @param path in the container, absolute and without `..`
 * @returns undefined where there is no such file, or none that is safe to read
 */
export function readInside(folders: readonly string[], path: string): string | undefined {
  const names = path.split('/').filter((name) => name !== '' && name !== '.');
  if (!path.startsWith('/') || names.length === 0 || names.includes('..'))
    throw new RangeError(`Not a path inside: ${path}`);
  for (const folder of folders) {
    const found = readInLayer(folder, names);
    if (found === 'hidden-below') return undefined;
    if (found !== 'nothing-here') return found.text;
  }
  return undefined;
}

function readInLayer(folder: string, names: readonly string[]): Found {
  let hides = false;
  let at = openIf(folder, constants.O_RDONLY | constants.O_DIRECTORY); // the layer itself goes by a link
  try {
    for (const [index, name] of names.entries()) {
      if (at === undefined) return hides ? 'hidden-below' : 'nothing-here';
      const path = `/proc/self/fd/${at}/${name}`;
      const stats = lstatIf(path);
      if (stats === undefined) return hides ? 'hidden-below' : 'nothing-here';
      if (index === names.length - 1) return readRegular(path, stats) ?? 'hidden-below';
      if (!stats.isDirectory()) return 'hidden-below'; // a whiteout, a link, or something in the folder's place
      const next = openIf(path, FOLDER);
      closeSync(at);
      at = next;
      if (at !== undefined && getxattr(at, OPAQUE)?.toString() === 'y') hides = true;
    }
    return 'nothing-here';
  } finally {
    if (at !== undefined) closeSync(at);
  }
}

function readRegular(path: string, stats: Stats): { text: string } | undefined {
  if (!stats.isFile() || stats.size > MAX_FILE_BYTES) return undefined;
  const file = openIf(path, FILE);
  if (file === undefined) return undefined;
  try {
    const opened = fstatSync(file);
    if (!opened.isFile()) return undefined;
    const buffer = Buffer.allocUnsafe(Math.min(opened.size, MAX_FILE_BYTES) + 1);
    const bytes = readSync(file, buffer, 0, buffer.length, 0);
    const changed = bytes > opened.size; // it has grown since, and nobody knows what of it came
    return bytes > MAX_FILE_BYTES || changed ? undefined : { text: buffer.toString('utf8', 0, bytes) };
  } finally {
    closeSync(file);
  }
}

const ABSENT = ['ENOENT', 'ENOTDIR', 'ELOOP', 'ENXIO'];
const isAbsent = (failure: unknown): boolean =>
  failure instanceof Error && 'code' in failure && typeof failure.code === 'string' && ABSENT.includes(failure.code);

function openIf(path: string, flags: number): number | undefined {
  try {
    return openSync(path, flags);
  } catch (failure) {
    if (isAbsent(failure)) return undefined;
    throw failure;
  }
}

const lstatIf = (path: string): Stats | undefined => lstatSync(path, { throwIfNoEntry: false });
