import type { Statement } from 'better-sqlite3';
import type { Connection } from './database.ts';

/** How a container that is gone has ended; `exit` is JSON that this folder does not read. */
export interface EndedRow {
  readonly id: string;
  readonly name: string;
  readonly exit: string;
  readonly atMs: number;
}

/** The table of containers that are gone. */
export class EndedRows {
  readonly #find: Statement<[string, string], EndedRow>;
  readonly #insert: Statement<[EndedRow]>;
  readonly #expire: Statement<[number]>;
  readonly #forgetName: Statement<[string]>;
  readonly #redate: Statement<[{ nowMs: number }]>;

  constructor(connection: Connection) {
    this.#find = connection.prepare(
      'SELECT id, name, exit, at_ms AS atMs FROM ended WHERE id = ? OR name = ? ORDER BY at_ms DESC LIMIT 1',
    );
    this.#insert = connection.prepare(
      'INSERT OR REPLACE INTO ended (id, name, exit, at_ms) VALUES (:id, :name, :exit, :atMs)',
    );
    this.#forgetName = connection.prepare("UPDATE ended SET name = '' WHERE name = ?");
    this.#redate = connection.prepare('UPDATE ended SET at_ms = :nowMs WHERE at_ms > :nowMs');
    this.#expire = connection.prepare('DELETE FROM ended WHERE at_ms < ?');
  }

  /** The latest that had this id or name. */
  find(idOrName: string): EndedRow | undefined {
    return this.#find.get(idOrName, idOrName);
  }

  insert(row: EndedRow): void {
    this.#insert.run(row);
  }

  /** The name means another container from now on. */
  forgetName(name: string): void {
    this.#forgetName.run(name);
  }

  /** Those of the future were written by a clock that was set back since: they are of now, not kept until it has caught up. */
  redate(nowMs: number): void {
    this.#redate.run({ nowMs });
  }

  /** Forgets those that were removed before `beforeMs`. */
  expire(beforeMs: number): void {
    this.#expire.run(beforeMs);
  }
}
