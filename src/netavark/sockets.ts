/**
 * The system calls that reserving ports needs and Node does not offer: its own sockets listen, and share their ports. Import this
 * file dynamically: loading koffi costs 20 ms, which only the daemon can spare.
 */
import koffi, { type KoffiFunc } from 'koffi';
import { check, socketPair } from '../lib/libc.ts';
import { formatAddress, type Address } from '../lib/ip.ts';
import type { Protocol } from './errors.ts';

const libc = koffi.load(null);
const socketOf: KoffiFunc<(domain: number, type: number, protocol: number) => number> = libc.func(
  'int socket(int domain, int type, int protocol)',
);
const bindOf: KoffiFunc<(fd: number, address: Uint8Array, length: number) => number> = libc.func(
  'int bind(int fd, const uint8_t *address, uint32_t length)',
);
const setsockopt: KoffiFunc<(fd: number, level: number, name: number, value: Int32Array, length: number) => number> =
  libc.func('int setsockopt(int fd, int level, int name, const int32_t *value, uint32_t length)');
const getsockname: KoffiFunc<(fd: number, address: Uint8Array, length: Uint32Array) => number> = libc.func(
  'int getsockname(int fd, uint8_t *address, uint32_t *length)',
);
const iovec = koffi.struct({ base: 'uint8_t *', length: 'size_t' });
const msghdr = koffi.struct({
  name: 'void *',
  nameLength: 'uint32_t',
  parts: koffi.pointer(iovec),
  partsLength: 'size_t',
  control: 'uint8_t *',
  controlLength: 'size_t',
  flags: 'int',
});
interface Message {
  readonly name: null;
  readonly nameLength: number;
  readonly parts: readonly { readonly base: Uint8Array; readonly length: number }[];
  readonly partsLength: number;
  readonly control: Uint8Array;
  readonly controlLength: number;
  readonly flags: number;
}
const sendmsg: KoffiFunc<(fd: number, message: Message, flags: number) => number> = libc.func('sendmsg', 'intptr_t', [
  'int',
  koffi.pointer(msghdr),
  'int',
]);

// Of <sys/socket.h>, <netinet/in.h> and asm-generic.
const AF = { 4: 2, 6: 10 } as const;
const SOCK_CLOEXEC = 0o2000000;
const SOL_SOCKET = 1;
const SO_REUSEADDR = 2;
const SCM_RIGHTS = 1;
const IPPROTO_IPV6 = 41;
const IPV6_V6ONLY = 26;
const MSG_DONTWAIT = 0x40;
const MSG_NOSIGNAL = 0x4000;
const TYPES: Readonly<Record<Protocol, readonly [type: number, protocol: number]>> = {
  tcp: [1, 6],
  udp: [2, 17],
  sctp: [1, 132],
};

/** @throws SystemCallFailed */
export function openSocket(protocol: Protocol, family: Address['family']): number {
  const [type, number] = TYPES[protocol];
  const fd = check('socket', socketOf(AF[family], type | SOCK_CLOEXEC, number));
  if (family === 6) option(fd, IPPROTO_IPV6, IPV6_V6ONLY, 1);
  return fd;
}

const option = (fd: number, level: number, name: number, value: number): void => {
  check('setsockopt', setsockopt(fd, level, name, Int32Array.of(value), 4));
};

/** @param port 0 for a free one. @returns the port. @throws SystemCallFailed `EADDRINUSE` … */
export function bindSocket(fd: number, address: Address, port: number): number {
  const bytes = socketAddress(address, port);
  check(`bind to ${formatAddress(address)} port ${port}`, bindOf(fd, bytes, bytes.length));
  if (port !== 0) return port;
  const bound = new Uint8Array(bytes.length);
  check('getsockname', getsockname(fd, bound, Uint32Array.of(bound.length)));
  return new DataView(bound.buffer).getUint16(2);
}

/**
 * Takes a port on which connections of a program that has ended still fade away, and shares it with nobody: who binds to it as well
 * is refused when it listens.
 * @throws SystemCallFailed
 */
export function bindFadingSocket(fd: number, address: Address, port: number): void {
  option(fd, SOL_SOCKET, SO_REUSEADDR, 1);
  bindSocket(fd, address, port);
  option(fd, SOL_SOCKET, SO_REUSEADDR, 0);
}

function socketAddress({ family, value }: Address, port: number): Uint8Array {
  const bytes = new Uint8Array(family === 4 ? 16 : 28);
  bytes.set(new Uint8Array(Uint16Array.of(AF[family]).buffer)); // in the byte order of this host
  new DataView(bytes.buffer).setUint16(2, port);
  const hex = value.toString(16).padStart(family === 4 ? 8 : 32, '0');
  bytes.set(Buffer.from(hex, 'hex'), family === 4 ? 4 : 8);
  return bytes;
}

/** The kernel takes no more in one message. */
const MAX_AT_ONCE = 253;
/** struct cmsghdr: a length of the machine's size, and two numbers. */
const HEADER_BYTES = 16;

/**
 * One descriptor that keeps all of these open: they lie in the queue of a socket that nobody reads.
 * @throws SystemCallFailed
 */
export function bundleOf(fds: readonly number[], close: (fd: number) => void): number {
  const [sending, keeping] = socketPair();
  try {
    for (let from = 0; from < fds.length; from += MAX_AT_ONCE) send(sending, fds.slice(from, from + MAX_AT_ONCE));
    return keeping;
  } catch (error) {
    close(keeping);
    throw error;
  } finally {
    close(sending);
  }
}

function send(to: number, fds: readonly number[]): void {
  const control = new Uint8Array(HEADER_BYTES + fds.length * 4);
  control.set(new Uint8Array(BigUint64Array.of(BigInt(control.length)).buffer));
  control.set(new Uint8Array(Int32Array.of(SOL_SOCKET, SCM_RIGHTS, ...fds).buffer), 8);
  const parts = [{ base: Uint8Array.of(0), length: 1 }];
  const message = {
    name: null,
    nameLength: 0,
    parts,
    partsLength: 1,
    control,
    controlLength: control.length,
    flags: 0,
  };
  check('sendmsg', sendmsg(to, message, MSG_DONTWAIT | MSG_NOSIGNAL));
}
