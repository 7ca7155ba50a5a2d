/** What a file of a container is. */
import { closeSync, fstatSync } from 'node:fs';
import { basename } from 'node:path';
import type { FileFacts, FileStat } from '../request.ts';
import { name, readLink } from './kernel.ts';
import { INSIDE, type EnteredRoot } from './root.ts';

/** @throws SystemCallFailed */
export function statOf({ fd: root, proc }: EnteredRoot, path: string): FileStat {
  const fd = name(root, path, 'link-itself', INSIDE);
  const stats = fstatSync(fd);
  const found: FileStat = { name: nameOf(path), facts: factsOf(fd) };
  if (!stats.isSymbolicLink()) return found;
  return { ...found, link: { text: readLink(fd, ''), leadsTo: leadsTo(root, proc, path) } };
}

/** The last part of a path; `.` for all that is in a folder. */
export function nameOf(path: string): string {
  const last = basename(path);
  return last === '' || last === '..' || path.endsWith('/.') ? '.' : last;
}

function leadsTo(root: number, proc: number, path: string): NonNullable<FileStat['link']>['leadsTo'] {
  let fd: number;
  try {
    fd = name(root, path, 'anything', INSIDE);
  } catch {
    return undefined; // to nothing, in a circle, or through /proc: there is nothing to be had
  }
  const facts = factsOf(fd);
  const at = readLink(proc, `thread-self/fd/${fd}`);
  closeSync(fd);
  return { path: at, facts };
}

function factsOf(fd: number): FileFacts {
  const { mode, size, uid, gid, mtimeMs } = fstatSync(fd);
  return { mode, size, uid, gid, modifiedAt: mtimeMs };
}
