/**
 * What several parts of berth need of the C library, through koffi. Import this file dynamically: loading koffi costs 20 ms, which
 * only the daemon can spare.
 */
import koffi, { type KoffiFunc } from 'koffi';

const libc = koffi.load(null);
const mallocTrimOf: KoffiFunc<(keep: number) => number> = libc.func('int malloc_trim(size_t pad)');
const socketpair: KoffiFunc<(domain: number, type: number, protocol: number, fds: Int32Array) => number> = libc.func(
  'int socketpair(int domain, int type, int protocol, int32_t *fds)',
);
const fcntlOf: KoffiFunc<(fd: number, command: number, type: 'int', argument: number) => number> = libc.func(
  'int fcntl(int fd, int command, ...)',
);
const syscall: KoffiFunc<(number: number, a: number, b: number, c: number, d: number) => number> = libc.func(
  'long syscall(long number, long a, long b, long c, long d)',
);

/** System calls that the C library has no function for, or has one since lately; the same on every architecture. */
const NUMBERS = { pidfd_send_signal: 424, pidfd_open: 434, pidfd_getfd: 438 } as const;

// Of <sys/socket.h> and asm-generic/fcntl.h.
const AF_UNIX = 1;
const SOCK_STREAM_CLOEXEC = 1 | 0o2000000;

/** A system call failed; `code` is as Node has it: `ENOENT`. */
export class SystemCallFailed extends Error {
  override readonly name = 'SystemCallFailed';
  readonly code: string;
  readonly syscall: string;
  constructor(syscall: string, errno: number) {
    const code = Object.entries(koffi.os.errno).find(([, value]) => value === errno)?.[0] ?? `errno ${errno}`;
    super(`${syscall}: ${code}`);
    this.code = code;
    this.syscall = syscall;
  }
}

/** What a system call answered. @throws SystemCallFailed for less than 0 */
export function check(call: string, result: number): number {
  if (result < 0) throw new SystemCallFailed(call, koffi.errno());
  return result;
}

/** fcntl(2) with a number. @throws SystemCallFailed */
export const fcntl = (fd: number, command: number, argument: number): number =>
  check('fcntl', fcntlOf(fd, command, 'int', argument));

/** @throws SystemCallFailed */
export const systemCall = (call: keyof typeof NUMBERS, a: number, b = 0, c = 0, d = 0): number =>
  check(call, syscall(NUMBERS[call], a, b, c, d));

/** Two stream sockets that are connected to one another, both close-on-exec. @throws SystemCallFailed */
export function socketPair(): readonly [number, number] {
  const fds = new Int32Array(2);
  check('socketpair', socketpair(AF_UNIX, SOCK_STREAM_CLOEXEC, 0, fds));
  const [one = -1, other = -1] = fds;
  return [one, other];
}

/** malloc_trim(3): gives every free page of the heap back, also those in the middle of it. */
export function mallocTrim(): void {
  mallocTrimOf(0);
}
