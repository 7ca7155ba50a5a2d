/**
 * Reads a small file out of a container's root that is not mounted: its writable layer, then the image's, top to bottom,
 * with overlayfs's whiteouts and opaque folders.
 *
 * An image may come from anyone, and its symbolic links may point anywhere. So none is followed, neither to the file nor
 * on the way to it: a file behind one counts as absent, and so does anything that is no regular file, or is too large.
 * Each step opens the next name relative to the folder opened before, so that nothing can be exchanged underneath. Images
 * whose /etc is a link are not known to exist; a container of one runs as root only or as a numeric user.
 */
import { constants, type Stats } from 'node:fs';
import { type FileHandle, lstat, open } from 'node:fs/promises';
import { getxattr } from './xattr.ts';

/** /etc/passwd of a host with some ten thousand users. */
const MAX_FILE_BYTES = 1024 * 1024;

const OPAQUE = 'trusted.overlay.opaque';
const FOLDER = constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW;
/** Non-blocking: a FIFO would otherwise wait for someone to write. */
const FILE = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK | constants.O_NOCTTY;

type Found = { readonly text: string } | 'nothing-here' | 'hidden-below';

/**
 * @param folders roots of layers, the topmost first; one that does not exist is empty
 * @param path in the container, absolute and without `..`
 * @returns undefined where there is no such file, or none that is safe to read
 */
export async function readInside(folders: readonly string[], path: string): Promise<string | undefined> {
  const names = path.split('/').filter((name) => name !== '' && name !== '.');
  if (!path.startsWith('/') || names.length === 0 || names.includes('..'))
    throw new RangeError(`Not a path inside: ${path}`);
  for (const folder of folders) {
    const found = await readInLayer(folder, names);
    if (found === 'hidden-below') return undefined;
    if (found !== 'nothing-here') return found.text;
  }
  return undefined;
}

async function readInLayer(folder: string, names: readonly string[]): Promise<Found> {
  let hides = false;
  let at = await openIf(folder, constants.O_RDONLY | constants.O_DIRECTORY); // the layer itself goes by a link
  try {
    for (const [index, name] of names.entries()) {
      if (at === undefined) return hides ? 'hidden-below' : 'nothing-here';
      const path = `/proc/self/fd/${at.fd}/${name}`;
      const stats = await lstatIf(path);
      if (stats === undefined) return hides ? 'hidden-below' : 'nothing-here';
      if (index === names.length - 1) return (await readRegular(path, stats)) ?? 'hidden-below';
      if (!stats.isDirectory()) return 'hidden-below'; // a whiteout, a link, or something in the folder's place
      const next: FileHandle | undefined = await openIf(path, FOLDER);
      await at.close();
      at = next;
      if (at !== undefined && getxattr(at.fd, OPAQUE)?.toString() === 'y') hides = true;
    }
    return 'nothing-here';
  } finally {
    await at?.close();
  }
}

async function readRegular(path: string, stats: Stats): Promise<{ text: string } | undefined> {
  if (!stats.isFile() || stats.size > MAX_FILE_BYTES) return undefined;
  const file = await openIf(path, FILE);
  if (file === undefined) return undefined;
  try {
    const opened = await file.stat();
    if (!opened.isFile()) return undefined;
    const buffer = Buffer.allocUnsafe(Math.min(opened.size, MAX_FILE_BYTES) + 1);
    const { bytesRead } = await file.read(buffer, 0, buffer.length, 0);
    const changed = bytesRead > opened.size; // it has grown since, and nobody knows what of it came
    return bytesRead > MAX_FILE_BYTES || changed ? undefined : { text: buffer.toString('utf8', 0, bytesRead) };
  } finally {
    await file.close();
  }
}

const ABSENT = ['ENOENT', 'ENOTDIR', 'ELOOP', 'ENXIO'];
const isAbsent = (failure: unknown): boolean =>
  failure instanceof Error && 'code' in failure && typeof failure.code === 'string' && ABSENT.includes(failure.code);

async function openIf(path: string, flags: number): Promise<FileHandle | undefined> {
  try {
    return await open(path, flags);
  } catch (failure) {
    if (isAbsent(failure)) return undefined;
    throw failure;
  }
}

async function lstatIf(path: string): Promise<Stats | undefined> {
  try {
    return await lstat(path);
  } catch (failure) {
    if (isAbsent(failure)) return undefined;
    throw failure;
  }
}
