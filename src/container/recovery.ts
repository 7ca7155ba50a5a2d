/** What a berthd does about containers when it begins, and when systemd tells of their units: look, and go on where an earlier one died. */
import { withinTime } from '../lib/within-time.ts';
import type { Container } from './container.ts';
import { recoverStreams } from './launch/streams.ts';
import type { ContainerId } from './names.ts';
import { healNetwork } from './launch/heal-network.ts';
import { finishRemoval } from './operations/remove.ts';
import { resumeStart } from './operations/start.ts';
import { followPause, recoverPauses } from './pausing/follow-pause.ts';
import type { Ports } from './ports.ts';
import { isAlive } from './state.ts';

/** For how long the start of berthd waits for one container. */
const LIMIT_MS = 10_000;

export class Recovery {
  readonly #ports: Ports;
  /** Those whose start an earlier berthd died in, while their units go on with it. */
  readonly #unfinished = new Set<ContainerId>();

  constructor(ports: Ports) {
    this.#ports = ports;
  }

  /** Every container there is. */
  all(): Container[] {
    return this.#ports.index.all();
  }

  /** systemd told something about a unit: see what becomes of the container that it is. A unit that is no container is nobody's. */
  async unitChanged(unit: string): Promise<void> {
    const container = this.#ports.index.byUnit(unit);
    if (container === undefined) {
      await followPause(this.#ports, unit);
      return;
    }
    await this.#ports.lane.hear(container.id);
    if (this.#unfinished.has(container.id)) this.#finishStart(container);
  }

  /**
   * Looks at a container, and goes on with a start or a removal that was cut off. Where that fails, or takes too long, one that
   * may have a process is unknown, with the reason, until systemd tells of it, or this comes to its end after all.
   * @throws Error with the reason
   */
  async recover(id: ContainerId): Promise<void> {
    const { index, log } = this.#ports;
    const recovery = this.#goOn(id);
    try {
      await withinTime(recovery, LIMIT_MS, () => {
        recovery.catch((error: unknown) => {
          log.error('A container could not be looked at', { containerId: id, error });
        });
        return new Error(`it could not be looked at within ${LIMIT_MS / 1000} s`);
      });
    } catch (error) {
      const known = index.get(id);
      const reason = error instanceof Error ? error.message : String(error);
      if (known !== undefined && isAlive(known.status.state))
        index.see({ ...known, status: { state: 'unknown', reason } });
      throw error;
    }
  }

  /** Looks at the pauses that an earlier berthd left. */
  async recoverPauses(): Promise<void> {
    await recoverPauses(this.#ports);
  }

  async #goOn(id: ContainerId): Promise<void> {
    const { index, lane, folders } = this.#ports;
    const known = index.get(id);
    if (known?.status.state === 'removing') {
      await lane.run(id, 'remove', async (container, unit) => {
        await finishRemoval(this.#ports, container, unit);
      });
      return;
    }
    if (known !== undefined) await recoverStreams(this.#ports, known);
    await lane.look(id);
    await resumeStart(this.#ports, id);
    if (folders.isToStart(folders.of(id))) this.#unfinished.add(id);
    // It was given up meanwhile.
    if (index.get(id)?.status.state === 'unknown') await lane.look(id);
    await healNetwork(this.#ports, id).catch((error: unknown) => {
      this.#ports.log.error('The network of a container could not be put right', { containerId: id, error });
    });
    const container = index.get(id);
    if (container !== undefined && 'exit' in container.status) lane.tellOfEnd(container);
  }

  /** Its unit was not up yet when berthd was: that goes on without berthd as far as the process that waits to be started. */
  #finishStart({ id, name }: Container): void {
    const { folders, log } = this.#ports;
    const finish = async (): Promise<void> => {
      await resumeStart(this.#ports, id);
      if (!folders.isToStart(folders.of(id))) this.#unfinished.delete(id);
    };
    finish().catch((error: unknown) => {
      log.error('A start that was cut off could not be finished', { containerName: name, error });
    });
  }
}
