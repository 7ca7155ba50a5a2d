/**
 * One signal that aborts with the first of several. Not AbortSignal.any: what that returns can be collected, and then never
 * aborts, while somebody waits for nothing else (Node 24.21).
 */
export class JoinedSignal implements Disposable {
  readonly #controller = new AbortController();
  readonly #letGo: (() => void)[] = [];

  constructor(...signals: readonly AbortSignal[]) {
    for (const each of signals) {
      const abort = (): void => {
        this.#controller.abort(each.reason);
      };
      if (each.aborted) abort();
      each.addEventListener('abort', abort, { once: true });
      this.#letGo.push(() => {
        each.removeEventListener('abort', abort);
      });
    }
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** From now on it does not abort any more. */
  [Symbol.dispose](): void {
    for (const letGo of this.#letGo.splice(0)) letGo();
  }
}
