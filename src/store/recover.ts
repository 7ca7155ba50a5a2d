/** Opens the database whatever has become of it: one that is damaged is kept to be looked at, and a new one made. */
import { existsSync, renameSync } from 'node:fs';
import { DatabaseDamaged, openDatabase, type Connection } from './database.ts';

export interface Opened {
  readonly connection: Connection;
  /** Where a damaged one was put, and what is wrong with it. */
  readonly damaged?: { readonly path: string; readonly error: DatabaseDamaged };
}

/** What SQLite keeps beside a database, and what of a damaged one would be taken for the new one's. */
const COMPANIONS = ['-wal', '-shm', '-journal'];

/** @throws DatabaseTooNew | DatabaseUnusable; nothing has been touched then */
export function openOrReplace(path: string, now: Date): Opened {
  try {
    return { connection: openDatabase(path) };
  } catch (error) {
    if (!(error instanceof DatabaseDamaged)) throw error;
    const aside = freeName(`${path}.damaged-${now.toISOString().replaceAll(/[-:]|\.\d+/g, '')}`);
    // The companions first: a berthd that dies in between finds the damaged file again, and not its log beside a new one.
    for (const suffix of [...COMPANIONS, '']) {
      if (existsSync(path + suffix)) renameSync(path + suffix, aside + suffix);
    }
    return { connection: openDatabase(path), damaged: { path: aside, error } };
  }
}

/** Damaged twice in a second, it is kept twice. */
function freeName(wanted: string): string {
  let name = wanted;
  for (let count = 2; existsSync(name); count++) name = `${wanted}.${count}`;
  return name;
}
