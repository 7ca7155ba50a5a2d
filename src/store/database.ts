/**
 * The database: what was asked for, and the last that was seen of it. It is a cache of the world and never wins over it.
 *
 * WAL with synchronous=NORMAL: a commit survives the death of berthd at any instant. A loss of power may take the last
 * commits with it; it takes the containers too, and the folders of those whose row is lost are found at the next start.
 */
import Database from 'better-sqlite3';
import { MIGRATIONS } from './migrations.ts';

export type Connection = Database.Database;

/** The file cannot be opened or written: no damage, and no fault of its content. */
export class DatabaseUnusable extends Error {
  override readonly name: string = 'DatabaseUnusable';
}

/** The file is no database of ours, or damaged beyond what SQLite mends by itself. */
export class DatabaseDamaged extends DatabaseUnusable {
  override readonly name = 'DatabaseDamaged';
}

/** A newer berth has written it; it is as it was. */
export class DatabaseTooNew extends DatabaseUnusable {
  override readonly name = 'DatabaseTooNew';
}

/**
 * Opens `path` (`:memory:` for one that is not kept), makes it when missing and brings it up to date.
 * @throws DatabaseDamaged | DatabaseTooNew | DatabaseUnusable
 */
export function openDatabase(path: string): Connection {
  let connection: Connection | undefined;
  try {
    connection = new Database(path);
    const done = Number(connection.pragma('user_version', { simple: true }));
    if (done > MIGRATIONS.length) {
      const problem = `written by a newer berth (schema ${done}, this one knows ${MIGRATIONS.length})`;
      throw new DatabaseTooNew(`${path}: ${problem}`);
    }
    connection.pragma('journal_mode = WAL');
    connection.pragma('synchronous = NORMAL');
    connection.pragma('foreign_keys = ON');
    demandHealth(connection, path);
    migrate(connection, done);
    demandTables(connection, path);
    return connection;
  } catch (cause) {
    connection?.close();
    if (cause instanceof DatabaseUnusable) throw cause;
    const message = `${path}: ${cause instanceof Error ? cause.message : String(cause)}`;
    throw isDamage(cause) ? new DatabaseDamaged(message, { cause }) : new DatabaseUnusable(message, { cause });
  }
}

/** @throws DatabaseDamaged with the first thing that is wrong */
function demandHealth(connection: Connection, path: string): void {
  const damage = connection.pragma('quick_check(1)', { simple: true });
  if (damage !== 'ok') throw new DatabaseDamaged(`${path}: ${String(damage)}`);
}

/** @throws DatabaseDamaged where what the version promises is not there */
function demandTables(connection: Connection, path: string): void {
  const tables = new Set(connection.prepare<[], string>('SELECT name FROM sqlite_schema').pluck().all());
  for (const table of ['container', 'ended']) {
    if (!tables.has(table)) throw new DatabaseDamaged(`${path}: it has no table ${table}`);
  }
}

const isDamage = (error: unknown): boolean =>
  error instanceof Database.SqliteError && /^SQLITE_(?:CORRUPT|NOTADB)/.test(error.code);

/** Runs the migrations after the first `done`, each in a transaction of its own. */
function migrate(connection: Connection, done: number): void {
  MIGRATIONS.slice(done).forEach((sql, index) => {
    connection.transaction(() => {
      connection.exec(sql);
      connection.pragma(`user_version = ${done + index + 1}`);
    })();
  });
}
