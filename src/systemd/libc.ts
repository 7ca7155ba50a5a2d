/**
 * The C functions berth calls by itself, through koffi; it is loaded with the first call, which takes 20 ms, so that
 * whoever only imports this does not pay for it.
 */
import { createRequire } from 'node:module';
import type Koffi from 'koffi';

interface Functions {
  readonly errno: () => number;
  readonly errnoName: (errno: number) => string;
  readonly fcntl: (fd: number, command: number, type: 'int', argument: number) => number;
  readonly notify: (pid: number, unset: number, state: string, fds: readonly number[], count: number) => number;
}

let functions: Functions | undefined;

function load(): Functions {
  const koffi: typeof Koffi = createRequire(import.meta.url)('koffi');
  const names = new Map(Object.entries(koffi.os.errno).map(([name, number]) => [number, name]));
  return {
    errno: () => koffi.errno(),
    errnoName: (errno) => names.get(errno) ?? `errno ${errno}`,
    fcntl: koffi.load('libc.so.6').func('int fcntl(int fd, int cmd, ...)'),
    notify: koffi
      .load('libsystemd.so.0')
      .func('int sd_pid_notify_with_fds(int pid, int unset, const char *state, const int *fds, unsigned int n_fds)'),
  };
}

/** Of <fcntl.h>, the same on every Linux. */
const F_SETFD = 2;
const FD_CLOEXEC = 1;

/**
 * Keeps `descriptor` from the programs this process starts. usocket needs it: neither its sockets nor the descriptors
 * it receives are close-on-exec, and libuv's spawn does not close what it did not open.
 * @throws Error with errno's name
 */
export function closeOnExec(descriptor: number): void {
  functions ??= load();
  if (functions.fcntl(descriptor, F_SETFD, 'int', FD_CLOEXEC) >= 0) return;
  throw new Error(`fcntl of descriptor ${descriptor}: ${functions.errnoName(functions.errno())}`);
}

/**
 * sd_pid_notify_with_fds(3) for this process; libsystemd reads NOTIFY_SOCKET itself.
 * @throws Error with errno's name when there is a socket, and it cannot be written to
 */
export function notifyWithFds(state: string, fds: readonly number[]): 'sent' | 'no-socket' {
  functions ??= load();
  const answer = functions.notify(0, 0, state, fds, fds.length);
  if (answer < 0) throw new Error(`sd_notify: ${functions.errnoName(-answer)}`);
  return answer > 0 ? 'sent' : 'no-socket';
}
