/**
 * Processes by pidfd_open(2), which stay who they are when their number is given to others. Through koffi: import this file
 * dynamically, as loading that costs 20 ms, which only the daemon can spare.
 */
import { closeSync } from 'node:fs';
import koffi, { type KoffiFunc } from 'koffi';
import { check, SystemCallFailed } from './libc.ts';

// The same on every architecture.
const SYS_PIDFD_SEND_SIGNAL = 424;
const SYS_PIDFD_OPEN = 434;

const libc = koffi.load(null);
const syscall: KoffiFunc<(number: number, a: number, b: number, c: number, d: number) => number> = libc.func(
  'long syscall(long number, long a, long b, long c, long d)',
);

/** Disposing of it lets the process alone. */
export interface ProcessHandle extends Disposable {
  /** A process that has ended is no error. @throws SystemCallFailed */
  signal(number: number): void;
}

/** @returns undefined where there is no such process. @throws SystemCallFailed */
export function openProcess(pid: number): ProcessHandle | undefined {
  const fd = unlessGone('pidfd_open', () => syscall(SYS_PIDFD_OPEN, pid, 0, 0, 0));
  if (fd === undefined) return undefined;
  return {
    signal: (number) => {
      unlessGone('pidfd_send_signal', () => syscall(SYS_PIDFD_SEND_SIGNAL, fd, number, 0, 0));
    },
    [Symbol.dispose]: () => {
      closeSync(fd); // which is close-on-exec
    },
  };
}

function unlessGone(call: string, run: () => number): number | undefined {
  try {
    return check(call, run());
  } catch (error) {
    if (error instanceof SystemCallFailed && error.code === 'ESRCH') return undefined;
    throw error;
  }
}
