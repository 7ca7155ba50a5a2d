/** Removes sessions that have ended and that nobody removes: those of `exec -d`, and those that were detached from. */
import type { Logger } from '../../log/logger.ts';
import type { SessionStore } from './session-store.ts';

/** For how long it can be asked how a session has ended; docker and podman keep theirs for as long. */
export const KEPT_MS = 5 * 60 * 1000;

export class Expiry implements Disposable {
  readonly #store: SessionStore;
  readonly #log: Logger;
  readonly #now: () => Date;
  #timer: NodeJS.Timeout | undefined;

  constructor({ store, log, now }: { store: SessionStore; log: Logger; now: () => Date }) {
    this.#store = store;
    this.#log = log;
    this.#now = now;
  }

  /** Removes what has ended long enough ago, and comes back for the rest. */
  look(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const ended = this.#store.all().flatMap(({ id, end }) => (end === undefined ? [] : [{ id, at: end.at.getTime() }]));
    const before = this.#now().getTime() - KEPT_MS;
    for (const { id } of ended.filter(({ at }) => at <= before)) {
      try {
        this.#store.remove(id);
      } catch (error) {
        this.#log.error('An exec session that has ended could not be removed', { error });
      }
    }
    const next = Math.min(...ended.map(({ at }) => at).filter((at) => at > before));
    if (next === Infinity) return;
    // One that ended in what a clock that was set back calls the future: no timer takes years.
    const patienceMs = Math.min(next - before, KEPT_MS);
    this.#timer = setTimeout(() => {
      this.look();
    }, patienceMs).unref();
  }

  /** A session has ended. */
  ended(): void {
    if (this.#timer === undefined) this.look();
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#timer);
  }
}
