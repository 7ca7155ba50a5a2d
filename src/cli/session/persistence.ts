import { ConnectionClosed } from '../../varlink/errors.ts';

/** How often in a row berthd may go away under a call before it is given up. */
const MAX_LOSSES = 5;

/** Counts how often the connection was lost since something last came over it. */
export class Losses {
  #count = 0;

  /** Something came. */
  clear(): void {
    this.#count = 0;
  }

  /** Returns when it is worth another try. @throws what it was given, otherwise */
  add(error: unknown): void {
    if (!(error instanceof ConnectionClosed) || ++this.#count > MAX_LOSSES) throw error;
  }
}

/**
 * Asks again when berthd goes away under a call that only looks: containers outlive it, and its socket starts it anew. Nothing
 * is waited for in between; systemd holds the connection until berthd is back, and refuses it when it stays away.
 */
export async function askAgain<T>(ask: () => Promise<T>): Promise<T> {
  const losses = new Losses();
  for (;;) {
    try {
      return await ask();
    } catch (error) {
      losses.add(error);
    }
  }
}
