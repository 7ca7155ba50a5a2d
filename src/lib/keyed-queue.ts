/** One piece of work at a time for each key, in order of arrival; different keys side by side. */
export class KeyedQueue<K> {
  readonly #tails = new Map<K, Promise<unknown>>();

  /** Runs `work` when all earlier work for `key` has ended. Work that queues for its own key waits for itself. */
  async run<T>(key: K, work: () => Promise<T>): Promise<T> {
    const turn = (this.#tails.get(key) ?? Promise.resolve()).then(work);
    const tail: Promise<void> = turn
      .catch(() => undefined)
      .then(() => {
        if (this.#tails.get(key) === tail) this.#tails.delete(key);
        return undefined;
      });
    this.#tails.set(key, tail);
    return await turn;
  }

  /** Whether work for `key` runs or waits. */
  isBusy(key: K): boolean {
    return this.#tails.has(key);
  }

  /** Resolves when everything queued so far has ended. */
  async idle(): Promise<void> {
    await Promise.all(this.#tails.values());
  }
}
