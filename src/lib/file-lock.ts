/** flock(2), through koffi. Import this file dynamically: loading koffi costs 20 ms, which only the daemon can spare. */
import { closeSync, openSync, writeSync } from 'node:fs';
import koffi, { type KoffiFunc } from 'koffi';
import { check } from './libc.ts';

// Of <sys/file.h>.
const LOCK_EX = 2;
const LOCK_NB = 4;
const LOCK_UN = 8;

const flock: KoffiFunc<(fd: number, operation: number) => number> = koffi
  .load(null)
  .func('int flock(int fd, int operation)');

/** A file that this process, and whoever it gives the descriptor, keeps from others who lock it. */
export interface LockedFile {
  /** Close-on-exec. */
  readonly fd: number;
  /** What the file says from now on; no shorter than what it said. */
  write(content: string): void;
  /** For everyone who has the descriptor. May be called twice. */
  unlock(): void;
}

/**
 * Makes a file with this content, and locks it before anybody can.
 * @param path of a file that is not there
 * @throws SystemCallFailed, and as open(2) and write(2)
 */
export function makeLocked(path: string, content: string): LockedFile {
  const fd = openSync(path, 'wx', 0o600);
  let open = true;
  const unlock = (): void => {
    if (!open) return;
    open = false;
    flock(fd, LOCK_UN); // for those who still have it
    closeSync(fd);
  };
  try {
    check('flock', flock(fd, LOCK_EX | LOCK_NB));
    writeSync(fd, content);
  } catch (error) {
    unlock();
    throw error;
  }
  return { fd, write: (text) => void writeSync(fd, text, 0), unlock };
}
