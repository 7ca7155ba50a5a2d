/**
 * The process at the other end of a socket, and its descriptors, through koffi. Import this file dynamically: loading koffi
 * costs 20 ms, which only the daemon can spare.
 */
import koffi, { type KoffiFunc } from 'koffi';
import { check, systemCall, SystemCallFailed } from './libc.ts';

const libc = koffi.load(null);
const getsockopt: KoffiFunc<
  (fd: number, level: number, name: number, value: Int32Array, length: Uint32Array) => number
> = libc.func('int getsockopt(int fd, int level, int name, int32_t *value, uint32_t *length)');

// As asm-generic has them, which x86-64, arm64, s390x and riscv64 follow; ppc64le has another SO_PEERCRED.
const SOL_SOCKET = 1;
const SO_PEERCRED = 17;
const SO_PEERPIDFD = 77;

/**
 * A pidfd of the process that connected, close-on-exec.
 * @throws SystemCallFailed `ENODATA` where no such process is known, `ESRCH` or `EINVAL` where it has ended
 */
export function openPeer(socket: number): number {
  try {
    const [pidfd = -1] = option(socket, SO_PEERPIDFD, 1);
    return pidfd;
  } catch (error) {
    if (!(error instanceof SystemCallFailed) || error.code !== 'ENOPROTOOPT') throw error;
    return openPeerByNumber(socket);
  }
}

/**
 * As `openPeer`, for Linux before 6.5. If the process that connected has ended and left the connection to another, its number
 * may be somebody else's by now.
 * @throws SystemCallFailed `ENODATA` where no such process is known, `ESRCH` where it has ended
 */
export function openPeerByNumber(socket: number): number {
  const [pid = 0] = option(socket, SO_PEERCRED, 3); // struct ucred: a process, a user and a group
  if (pid === 0) throw new SystemCallFailed('getsockopt', koffi.os.errno['ENODATA'] ?? 0);
  return systemCall('pidfd_open', pid);
}

/** What the process has as `descriptor`, close-on-exec. @throws SystemCallFailed `EBADF` | `ESRCH` | `EPERM` */
export const copyDescriptor = (pidfd: number, descriptor: number): number =>
  systemCall('pidfd_getfd', pidfd, descriptor);

function option(socket: number, name: number, words: number): Int32Array {
  const value = new Int32Array(words);
  check('getsockopt', getsockopt(socket, SOL_SOCKET, name, value, Uint32Array.of(value.byteLength)));
  return value;
}
