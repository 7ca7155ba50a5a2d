/**
 * Keeps what berth believes true: looks at everything once, in bulk, and from then on at whatever systemd says has changed.
 * Whenever changes may have been missed it looks at everything again, so a missed one costs nothing.
 */
import type { Recovery } from '../container/recovery.ts';
import type { Logger } from '../log/logger.ts';
import type { UnitManager } from '../systemd/units/unit-manager.ts';
import type { UnitChange } from '../systemd/units/unit-status.ts';

export interface SupervisorPorts {
  readonly recovery: Pick<Recovery, 'all' | 'recover' | 'recoverPauses' | 'unitChanged'>;
  readonly units: Pick<UnitManager, 'changes'>;
  readonly log: Logger;
}

/** Units whose changes concern containers. */
const isOurs = (unit: string): boolean => unit.startsWith('berth-') && unit.endsWith('.service');

export class Supervisor implements AsyncDisposable {
  readonly #ports: SupervisorPorts;
  readonly #closing = new AbortController();
  readonly #failed = Promise.withResolvers<never>();
  #watching: Promise<void> = Promise.resolve();

  constructor(ports: SupervisorPorts) {
    this.#ports = ports;
  }

  /** Rejects when nothing is told any more: a daemon that goes on would believe what is long past. */
  get failed(): Promise<never> {
    return this.#failed.promise;
  }

  /** Listens, then looks at every container; resolves when all are seen. */
  async start(): Promise<void> {
    const changes = this.#ports.units.changes(this.#closing.signal, isOurs);
    await this.reconcile();
    this.#watching = this.#watch(changes).catch(this.#failed.reject);
  }

  /** Looks at every container. One that cannot be seen is logged and does not keep the others. */
  async reconcile(): Promise<void> {
    await Promise.all(
      this.#ports.recovery.all().map(async ({ id, name }) => {
        await this.#ports.recovery.recover(id).catch((error: unknown) => {
          this.#ports.log.error('A container could not be looked at', { containerName: name, error });
        });
      }),
    );
    await this.#ports.recovery.recoverPauses().catch((error: unknown) => {
      this.#ports.log.error('The paused containers could not be looked at', { error });
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closing.abort();
    await this.#watching;
  }

  async #watch(changes: AsyncIterable<UnitChange>): Promise<void> {
    for await (const change of changes) {
      if (change.kind === 'resync') this.#report(this.reconcile());
      else this.#report(this.#ports.recovery.unitChanged(change.unit));
    }
  }

  /** Looking must not hold up the next fact. */
  #report(look: Promise<void>): void {
    look.catch((error: unknown) => {
      this.#ports.log.error('A change of a unit could not be followed up', { error });
    });
  }
}
