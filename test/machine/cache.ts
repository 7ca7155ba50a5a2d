/**
 * What takes long to build and depends on nothing but its recipe: roots, images. Built once, kept outside the tree.
 *
 * Invariants: an entry is there whole or not at all (built beside its place, then renamed); two runs never build the
 * same entry at once; an interrupted build costs disk space until the next build of that entry, and nothing else.
 */
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Process } from './process.ts';

/** Where the tests keep what they built: `$BERTH_CACHE`, or a folder of the machine's cache. */
export const CACHE = process.env['BERTH_CACHE'] ?? '/var/cache/berth-test';

/** A name for what a recipe makes: it changes when the recipe does. */
export function cacheKey(name: string, recipe: unknown): string {
  return `${name}-${createHash('sha256').update(JSON.stringify(recipe)).digest('hex').slice(0, 12)}`;
}

/** The folder of an entry; `build` fills it when it is not there yet. */
export async function cached(key: string, build: (folder: string) => Promise<void>): Promise<string> {
  const folder = join(CACHE, key);
  if (existsSync(folder)) return folder;
  await mkdir(CACHE, { recursive: true });
  await using _ = await lock(join(CACHE, `.${key}.lock`)); // one for each entry: building one may need another
  if (existsSync(folder)) return folder;
  const partial = join(CACHE, `.partial-${key}`);
  await rm(partial, { recursive: true, force: true });
  await mkdir(partial);
  await build(partial);
  await rename(partial, folder);
  return folder;
}

/** Holds a file's lock until disposed of, or until this process is gone. */
async function lock(file: string): Promise<AsyncDisposable> {
  const holder = new Process(['flock', '--exclusive', file, 'sh', '-c', 'echo; exec cat'], { env: { PATH } });
  await Promise.race([
    new Promise((resolve) => holder.stdout.once('data', resolve)),
    holder.ended.then(() => Promise.reject(new Error(`cannot lock ${file}`))),
  ]);
  return {
    async [Symbol.asyncDispose]() {
      holder.stdin.end(); // as would the end of this process
      await holder.ended;
    },
  };
}

/** Where Debian keeps programs that root may run. */
export const PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';
