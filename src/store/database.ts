/**
 * The database: what was asked for, and the last that was seen of it. It is a cache of the world and never wins over it.
 *
 * WAL with synchronous=NORMAL: a commit survives the death of berthd at any instant. A loss of power may take the last
 * commits with it; it takes the containers too, and the folders of those whose row is lost are found at the next start.
 */
import Database from 'better-sqlite3';
import { MIGRATIONS } from './migrations.ts';

export type Connection = Database.Database;

/** The file is no database of ours, or damaged beyond what SQLite mends by itself. */
export class DatabaseUnusable extends Error {
  override readonly name = 'DatabaseUnusable';
}

/**
 * Opens `path` (`:memory:` for one that is not kept), makes it when missing and brings it up to date.
 * @throws DatabaseUnusable for a damaged file, or one that a newer berth has written
 */
export function openDatabase(path: string): Connection {
  let connection: Connection | undefined;
  try {
    connection = new Database(path);
    connection.pragma('journal_mode = WAL');
    connection.pragma('synchronous = NORMAL');
    connection.pragma('foreign_keys = ON');
    const damage = connection.pragma('quick_check(1)', { simple: true });
    if (damage !== 'ok') throw new Error(String(damage));
    migrate(connection);
    return connection;
  } catch (cause) {
    connection?.close();
    throw new DatabaseUnusable(`${path}: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
  }
}

/** Runs the migrations that `user_version` does not count yet, each in a transaction of its own. */
function migrate(connection: Connection): void {
  const done = Number(connection.pragma('user_version', { simple: true }));
  if (done > MIGRATIONS.length)
    throw new Error(`written by a newer berth (schema ${done}, this one knows ${MIGRATIONS.length})`);
  MIGRATIONS.slice(done).forEach((sql, index) => {
    connection.transaction(() => {
      connection.exec(sql);
      connection.pragma(`user_version = ${done + index + 1}`);
    })();
  });
}
