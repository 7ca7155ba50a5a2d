/**
 * The one door to a container, for requests and for facts: wait your turn, look what it is, ask the table, act. The turn is
 * held for a step, never for a wait: who waits for a container to end reads its status and leaves.
 */
import { KeyedQueue } from '../lib/keyed-queue.ts';
import type { UnitManager } from '../systemd/unit-manager.ts';
import type { Container } from './container.ts';
import { ContainerError } from './errors.ts';
import type { Folders } from './folder.ts';
import { judge } from './judge.ts';
import type { ContainerId } from './names.ts';
import type { Registry } from './registry.ts';
import { after, hasEnded, type Operation } from './state.ts';

export class Operations {
  readonly #queue = new KeyedQueue<ContainerId>();
  readonly #looks = new Map<ContainerId, Promise<void>>();
  readonly #registry: Registry;
  readonly #units: UnitManager;
  readonly #folders: Folders;
  readonly #now: () => Date;
  readonly #onEnd: (container: Container) => void;

  /** @param onEnd told each time a container was seen to end, after the turn that saw it */
  constructor(
    world: { registry: Registry; units: UnitManager; folders: Folders; now: () => Date },
    onEnd: (container: Container) => void,
  ) {
    this.#registry = world.registry;
    this.#units = world.units;
    this.#folders = world.folders;
    this.#now = world.now;
    this.#onEnd = onEnd;
  }

  /**
   * Runs `act` on the container as it is now, when its turn has come. Do not call it for the same container inside `act`: it
   * would wait for itself.
   * @throws ContainerError `NoSuchContainer` | `AmbiguousContainer` | `WrongState` | `AlreadyStopped`
   */
  async run<T>(reference: string, operation: Operation, act: (container: Container) => Promise<T>): Promise<T> {
    return await this.turn(reference, async (container) => {
      this.demand(container, operation);
      return await act(container);
    });
  }

  /**
   * As `run`, for what is allowed in every state, or asks the table by itself with `demand`.
   * @throws ContainerError `NoSuchContainer` | `AmbiguousContainer`
   */
  async turn<T>(reference: string, act: (container: Container) => Promise<T>): Promise<T> {
    const { id } = this.#registry.find(reference);
    return await this.#queue.run(id, async () => {
      const container = await this.#lookAt(id);
      if (container === undefined) throw new ContainerError('NoSuchContainer', { container: reference });
      return await act(container);
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
    const waiting = this.#looks.get(id);
    if (waiting !== undefined) {
      await waiting;
      return;
    }
    const look = this.#queue.run(id, async () => {
      this.#looks.delete(id);
      await this.#lookAt(id);
    });
    this.#looks.set(id, look);
    await look;
  }

  /** Sees what a container is and saves it. For those who have the turn: inside `act`. */
  async settle(id: ContainerId): Promise<Container | undefined> {
    return await this.#lookAt(id);
  }

  /** Resolves when nothing is under way. */
  async idle(): Promise<void> {
    await this.#queue.idle();
  }

  async #lookAt(id: ContainerId): Promise<Container | undefined> {
    const container = this.#registry.get(id);
    if (container === undefined) return undefined;
    const folder = this.#folders.of(id);
    const unit = await this.#units.service(container.unit);
    const [end, held] = await Promise.all([this.#folders.endOf(folder), this.#folders.isHeld(folder)]);
    const { status: before } = container;
    const status = judge({ before, unit, end, held, now: this.#now() });
    const restarts = unit?.restarts ?? container.restarts;
    if (status === before && restarts === container.restarts) return container;
    // Why it could not be started is old news once it has run.
    const message = status === before ? container.message : undefined;
    const seen = this.#registry.save({ ...container, status, restarts, message });
    if (hasEnded(status.state) && status !== before) this.#onEnd(seen);
    return seen;
  }
}
