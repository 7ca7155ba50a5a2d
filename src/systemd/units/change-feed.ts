/** Hands what systemd tells to everyone who follows it, each at his own pace. */
import type { UnitChange } from './unit-status.ts';

/** More than a reader may leave unread: he has to list again then anyway. */
const MAX_UNREAD = 4096;

class Reader {
  readonly concerns: (unit: string) => boolean;
  #unread: UnitChange[] = [];
  #wake = Promise.withResolvers<undefined>();
  #over = false;

  constructor(concerns: (unit: string) => boolean) {
    this.concerns = concerns;
  }

  push(change: UnitChange): void {
    if (change.kind === 'resync' || this.#unread.length >= MAX_UNREAD) this.#unread = [{ kind: 'resync' }];
    else this.#unread.push(change);
    this.#wake.resolve(undefined);
  }

  end(): void {
    this.#over = true;
    this.#wake.resolve(undefined);
  }

  /** What has come since; waits for the first. Undefined when it is over. */
  async next(): Promise<UnitChange[] | undefined> {
    await this.#wake.promise;
    if (this.#over) return undefined;
    this.#wake = Promise.withResolvers();
    const unread = this.#unread;
    this.#unread = [];
    return unread;
  }
}

export class ChangeFeed implements Disposable {
  readonly #readers = new Set<Reader>();

  concerns(unit: string): boolean {
    for (const reader of this.#readers) if (reader.concerns(unit)) return true;
    return false;
  }

  publish(change: UnitChange): void {
    for (const reader of this.#readers) {
      if (change.kind === 'resync' || reader.concerns(change.unit)) reader.push(change);
    }
  }

  /** Follows from this call on, until `signal` aborts or the feed ends. */
  follow(signal: AbortSignal, concerns: (unit: string) => boolean): AsyncIterable<UnitChange> {
    const reader = new Reader(concerns);
    const leave = (): void => {
      this.#readers.delete(reader);
      reader.end();
    };
    this.#readers.add(reader);
    signal.addEventListener('abort', leave, { once: true });
    if (signal.aborted) leave();
    return read(reader, () => {
      signal.removeEventListener('abort', leave);
      leave();
    });
  }

  [Symbol.dispose](): void {
    for (const reader of this.#readers) reader.end();
    this.#readers.clear();
  }
}

async function* read(reader: Reader, leave: () => void): AsyncGenerator<UnitChange, void> {
  try {
    for (let unread = await reader.next(); unread !== undefined; unread = await reader.next()) yield* unread;
  } finally {
    leave();
  }
}
