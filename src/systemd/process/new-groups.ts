/**
 * Tells of control groups the moment they are there. systemd tells that it has started a unit's process, too, but over D-Bus, and
 * not before the process that it has just made gives it the processor back: 1 to 6 ms later, as measured on two processors. The
 * kernel tells at once (inotify(7)).
 */
import { existsSync, watch, type FSWatcher } from 'node:fs';
import { join } from 'node:path';
import { CGROUP_ROOT } from './cgroup.ts';

export class NewGroups {
  readonly #parent: string;
  readonly #expected = new Map<string, () => void>();
  #watcher: FSWatcher | undefined;

  /** @param parent the group in which the others are made, absolute below the cgroup root */
  constructor(parent: string, root = CGROUP_ROOT) {
    this.#parent = join(root, parent);
  }

  /**
   * Waits for a group until what it answers is disposed of.
   * @param name one word, and not one that somebody else waits for
   * @param made called once at most; never where the parent is not there, or cannot be watched
   */
  expect(name: string, made: () => void): Disposable {
    this.#expected.set(name, made);
    this.#watcher ??= this.#watch();
    return {
      [Symbol.dispose]: () => {
        this.#expected.delete(name);
        if (this.#expected.size === 0) this.#close();
      },
    };
  }

  #watch(): FSWatcher | undefined {
    try {
      return watch(this.#parent, { persistent: false }, (event, name) => {
        if (event === 'rename' && name !== null) this.#changed(name);
      }).on('error', () => {
        this.#close();
      });
    } catch {
      return undefined; // there is no group yet in which others could be made, or this user has no watch left
    }
  }

  /** It was made, or an earlier one has gone. */
  #changed(name: string): void {
    const made = this.#expected.get(name);
    if (made === undefined || !existsSync(join(this.#parent, name))) return;
    this.#expected.delete(name);
    made();
  }

  #close(): void {
    this.#watcher?.close();
    this.#watcher = undefined;
  }
}
