/**
 * The one door to a container, for requests and for facts: wait your turn, look what it is, ask the table, act. The turn is
 * held for a step, never for a wait: who waits for a container to end reads its status and leaves.
 */
import { KeyedQueue } from '../../lib/keyed-queue.ts';
import type { Freezer } from '../../systemd/process/freezer.ts';
import type { UnitManager } from '../../systemd/units/unit-manager.ts';
import type { ServiceStatus } from '../../systemd/units/unit-status.ts';
import type { Container } from '../container.ts';
import { ContainerError } from '../errors.ts';
import type { Folders } from '../records/folder.ts';
import { restartLimitOf } from '../configuration/restart-limit.ts';
import { judge, mayBeHeld, mayBePaused, mayHaveEnded, waitsForRestart } from './judge.ts';
import type { ContainerId } from '../names.ts';
import type { ContainerIndex } from '../records/container-index.ts';
import { after, hasEnded, type Operation } from '../state.ts';
import { controlGroupFor } from '../unit-names.ts';

/** @param unit as the look at the container found it; undefined where systemd does not know it */
type Act<T> = (container: Container, unit: ServiceStatus | undefined) => Promise<T>;

/** Where it comes from what a unit does. */
type Source = (container: Container) => Promise<ServiceStatus | undefined>;

export class Lane {
  readonly #queue = new KeyedQueue<ContainerId>();
  readonly #looks = new Map<ContainerId, Promise<void>>();
  readonly #hearings = new Map<ContainerId, Promise<void>>();
  readonly #index: ContainerIndex;
  readonly #units: UnitManager;
  readonly #folders: Folders;
  readonly #freezer: Pick<Freezer, 'isFrozen'>;
  readonly #now: () => Date;
  readonly #onEnd: ((container: Container) => void)[] = [];

  readonly #asked: Source = async ({ unit }) => await this.#units.service(unit);

  constructor(world: {
    index: ContainerIndex;
    units: UnitManager;
    folders: Folders;
    freezer: Pick<Freezer, 'isFrozen'>;
    now: () => Date;
  }) {
    this.#index = world.index;
    this.#units = world.units;
    this.#folders = world.folders;
    this.#freezer = world.freezer;
    this.#now = world.now;
  }

  /**
   * Runs `act` on the container as it is now, when its turn has come. Do not call it for the same container inside `act`: it
   * would wait for itself.
   * @throws ContainerError `NoSuchContainer` | `AmbiguousContainer` | `WrongState` | `AlreadyStopped`
   */
  async run<T>(reference: string, operation: Operation, act: Act<T>): Promise<T> {
    return await this.turn(reference, async (container, unit) => {
      this.demand(container, operation);
      return await act(container, unit);
    });
  }

  /**
   * As `run`, for what is allowed in every state, or asks the table by itself with `demand`.
   * @throws ContainerError `NoSuchContainer` | `AmbiguousContainer`
   */
  async turn<T>(reference: string, act: Act<T>): Promise<T> {
    const { id } = this.#index.find(reference);
    return await this.#queue.run(id, async () => {
      const seen = await this.#lookAt(id);
      if (seen === undefined) throw new ContainerError('NoSuchContainer', { container: reference });
      return await act(seen.container, seen.unit);
    });
  }

  /** Asks the table whether the operation is possible. @throws ContainerError `WrongState` | `AlreadyStopped` */
  demand({ name, status: { state } }: Container, operation: Operation): void {
    if (after(state, operation) !== undefined) return;
    if (operation === 'stop' && hasEnded(state)) throw new ContainerError('AlreadyStopped', { container: name });
    throw new ContainerError('WrongState', { container: name, state, operation });
  }

  /** Sees what a container is, when its turn has come, and saves it. Looks that still wait for their turn become one. */
  async look(id: ContainerId): Promise<void> {
    await this.#onceInTurn(this.#looks, id, this.#asked);
  }

  /** As `look`, for when systemd has told of the unit by itself: nobody is asked what was told. */
  async hear(id: ContainerId): Promise<void> {
    const told = async ({ unit }: Container): Promise<ServiceStatus | undefined> =>
      this.#units.lastTold(unit) ?? (await this.#units.service(unit));
    await this.#onceInTurn(this.#hearings, id, told);
  }

  /** Asks systemd about the container that a unit is, if it is one. */
  async lookAtUnit(unit: string): Promise<void> {
    const container = this.#index.byUnit(unit);
    if (container !== undefined) await this.look(container.id);
  }

  /** Tells `listener` of each container that was seen to end, in the turn that saw it. */
  onEnd(listener: (container: Container) => void): void {
    this.#onEnd.push(listener);
  }

  /** Tells all listeners of a container that has ended, also of one whose end was seen before. */
  tellOfEnd(container: Container): void {
    for (const listener of this.#onEnd) listener(container);
  }

  /** Sees what a container is and saves it. For those who have the turn: inside `act`. */
  async settle(id: ContainerId): Promise<Container | undefined> {
    return (await this.#lookAt(id))?.container;
  }

  /** As `settle`, after a start: nobody is asked where systemd has called the unit active by itself. */
  async settleStarted(id: ContainerId): Promise<Container | undefined> {
    const told = async (container: Container): Promise<ServiceStatus | undefined> => {
      const last = this.#units.lastTold(container.unit);
      return last?.activeState === 'active' ? last : await this.#asked(container);
    };
    return (await this.#lookAt(id, told))?.container;
  }

  async #onceInTurn(waiting: Map<ContainerId, Promise<void>>, id: ContainerId, source: Source): Promise<void> {
    const known = waiting.get(id);
    if (known !== undefined) {
      await known;
      return;
    }
    const turn = this.#queue.run(id, async () => {
      waiting.delete(id);
      await this.#lookAt(id, source);
    });
    waiting.set(id, turn);
    await turn;
  }

  /** Resolves when nothing is under way. */
  async idle(): Promise<void> {
    await this.#queue.idle();
  }

  async #lookAt(
    id: ContainerId,
    source: Source = this.#asked,
  ): Promise<{ container: Container; unit: ServiceStatus | undefined } | undefined> {
    const container = this.#index.get(id);
    if (container === undefined) return undefined;
    const folder = this.#folders.of(id);
    const unit = await source(container);
    const end = mayHaveEnded(unit) ? this.#folders.endOf(folder) : undefined;
    const held = mayBeHeld(unit) && this.#folders.isHeld(folder);
    const frozen = mayBePaused(unit) && this.#freezer.isFrozen(controlGroupFor(container.unit));
    const { status: before } = container;
    const restartLimit = restartLimitOf(container.config);
    const restartDelayMs = waitsForRestart(unit) ? await this.#units.restartDelay(container.unit) : undefined;
    const status = judge({ before, unit, end, held, frozen, restartDelayMs, restartLimit, now: this.#now() });
    const restarts = unit === undefined ? container.restarts : Math.min(unit.restarts, restartLimit ?? Infinity);
    if (status === before && restarts === container.restarts) return { container, unit };
    // Why it could not be started is old news once it has run.
    const message = status === before ? container.message : undefined;
    const seen = this.#index.see({ ...container, status, restarts, message });
    if (hasEnded(status.state) && status !== before) this.tellOfEnd(seen);
    return { container: seen, unit };
  }
}
