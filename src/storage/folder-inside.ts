/** A folder of a container's root, links in its path followed inside that, while it need not be mounted; and a copy of it. */
import { fstatSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { Walk, type Place } from './inside.ts';
import { readOnlyOverlay } from './overlay.ts';
import { runOnTree } from './trees.ts';

/** What a root file system is made of. */
export type RootSource =
  /** The roots of its layers, the topmost first. */
  | { readonly kind: 'layers'; readonly store: string; readonly upper: string; readonly layers: readonly LayerFolder[] }
  | { readonly kind: 'folder'; readonly path: string };

interface LayerFolder {
  readonly diff: string;
  readonly link: string;
}

export interface FolderInside {
  readonly uid: number;
  readonly gid: number;
  readonly mode: number;
  readonly modifiedAt: Date;
  readonly isEmpty: boolean;
  /** Makes `target` of it, which is not there yet. @throws TreeFailed */
  copyTo(target: string): Promise<void>;
}

export interface FolderSearch {
  readonly root: RootSource;
  readonly path: string;
  /** The program that copies. */
  readonly helper: string;
  /** An empty folder, where the copying program may mount something that nobody else sees. */
  readonly place: string;
}

/** undefined where there is no such folder. @throws InsideFileUnfit for a circle of links */
export function folderInside(search: FolderSearch): FolderInside | undefined {
  using walk = new Walk(search.path);
  const found = placeOf(walk, search);
  if (found === undefined) return undefined;
  const { uid, gid, mode, mtime: modifiedAt } = fstatSync(found.top);
  const isEmpty = found.fds.every((fd) => readdirSync(`/proc/self/fd/${fd}`).length === 0);
  const copyTo = async (target: string): Promise<void> => {
    await copyFolder(search, target);
  };
  return { uid, gid, mode, modifiedAt, isEmpty, copyTo };
}

function placeOf(walk: Walk, { root, path }: FolderSearch): (Place & { readonly top: number }) | undefined {
  const folders = root.kind === 'folder' ? [root.path] : [root.upper, ...root.layers.map(({ diff }) => diff)];
  const found = walk.find(folders, path);
  const [top] = found.kind === 'folder' ? found.place.fds : [];
  return found.kind === 'folder' && top !== undefined ? { ...found.place, top } : undefined;
}

/** Links in the path were followed before: nobody changes layers. Of a folder that others may change, what is open is copied. */
async function copyFolder(search: FolderSearch, target: string): Promise<void> {
  const { root, place, helper } = search;
  using walk = new Walk(search.path);
  const found = placeOf(walk, search);
  if (found === undefined) throw new Error(`${search.path} was there a moment ago`);
  const source = root.kind === 'folder' ? `/proc/${process.pid}/fd/${found.top}/.` : join(place, found.path);
  const namespace = ['/usr/bin/unshare', '--mount', '--propagation', 'private', '--', '/bin/sh', helper];
  await runOnTree([...namespace, source, target, ...mountOf(root, place)]);
}

/** Where that runs, and the command; nothing for a folder. */
function mountOf(root: RootSource, place: string): string[] {
  if (root.kind === 'folder') return [];
  const { argv, directory } = readOnlyOverlay({ ...root, target: place });
  return [directory, ...argv];
}
