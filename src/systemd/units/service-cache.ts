/**
 * The last that systemd told of each service, so that nobody has to ask: a question is answered with some 450 properties, which
 * costs more than all else that a look at a unit does. Changes and answers come on one connection, in systemd's own order.
 */
import type { ServiceStatus } from './unit-status.ts';

interface Known {
  status: ServiceStatus | undefined;
  /** Counts what was told. */
  changes: number;
}

export class ServiceCache {
  readonly #services = new Map<string, Known>();

  /** Whether changes of the unit have to be told here. */
  concerns(unit: string): boolean {
    return this.#services.has(unit);
  }

  /** undefined where systemd has to be asked. */
  find(unit: string): ServiceStatus | undefined {
    return this.#services.get(unit)?.status;
  }

  /** systemd told of a change. @param status undefined where it left something out */
  changed(unit: string, status: ServiceStatus | undefined): void {
    const known = this.#services.get(unit);
    if (known === undefined) this.#services.set(unit, { status, changes: 1 });
    else {
      known.status = status;
      known.changes++;
    }
  }

  /** The unit is not loaded any more. */
  removed(unit: string): void {
    this.#services.delete(unit);
  }

  /** Changes may have gone by unheard. */
  missed(): void {
    this.#services.clear();
  }

  /**
   * Asks, and keeps the answer. A change that arrives meanwhile may be older than the answer or newer: then nothing is kept, and
   * the next one asks again.
   */
  async asked<T extends ServiceStatus>(unit: string, ask: () => Promise<T | undefined>): Promise<T | undefined> {
    const known = this.#services.get(unit) ?? { status: undefined, changes: 0 };
    this.#services.set(unit, known);
    const { changes } = known;
    try {
      const status = await ask();
      if (this.#services.get(unit) === known) {
        known.status = known.changes === changes ? status : undefined;
        if (status === undefined) this.#services.delete(unit);
      }
      return status;
    } catch (error) {
      if (this.#services.get(unit) === known && known.status === undefined) this.#services.delete(unit);
      throw error;
    }
  }
}
