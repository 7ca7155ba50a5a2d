/**
 * Processes by pidfd_open(2), which stay who they are when their number is given to others. Through koffi: import this file
 * dynamically, as loading that costs 20 ms, which only the daemon can spare.
 */
import { closeSync } from 'node:fs';
import { systemCall, SystemCallFailed } from './libc.ts';

/** Disposing of it lets the process alone. */
export interface ProcessHandle extends Disposable {
  /** A process that has ended is no error. @throws SystemCallFailed */
  signal(number: number): void;
}

/** @returns undefined where there is no such process. @throws SystemCallFailed */
export function openProcess(pid: number): ProcessHandle | undefined {
  const fd = unlessGone(() => systemCall('pidfd_open', pid));
  if (fd === undefined) return undefined;
  return {
    signal: (number) => {
      unlessGone(() => systemCall('pidfd_send_signal', fd, number));
    },
    [Symbol.dispose]: () => {
      closeSync(fd); // which is close-on-exec
    },
  };
}

function unlessGone(run: () => number): number | undefined {
  try {
    return run();
  } catch (error) {
    if (error instanceof SystemCallFailed && error.code === 'ESRCH') return undefined;
    throw error;
  }
}
