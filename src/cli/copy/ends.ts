/** The two ends of a copy, as docker and podman write them, and what goes where. Pure. */
import { basename, dirname } from 'node:path';
import { UsageError } from '../arguments/args.ts';

export type End =
  | { readonly kind: 'stream' }
  | { readonly kind: 'host'; readonly path: string }
  | { readonly kind: 'container'; readonly container: string; readonly path: string };
export type Place = Exclude<End, { kind: 'stream' }>;

/** `-`, `CONTAINER:PATH`, or a path of the host, which begins with `/` or `.` where it has a colon. @throws UsageError */
export function endFrom(text: string): End {
  if (text === '-') return { kind: 'stream' };
  const colon = text.indexOf(':');
  if (colon < 0 || text.startsWith('/') || text.startsWith('.')) {
    if (text === '') throw new UsageError('a path is empty');
    return { kind: 'host', path: text };
  }
  const [container, path] = [text.slice(0, colon), text.slice(colon + 1)];
  if (container === '' || path === '') throw new UsageError(`'${text}' is not CONTAINER:PATH`);
  return { kind: 'container', container, path: path.startsWith('/') ? path : `/${path}` };
}

/** What is at a path, links followed. */
export type Found = 'folder' | 'file' | undefined;

/** Where an archive is unpacked, and what it calls what it holds: `.` for what is in a folder. */
export interface Plan {
  readonly into: string;
  readonly name: string;
}

/** Whether what is in a folder is meant, and not the folder. */
export const isContent = (path: string): boolean => path === '.' || path.endsWith('/.') || path === '/';

/** @throws UsageError where that cannot go there */
export function planFor(source: string, is: 'folder' | 'file', target: string, found: Found): Plan {
  if (found === 'folder') {
    if (is === 'folder' && isContent(source)) return { into: target, name: '.' };
    return { into: target, name: basename(source) };
  }
  if (found === 'file' && is === 'folder') throw new UsageError(`'${target}' is no directory, and '${source}' is one`);
  if (is === 'file' && target.endsWith('/')) throw new UsageError(`there is no directory '${target}'`);
  return { into: dirname(target), name: basename(target) };
}
