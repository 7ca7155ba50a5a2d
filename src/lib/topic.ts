/**
 * Tells whoever listens that something about a key has changed. It carries no data: listeners look for themselves, so a
 * change that comes while one is busy costs nothing and none is missed.
 */
export class Topic<K> {
  readonly #listeners = new Map<K, Set<() => void>>();

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

  /** A change of `key` has happened. */
  announce(key: K): void {
    const now = new Set(this.#listeners.get(key)); // a listener may add another
    for (const listener of now) listener();
  }

  /** How many listen, for any key. */
  get size(): number {
    let count = 0;
    for (const listeners of this.#listeners.values()) count += listeners.size;
    return count;
  }
}
