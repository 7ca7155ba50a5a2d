/**
 * Saves systemd a wait of the kernel's. Whatever systemd starts for a unit is moved into the unit's control group, and the lock
 * that a move takes (cgroup_threadgroup_rwsem) is had at once only for a few milliseconds after it was last taken; whoever comes
 * later waits for a grace period of RCU, 7 ms as measured on Linux 6.18, which is a fifth of the time to stop a container. That
 * period can just as well pass while berthd or systemd still makes ready what is going to be moved; but as long as it lasts, nobody
 * makes a process.
 *
 * The mount option `favordynmods` of cgroup2 (Documentation/admin-guide/cgroup-v2.rst) does away with the wait for everybody; it
 * is the host's to choose.
 */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { loadedOnce } from '../../lib/loaded-once.ts';
import { CGROUP_ROOT } from './cgroup.ts';

export class GroupMoves {
  readonly #failed: (error: unknown) => void;
  readonly #moveNowhere: () => Promise<void>;
  #state: 'idle' | 'moving' | 'off' = 'idle';

  /**
   * @param failed told once where it cannot be done; then nothing is tried any more, and systemd waits
   * @param moveNowhere takes the lock, and changes nothing
   */
  constructor(failed: (error: unknown) => void, moveNowhere = moveToOwnGroup) {
    this.#failed = failed;
    this.#moveNowhere = moveNowhere;
  }

  /** systemd is about to start a process. */
  expect(): void {
    if (this.#state === 'idle') void this.#move();
  }

  async #move(): Promise<void> {
    this.#state = 'moving';
    try {
      await this.#moveNowhere();
      this.#state = 'idle';
    } catch (error) {
      this.#state = 'off';
      this.#failed(error);
    }
  }
}

/** Moves this process to where it is. */
async function moveToOwnGroup(): Promise<void> {
  await writeFile(await ownProcesses(), '0');
}

/** berthd stays in the group of its service. */
const ownProcesses = loadedOnce(async () => {
  const groups = await readFile('/proc/self/cgroup', 'utf8');
  const group = /^0::(?<path>.*)$/m.exec(groups)?.groups?.['path'];
  if (group === undefined) throw new Error('berthd is in no group of cgroup v2');
  return join(CGROUP_ROOT, group, 'cgroup.procs');
});
