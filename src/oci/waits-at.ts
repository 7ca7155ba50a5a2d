/** Whether a process that a runtime made waits to be started: it has the FIFO open where it does, and closes that as it executes its program. */
import { opendir, readlink } from 'node:fs/promises';
import { join } from 'node:path';

/** One that waits has a dozen; a program may have a million. */
const MAX_DESCRIPTORS = 64;

/** @returns false also where there is no such process */
export async function waitsAt(pid: number, fifo: string): Promise<boolean> {
  const folder = `/proc/${pid}/fd`;
  let seen = 0;
  try {
    for await (const { name } of await opendir(folder)) {
      if (seen++ === MAX_DESCRIPTORS) return false;
      // The name is followed by ` (deleted)` where the runtime is about to have started it.
      if ((await linkOf(join(folder, name))).startsWith(fifo)) return true;
    }
  } catch (error) {
    if (!isGone(error)) throw error;
  }
  return false;
}

/** Empty for a descriptor that was closed meanwhile. */
async function linkOf(path: string): Promise<string> {
  try {
    return await readlink(path);
  } catch (error) {
    if (!isGone(error)) throw error;
    return '';
  }
}

const isGone = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ESRCH');
