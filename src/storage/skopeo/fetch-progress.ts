import type { PullEvent } from '../images.ts';
import { copyEvent } from './progress.ts';

/** What is known of one fetch, put together: what skopeo prints, how much is there, and how much there will be. */
export class FetchProgress implements Disposable {
  readonly #report: (event: PullEvent) => void;
  readonly #present = new Set<string>();
  #sizes: ReadonlyMap<string, number> | undefined;
  #bytes = 0;
  #closed = false;

  constructor(report: (event: PullEvent) => void) {
    this.#report = report;
  }

  /** Nothing is reported any more. */
  [Symbol.dispose](): void {
    this.#closed = true;
  }

  /** A line that skopeo has printed. */
  readonly line = (line: string): void => {
    const event = copyEvent(line);
    if (event === undefined || this.#closed) return;
    if (event.kind === 'blob' && event.what === 'present') this.#present.add(event.digest);
    this.#report(event);
  };

  /** So many bytes are there. */
  readonly fetched = (bytes: number): void => {
    this.#bytes = bytes;
    if (!this.#closed) this.#report({ kind: 'fetched', bytes, totalBytes: this.#total(bytes) });
  };

  /** @param sizes of the layers, by digest; a registry that does not tell them leaves the total unknown */
  expect(sizes: Promise<ReadonlyMap<string, number>>): void {
    sizes.then(this.#learn, () => undefined); // what is wrong with the registry, the copy says
  }

  readonly #learn = (sizes: ReadonlyMap<string, number>): void => {
    this.#sizes = sizes;
    if (this.#bytes > 0) this.fetched(this.#bytes);
  };

  /** Of the layers that are not here already. What is more than it was told cannot be measured by it. */
  #total(bytes: number): number | undefined {
    if (this.#sizes === undefined) return undefined;
    const missing = [...this.#sizes].filter(([digest]) => !this.#present.has(digest));
    const total = missing.reduce((sum, [, size]) => sum + size, 0);
    return bytes <= total ? total : undefined;
  }
}
