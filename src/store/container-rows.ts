import type { Statement } from 'better-sqlite3';
import type { Connection } from './database.ts';

/** A container as the database has it; the texts are JSON that this folder does not read. */
export interface ContainerRow {
  readonly id: string;
  readonly name: string;
  readonly config: string;
  readonly status: string;
  readonly createdUsec: number;
}

/** The table of containers. Every call is one transaction and has ended when it returns. */
export class ContainerRows {
  readonly #all: Statement<[], ContainerRow>;
  readonly #insert: Statement<[ContainerRow]>;
  readonly #update: Statement<[{ id: string; name: string; config: string; status: string }]>;
  readonly #delete: Statement<[string]>;

  constructor(connection: Connection) {
    this.#all = connection.prepare(
      'SELECT id, name, config, status, created_usec AS createdUsec FROM container ORDER BY created_usec, id',
    );
    this.#insert = connection.prepare(
      'INSERT INTO container (id, name, config, status, created_usec) VALUES (:id, :name, :config, :status, :createdUsec)',
    );
    this.#update = connection.prepare(
      'UPDATE container SET name = :name, config = :config, status = :status WHERE id = :id',
    );
    this.#delete = connection.prepare('DELETE FROM container WHERE id = ?');
  }

  /** Oldest first. */
  all(): ContainerRow[] {
    return this.#all.all();
  }

  /** @throws SqliteError `SQLITE_CONSTRAINT_*` when the id or the name is taken */
  insert(row: ContainerRow): void {
    this.#insert.run(row);
  }

  update(row: { id: string; name: string; config: string; status: string }): void {
    this.#update.run(row);
  }

  delete(id: string): void {
    this.#delete.run(id);
  }
}
