import { readFileSync, watch } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { JoinedSignal } from '../../lib/joined-signal.ts';
import { orAborted } from '../../lib/or-aborted.ts';
import { CGROUP_ROOT } from './cgroup.ts';
import { FreezeFailed } from '../errors.ts';
import type { Freezer } from './freezer.ts';

/** What systemd gives a unit before it gives up is as long. */
const PATIENCE_MS = 10_000;
/** Of a group that is gone, or is going this moment. */
const GONE = ['ENOENT', 'ENODEV'];

export class CgroupFreezer implements Freezer {
  readonly #root: string;
  readonly #patienceMs: number;

  constructor({ root = CGROUP_ROOT, patienceMs = PATIENCE_MS }: { root?: string; patienceMs?: number } = {}) {
    this.#root = root;
    this.#patienceMs = patienceMs;
  }

  isFrozen(group: string): boolean {
    const events = this.#read(join(this.#root, group, 'cgroup.events'));
    return /^frozen 1$/m.test(events) && /^populated 1$/m.test(events);
  }

  async freeze(group: string, signal: AbortSignal): Promise<void> {
    try {
      await this.#freeze(group, signal);
    } catch (error) {
      await this.thaw(group);
      throw error;
    }
  }

  async thaw(group: string): Promise<void> {
    await this.#write(group, '0').catch((error: NodeJS.ErrnoException) => {
      if (error.code === undefined || !GONE.includes(error.code)) throw error;
    });
  }

  switchOf(group: string): string {
    return join(this.#root, group, 'cgroup.freeze');
  }

  async #freeze(group: string, signal: AbortSignal): Promise<void> {
    const { promise: still, resolve } = Promise.withResolvers<undefined>();
    const events = join(this.#root, group, 'cgroup.events');
    const look = (): void => {
      if (/^frozen 1$/m.test(this.#read(events))) resolve(undefined);
    };
    // Before it is frozen: the kernel tells of a change once.
    using watching = new DisposableStack();
    const watcher = watch(events, { persistent: false }, look).on('error', look);
    watching.defer(() => {
      watcher.close();
    });
    await this.#write(group, '1');
    look();
    const patience = AbortSignal.timeout(this.#patienceMs);
    using joined = new JoinedSignal(signal, patience);
    await orAborted(still, joined.signal).catch((error: unknown) => {
      if (signal.aborted) throw error;
      throw new FreezeFailed(`not every process stood still within ${this.#patienceMs} ms`, { cause: error });
    });
  }

  async #write(group: string, value: '0' | '1'): Promise<void> {
    await writeFile(this.switchOf(group), value, { flag: 'r+' });
  }

  /** Of a group that is not there: nothing. */
  #read(path: string): string {
    try {
      return readFileSync(path, 'latin1');
    } catch (error) {
      if (error instanceof Error && 'code' in error && typeof error.code === 'string' && GONE.includes(error.code))
        return '';
      throw error;
    }
  }
}
