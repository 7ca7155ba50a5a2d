/** What follows when a container has ended: its streams are put away, and it is removed if it was made so. */
import type { Container } from './container.ts';
import { ContainerError } from './errors.ts';
import { releasePorts } from './network/give-back.ts';
import { isOnItsWayBack, putStreamsAway, relayKeyOf } from './launch/streams.ts';
import { shortId, type ContainerId } from './names.ts';
import { remove } from './operations/remove.ts';
import { wait, type Waited } from './operations/wait.ts';
import type { Ports } from './ports.ts';
import { isAlive } from './state.ts';

export class Ends {
  readonly #ports: Ports;
  readonly #closing = new AbortController();
  /** Removals that the end of a container has begun. */
  readonly #removals = new Map<ContainerId, Promise<void>>();

  /** Listens for ends from now on. */
  constructor(ports: Ports) {
    this.#ports = ports;
    ports.lane.onEnd((container) => {
      this.#after(container);
    });
  }

  /** Resolves when a container has ended, all that it said is handed out, and it is removed where its end is to do that. */
  async ended(id: ContainerId, signal: AbortSignal): Promise<Waited> {
    const waited = await wait(this.#ports, id, ['stopped', 'exited'], signal);
    await this.#ports.relays.finished(relayKeyOf({ id }));
    await this.#removals.get(id);
    return waited;
  }

  #after(container: Container): void {
    putStreamsAway(this.#ports, container);
    this.#putPortsAway(container);
    if (container.config.removeOnExit && !this.#closing.signal.aborted) this.#remove(container);
  }

  /** Resolves when what was begun is finished; nothing is begun any more. */
  async close(): Promise<void> {
    this.#closing.abort();
    await this.#ports.lane.idle();
  }

  /** A next run that systemd starts by itself is going to have them as well. */
  #putPortsAway(container: Container): void {
    if (!this.#ports.network.reservations.has(shortId(container.id))) return;
    const putAway = async (): Promise<void> => {
      if (!(await isOnItsWayBack(this.#ports, container))) await this.#releasePorts(container);
    };
    putAway().catch((error: unknown) => {
      if (error instanceof ContainerError) return; // it was removed meanwhile, and they with it
      const containerName = container.name;
      this.#ports.log.error('The ports of a container that has ended could not be given back', {
        containerName,
        error,
      });
    });
  }

  /** Not those of a run that has begun meanwhile. */
  async #releasePorts({ id }: Container): Promise<void> {
    const { index, lane } = this.#ports;
    await lane.turn(id, async () => {
      const status = index.get(id)?.status;
      if (status !== undefined && !isAlive(status.state)) await releasePorts(this.#ports, { id });
      await Promise.resolve();
    });
  }

  #remove({ id, name }: Container): void {
    const removal = remove(this.#ports, id, { ifRunning: 'refuse' }, this.#closing.signal)
      .catch((error: unknown) => {
        // Another client has removed it first, or has started it again.
        if (error instanceof ContainerError) return;
        const message = 'A container that was to be removed at its end could not be removed';
        this.#ports.log.error(message, { containerName: name, error });
      })
      .finally(() => {
        if (this.#removals.get(id) === removal) this.#removals.delete(id);
      });
    this.#removals.set(id, removal);
  }
}
