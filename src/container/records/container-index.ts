/**
 * All containers, by ID and by name: the database, held in memory. berthd is its only writer, so reading costs nothing and
 * takes no lock; `save` returns when the row is written, and then tells whoever waits for that container.
 */
import { Topic } from '../../lib/topic.ts';
import type { ContainerRows } from '../../store/container-rows.ts';
import type { EndedRows } from '../../store/ended-rows.ts';
import type { Logger } from '../../log/logger.ts';
import type { Container } from '../container.ts';
import { ContainerError } from '../errors.ts';
import { isIdPrefix, parseContainerId, type ContainerId, type ContainerName } from '../names.ts';
import { containerOf, exitOf, exitText, rowOf } from './rows.ts';
import { secondUnitNameFor, unitNameFor } from '../unit-names.ts';
import { hasLife, type Exit } from '../status.ts';

const MAX_CANDIDATES = 10;
/** How long it is remembered how a removed container ended. */
const ENDED_KEPT_MS = 10 * 60 * 1000;

export type Rows = Pick<ContainerRows, 'all' | 'insert' | 'update' | 'delete'>;
export type Ended = Pick<EndedRows, 'find' | 'insert' | 'expire' | 'forgetName' | 'redate'>;

export class ContainerIndex {
  /** Says that a container was saved or removed. */
  readonly changes = new Topic<ContainerId>();
  /** The IDs of rows that cannot be read. */
  readonly unreadable: readonly string[];
  readonly #rows: Rows;
  readonly #ended: Ended;
  readonly #steadyNow: () => Date;
  readonly #log: Pick<Logger, 'error'>;
  /** Those whose rows are not what they were seen to be. */
  readonly #behind = new Set<ContainerId>();
  readonly #byId = new Map<ContainerId, Container>();
  readonly #byName = new Map<string, Container>();
  readonly #byUnit = new Map<string, Container>();

  /**
   * @param steadyNow a clock that is not set while berthd runs: what is remembered for a time is not forgotten by a jump
   * @param log told of a row that cannot be read, whose container is left alone, and of what was seen and cannot be written
   */
  constructor(rows: Rows, ended: Ended, steadyNow: () => Date, log: Pick<Logger, 'error'>) {
    this.#rows = rows;
    this.#ended = ended;
    this.#steadyNow = steadyNow;
    this.#log = log;
    this.#write(() => {
      ended.redate(steadyNow().getTime());
    });
    const unreadable: string[] = [];
    for (const row of rows.all()) {
      try {
        this.#remember(containerOf(row));
      } catch (error) {
        unreadable.push(row.id);
        log.error('A container in the database cannot be read and is left alone', { containerId: row.id, error });
      }
    }
    this.unreadable = unreadable;
  }

  /** Oldest first. */
  all(): Container[] {
    return [...this.#byId.values()];
  }

  get(id: ContainerId): Container | undefined {
    return this.#byId.get(id);
  }

  /** The first process of the container, while it has one. */
  pidOf(id: string): number | undefined {
    const status = this.#byId.get(parseContainerId(id))?.status;
    return status !== undefined && hasLife(status) ? status.pid : undefined;
  }

  byUnit(unit: string): Container | undefined {
    return this.#byUnit.get(unit);
  }

  isTaken(name: ContainerName): boolean {
    return this.#byName.has(name);
  }

  /** What the unit of a container is to be called: after its name, unless one that was renamed still has that unit. */
  unitFor({ id, name }: Pick<Container, 'id' | 'name'>): string {
    const unit = unitNameFor(name);
    const holder = this.#byUnit.get(unit);
    return holder === undefined || holder.id === id ? unit : secondUnitNameFor(name, id);
  }

  /**
   * The container that has this name, this ID, or the only ID that begins so; a name wins over a prefix.
   * @throws ContainerError `NoSuchContainer` | `AmbiguousContainer`
   */
  find(reference: string): Container {
    const named = this.#byName.get(reference);
    if (named !== undefined) return named;
    const matches = isIdPrefix(reference) ? this.all().filter(({ id }) => id.startsWith(reference)) : [];
    const [match, ...others] = matches;
    if (match === undefined) throw new ContainerError('NoSuchContainer', { container: reference });
    if (others.length > 0) {
      const candidates = matches.slice(0, MAX_CANDIDATES).map(({ name }) => name);
      throw new ContainerError('AmbiguousContainer', { container: reference, candidates });
    }
    return match;
  }

  /** @throws ContainerError `ContainerExists` */
  add(container: Container): void {
    if (this.isTaken(container.name)) throw new ContainerError('ContainerExists', { name: container.name });
    this.#catchUp(); // its name may be that of a row whose container is gone
    this.#rows.insert(rowOf(container));
    this.#ended.forgetName(container.name);
    this.#remember(container);
    this.changes.announce(container.id);
  }

  /** Writes what somebody wants of a container; one that cannot be written is as it was. */
  save(container: Container): Container {
    this.#catchUp();
    this.#rows.update(rowOf(container));
    return this.#replace(container);
  }

  /** Takes note of what a container was seen to be, which is true whether or not it can be written. */
  see(container: Container): Container {
    const seen = this.#replace(container);
    this.#behind.add(container.id);
    this.#write(() => {
      this.#catchUp();
    });
    return seen;
  }

  #replace(container: Container): Container {
    const before = this.#byId.get(container.id);
    if (before !== undefined) {
      this.#byName.delete(before.name);
      this.#byUnit.delete(before.unit);
    }
    this.#remember(container);
    this.changes.announce(container.id);
    return container;
  }

  /** @throws ContainerError `ContainerExists` */
  rename(container: Container, name: ContainerName): Container {
    const holder = this.#byName.get(name);
    if (holder !== undefined && holder.id !== container.id) throw new ContainerError('ContainerExists', { name });
    return this.save({ ...container, name });
  }

  /** Forgets a container, but not how it ended. */
  remove(container: Container, exit: Exit | undefined): void {
    if (exit !== undefined) this.keepEnd(container, exit);
    this.#byId.delete(container.id);
    this.#byName.delete(container.name);
    this.#byUnit.delete(container.unit);
    this.#behind.add(container.id);
    this.#write(() => {
      this.#ended.expire(this.#steadyNow().getTime() - ENDED_KEPT_MS);
      this.#catchUp();
    });
    this.changes.announce(container.id);
  }

  /** Remembers how a container has ended that is about to go. */
  keepEnd({ id, name }: Container, exit: Exit): void {
    this.#write(() => {
      this.#ended.insert({ id, name, exit: exitText(exit), atMs: this.#steadyNow().getTime() });
    });
  }

  /** How a container that is gone has ended: the latest that had this name or full ID. */
  endOf(idOrName: string): Exit | undefined {
    const row = this.#ended.find(idOrName);
    return row === undefined ? undefined : exitOf(row.exit);
  }

  /** Writes what is true without the database, and only lasts longer with it. */
  #write(write: () => void): void {
    try {
      write();
    } catch (error) {
      this.#log.error('What a container was seen to be cannot be written into the database', { error });
    }
  }

  /** Brings the rows up to what is believed, also those for which there was no room before. */
  #catchUp(): void {
    for (const id of this.#behind) {
      const container = this.#byId.get(id);
      if (container === undefined) this.#rows.delete(id);
      else this.#rows.update(rowOf(container));
      this.#behind.delete(id);
    }
  }

  #remember(container: Container): void {
    this.#byId.set(container.id, container);
    this.#byName.set(container.name, container);
    this.#byUnit.set(container.unit, container);
  }
}
