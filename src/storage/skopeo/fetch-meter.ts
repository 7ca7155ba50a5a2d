/**
 * How much of an image has been fetched. skopeo tells that to terminals only, so the files that it fetches into are measured
 * whenever they grow: it makes a folder in the one given to it, and in that a file for each layer, as the registry has it.
 */
import { watch, type FSWatcher } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';

/** Files that grow all the time are not measured more often. */
const PAUSE_MS = 100;

export class FetchMeter implements Disposable {
  readonly #folder: string;
  readonly #report: (bytes: number) => void;
  readonly #watchers = new Map<string, FSWatcher>();
  #timer: NodeJS.Timeout | undefined;
  #closed = false;
  #bytes = 0;

  /** @param report told how many bytes are there, as that becomes more */
  constructor(folder: string, report: (bytes: number) => void) {
    this.#folder = folder;
    this.#report = report;
    this.#watch(folder);
  }

  [Symbol.dispose](): void {
    this.#closed = true;
    clearTimeout(this.#timer);
    for (const watcher of this.#watchers.values()) watcher.close();
  }

  #watch(folder: string): void {
    if (this.#watchers.has(folder)) return;
    const watcher = watch(folder, () => {
      this.#changed();
    });
    watcher.on('error', () => {
      watcher.close(); // skopeo has taken the folder away
    });
    this.#watchers.set(folder, watcher);
  }

  #changed(): void {
    if (this.#timer !== undefined || this.#closed) return;
    this.#timer = setTimeout(() => {
      this.#measure()
        .catch(ignoreGone)
        .finally(() => {
          this.#timer = undefined;
        });
    }, PAUSE_MS);
  }

  async #measure(): Promise<void> {
    let bytes = 0;
    for (const entry of await readdir(this.#folder, { withFileTypes: true })) {
      if (!entry.isDirectory()) continue;
      const folder = join(this.#folder, entry.name);
      if (this.#closed) return;
      this.#watch(folder);
      for (const file of await readdir(folder)) bytes += (await stat(join(folder, file))).size;
    }
    if (this.#closed || bytes <= this.#bytes) return;
    this.#bytes = bytes;
    this.#report(bytes);
  }
}

/** What skopeo has taken away while it was looked at is no longer of interest. */
function ignoreGone(error: unknown): void {
  if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return;
  throw error;
}
