/**
 * The few system calls a journal stream needs and Node does not offer: `node:net` gives no descriptor away, and keeps
 * its sockets non-blocking, which is a property of the socket and would follow it into the container.
 */
import koffi, { type KoffiFunc } from 'koffi';
import { check, fcntl } from '../lib/libc.ts';

const libc = koffi.load(null);

const socket: KoffiFunc<(domain: number, type: number, protocol: number) => number> = libc.func(
  'int socket(int domain, int type, int protocol)',
);
const connect: KoffiFunc<(fd: number, address: Uint8Array, length: number) => number> = libc.func(
  'int connect(int fd, const uint8_t *address, uint32_t length)',
);
const shutdown: KoffiFunc<(fd: number, how: number) => number> = libc.func('int shutdown(int fd, int how)');
const setsockopt: KoffiFunc<(fd: number, level: number, name: number, value: Uint8Array, length: number) => number> =
  libc.func('int setsockopt(int fd, int level, int name, const uint8_t *value, uint32_t length)');

// As asm-generic has them, which x86-64, arm64, ppc64le, s390x and riscv64 follow.
const AF_UNIX = 1;
const SOCK_STREAM = 1;
const SOCK_NONBLOCK = 0o4000;
const SOCK_CLOEXEC = 0o2000000;
const SOL_SOCKET = 1;
const SO_SNDBUF = 7;
const SO_SNDBUFFORCE = 32;
const SHUT_RD = 0;
const F_GETFL = 3;
const F_SETFL = 4;
/** `sun_path` has 108 bytes; the last one stays NUL. */
const MAX_PATH_BYTES = 107;

/** A stream socket, close-on-exec and for now non-blocking. @throws SystemCallFailed */
export function unixStreamSocket(): number {
  return check('socket', socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
}

/** @throws SystemCallFailed; `EAGAIN` when too many wait to be accepted; RangeError for a path too long for a socket */
export function connectUnix(fd: number, path: string): void {
  const bytes = Buffer.from(path);
  if (bytes.length > MAX_PATH_BYTES) throw new RangeError(`${path} is too long for a socket's path`);
  const address = Buffer.alloc(2 + MAX_PATH_BYTES + 1);
  address.set(new Uint8Array(Uint16Array.of(AF_UNIX).buffer)); // in the byte order of this host
  address.set(bytes, 2);
  check('connect', connect(fd, address, address.length));
}

/** Nothing will be read from it. @throws SystemCallFailed */
export function shutDownReading(fd: number): void {
  check('shutdown', shutdown(fd, SHUT_RD));
}

/** Asks for room for unread bytes; as much as the host allows when it does not allow all of it. @throws SystemCallFailed */
export function growSendBuffer(fd: number, size: number): void {
  const value = new Uint8Array(Int32Array.of(size).buffer);
  if (setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, value, value.length) === 0) return;
  check('setsockopt', setsockopt(fd, SOL_SOCKET, SO_SNDBUF, value, value.length));
}

/** @throws SystemCallFailed */
export function makeBlocking(fd: number): void {
  const flags = fcntl(fd, F_GETFL, 0);
  fcntl(fd, F_SETFL, flags & ~SOCK_NONBLOCK);
}
