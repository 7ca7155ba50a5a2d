/** A service whose main process somebody has to know at any moment, without asking: what systemd tells of it is followed. */
import type { UnitManager } from './unit-manager.ts';
import type { UnitChange } from './unit-status.ts';

export class FollowedService implements AsyncDisposable {
  readonly #units: Pick<UnitManager, 'changes' | 'service'>;
  readonly #unit: string;
  readonly #failed: (error: unknown) => void;
  readonly #closing = new AbortController();
  #pid: number | undefined;
  #following: Promise<void> = Promise.resolve();

  private constructor(units: Pick<UnitManager, 'changes' | 'service'>, unit: string, failed: (error: unknown) => void) {
    this.#units = units;
    this.#unit = unit;
    this.#failed = failed;
  }

  /** @param failed told why the process is not known for now */
  static async open(
    units: Pick<UnitManager, 'changes' | 'service'>,
    unit: string,
    failed: (error: unknown) => void,
  ): Promise<FollowedService> {
    const service = new FollowedService(units, unit, failed);
    const changes = units.changes(service.#closing.signal, (name) => name === unit);
    await service.#ask();
    service.#following = service.#follow(changes);
    return service;
  }

  /** undefined while there is none. */
  get pid(): number | undefined {
    return this.#pid;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closing.abort();
    await this.#following;
  }

  async #follow(changes: AsyncIterable<UnitChange>): Promise<void> {
    for await (const change of changes) {
      if (change.kind === 'changed' && change.service !== undefined) this.#pid = processOf(change.service);
      else if (change.kind === 'removed') this.#pid = undefined;
      else await this.#ask();
    }
  }

  async #ask(): Promise<void> {
    this.#pid = undefined;
    try {
      const status = await this.#units.service(this.#unit, this.#closing.signal);
      this.#pid = status && processOf(status);
    } catch (error) {
      // A line to systemd that breaks is made anew, and then everything is asked again.
      if (!this.#closing.signal.aborted) this.#failed(error);
    }
  }
}

const processOf = ({ mainPid }: { readonly mainPid: number }): number | undefined =>
  mainPid === 0 ? undefined : mainPid;
