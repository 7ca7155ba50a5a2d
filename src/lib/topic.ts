/**
 * Tells whoever listens that something about a key has changed. It carries no data: listeners look for themselves, so a
 * change that comes while one is busy costs nothing and none is missed.
 */
export class Topic<K> {
  readonly #listeners = new Map<K, Set<() => void>>();
  readonly #toAll = new Set<() => void>();

  /** Calls `listener` after each change of `key` until the returned handle is disposed. */
  listen(key: K, listener: () => void): Disposable {
    const listeners = this.#listeners.get(key) ?? new Set();
    listeners.add(listener);
    this.#listeners.set(key, listeners);
    return {
      [Symbol.dispose]: () => {
        listeners.delete(listener);
        if (listeners.size === 0 && this.#listeners.get(key) === listeners) this.#listeners.delete(key);
      },
    };
  }

  /** As `listen`, after each change of any key. */
  listenToAll(listener: () => void): Disposable {
    this.#toAll.add(listener);
    return {
      [Symbol.dispose]: () => {
        this.#toAll.delete(listener);
      },
    };
  }

  /** A change of `key` has happened. */
  announce(key: K): void {
    const now = [...(this.#listeners.get(key) ?? []), ...this.#toAll]; // a listener may add another
    for (const listener of now) listener();
  }

  /** How many listen, to whatever key. */
  get size(): number {
    let count = this.#toAll.size;
    for (const listeners of this.#listeners.values()) count += listeners.size;
    return count;
  }
}
