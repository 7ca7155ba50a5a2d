/**
 * The system calls that pipes, terminals and entries of the journal's native protocol need and Node does not offer. Import
 * this file dynamically: loading koffi costs 20 ms, which only the daemon can spare.
 */
import { closeSync } from 'node:fs';
import koffi, { type KoffiFunc } from 'koffi';
import { check, SystemCallFailed } from '../lib/libc.ts';

const libc = koffi.load(null);

const pipe2: KoffiFunc<(fds: Int32Array, flags: number) => number> = libc.func('int pipe2(int32_t *fds, int flags)');
const fcntl: KoffiFunc<(fd: number, command: number, type: 'int', argument: number) => number> = libc.func(
  'int fcntl(int fd, int command, ...)',
);
const ioctl: KoffiFunc<(fd: number, request: number, type: 'void *', argument: Uint8Array) => number> = libc.func(
  'int ioctl(int fd, unsigned long request, ...)',
);
const dup3: KoffiFunc<(fd: number, as: number, flags: number) => number> = libc.func(
  'int dup3(int fd, int as, int flags)',
);
const memfdCreate: KoffiFunc<(name: string, flags: number) => number> = libc.func(
  'int memfd_create(const char *name, unsigned int flags)',
);
const ftruncate: KoffiFunc<(fd: number, length: number) => number> = libc.func('int ftruncate(int fd, int64_t length)');
const fallocate: KoffiFunc<(fd: number, mode: number, offset: number, length: number) => number> = libc.func(
  'int fallocate(int fd, int mode, int64_t offset, int64_t length)',
);
const mmap: KoffiFunc<
  (at: null, length: number, protection: number, flags: number, fd: number, offset: number) => unknown
> = libc.func('void *mmap(void *at, size_t length, int protection, int flags, int fd, int64_t offset)');
const munmap: KoffiFunc<(at: unknown, length: number) => number> = libc.func('int munmap(void *at, size_t length)');
const socket: KoffiFunc<(domain: number, type: number, protocol: number) => number> = libc.func(
  'int socket(int domain, int type, int protocol)',
);
const connect: KoffiFunc<(fd: number, address: Uint8Array, length: number) => number> = libc.func(
  'int connect(int fd, const uint8_t *address, uint32_t length)',
);
const sendmsg: KoffiFunc<(fd: number, message: Uint8Array, flags: number) => number> = libc.func(
  'intptr_t sendmsg(int fd, const uint8_t *message, int flags)',
);
const openpty: KoffiFunc<(master: Int32Array, slave: Int32Array, name: null, termios: null, winsize: null) => number> =
  libc.func('int openpty(int32_t *master, int32_t *slave, char *name, void *termios, void *winsize)');
const tcgetattr: KoffiFunc<(fd: number, termios: Uint8Array) => number> = libc.func(
  'int tcgetattr(int fd, uint8_t *termios)',
);
const cfmakeraw: KoffiFunc<(termios: Uint8Array) => void> = libc.func('void cfmakeraw(uint8_t *termios)');
const tcsetattr: KoffiFunc<(fd: number, when: number, termios: Uint8Array) => number> = libc.func(
  'int tcsetattr(int fd, int when, const uint8_t *termios)',
);
const poll: KoffiFunc<(fds: Uint8Array, count: number, timeoutMs: number) => number> = libc.func(
  'int poll(uint8_t *fds, unsigned long count, int timeoutMs)',
);

// As asm-generic has them, which x86-64, arm64, ppc64le, s390x and riscv64 follow; the last two are in <sys/mman.h>.
const O_CLOEXEC = 0o2000000;
const O_NONBLOCK = 0o4000;
const F_SETFD = 2;
const F_GETFL = 3;
const F_SETFL = 4;
const F_DUPFD_CLOEXEC = 1030;
const F_SETPIPE_SZ = 1031;
const FD_CLOEXEC = 1;
const MFD_CLOEXEC = 1;
const PROT_READ_WRITE = 3;
const MAP_SHARED = 1;
const PUNCH_HOLE_KEEP_SIZE = 3;
const AF_UNIX = 1;
const SOCK_DGRAM_CLOEXEC = 2 | O_CLOEXEC;
const POLLOUT = 4;
const POLLNVAL = 32;
const SOL_SOCKET = 1;
const SCM_CREDENTIALS = 2;
const MSG_DONTWAIT = 0x40;
const MSG_NOSIGNAL = 0x4000;
/** Of a struct cmsghdr with a struct ucred: without what follows it up to the next word, and with it. */
const CREDENTIALS_BYTES = 28;
const CREDENTIALS_SPACE = 32;
const TIOCSWINSZ = 0x5414;
const TIOCGPGRP = 0x540f;
const TCSANOW = 0;
const MAX_PATH_BYTES = 107;
/** More than any struct termios takes. */
const TERMIOS_BYTES = 256;
/** Its members are four words of flags and what follows. */
const OUTPUT_FLAGS = 1;
const OPOST = 1;

/** The most that anybody may ask for (fs.pipe-max-size): twice the throughput of the usual 64 KiB. */
const PIPE_BYTES = 1024 * 1024;

/**
 * A pipe, both ends close-on-exec and blocking. It holds PIPE_BYTES, unless the kernel does not give its user so much.
 * @throws SystemCallFailed
 */
export function makePipe(): { readonly reading: number; readonly writing: number } {
  const fds = new Int32Array(2);
  check('pipe2', pipe2(fds, O_CLOEXEC));
  const [reading = -1, writing = -1] = fds;
  fcntl(reading, F_SETPIPE_SZ, 'int', PIPE_BYTES); // a smaller one does as well, only slower
  return { reading, writing };
}

/**
 * A terminal that neither echoes nor looks at what is typed, and adds a carriage return to each line feed of the output as
 * terminals do; both ends close-on-exec.
 * @throws SystemCallFailed
 */
export function makeTerminal(): { readonly master: number; readonly slave: number } {
  const [masters, slaves] = [new Int32Array(1), new Int32Array(1)];
  check('openpty', openpty(masters, slaves, null, null, null));
  const [[master = -1], [slave = -1]] = [masters, slaves];
  for (const fd of [master, slave]) closeOnExec(fd);
  const termios = new Uint8Array(TERMIOS_BYTES);
  check('tcgetattr', tcgetattr(slave, termios));
  cfmakeraw(termios);
  const flags = new Uint32Array(termios.buffer);
  flags[OUTPUT_FLAGS] = (flags[OUTPUT_FLAGS] ?? 0) | OPOST;
  check('tcsetattr', tcsetattr(slave, TCSANOW, termios));
  return { master, slave };
}

/** @throws SystemCallFailed */
export function closeOnExec(fd: number): void {
  check('fcntl', fcntl(fd, F_SETFD, 'int', FD_CLOEXEC));
}

/** Reads and writes no longer wait, also those of others that have it open. @throws SystemCallFailed */
export function setNonBlocking(fd: number): void {
  const flags = check('fcntl', fcntl(fd, F_GETFL, 'int', 0));
  check('fcntl', fcntl(fd, F_SETFL, 'int', flags | O_NONBLOCK));
}

/** One more descriptor of what is open, close-on-exec. @throws SystemCallFailed */
export function duplicate(fd: number): number {
  return check('fcntl', fcntl(fd, F_DUPFD_CLOEXEC, 'int', 0));
}

/** From now on `fd` is what `other` is; what it was is closed. @throws SystemCallFailed */
export function replace(fd: number, other: number): void {
  check('dup3', dup3(other, fd, O_CLOEXEC));
}

/** The kernel tells the terminal's foreground processes by SIGWINCH if that is news. @throws SystemCallFailed */
export function setWindowSize(fd: number, columns: number, rows: number): void {
  const winsize = new Uint8Array(Uint16Array.of(rows, columns, 0, 0).buffer); // in the byte order of this host
  check('ioctl', ioctl(fd, TIOCSWINSZ, 'void *', winsize));
}

/** The foreground process group of the terminal behind a master; undefined where there is none. */
export function foregroundGroup(fd: number): number | undefined {
  const group = new Int32Array(1);
  const answer = ioctl(fd, TIOCGPGRP, 'void *', new Uint8Array(group.buffer));
  const [id = 0] = group;
  return answer === 0 && id > 0 ? id : undefined;
}

/** Memory that outlives the process as long as somebody holds `fd`. */
export interface SharedMemory {
  readonly fd: number;
  readonly bytes: Buffer;
  /** Gives pages back, which are zeros from then on. @throws SystemCallFailed */
  punch(at: number, length: number): void;
  /** `bytes` must not be touched any more. */
  close(): void;
}

/** A descriptor of new, zeroed memory. @throws SystemCallFailed */
export function newMemory(name: string, length: number): number {
  const fd = check('memfd_create', memfdCreate(name, MFD_CLOEXEC));
  try {
    check('ftruncate', ftruncate(fd, length));
  } catch (error) {
    closeSync(fd);
    throw error;
  }
  return fd;
}

/** @param fd of memory; closed with it. @throws SystemCallFailed, and then it is open yet */
export function sharedMemory(memory: number, length: number): SharedMemory {
  const at = mmap(null, length, PROT_READ_WRITE, MAP_SHARED, memory, 0);
  if (koffi.address(at) === 2n ** 64n - 1n) throw new SystemCallFailed('mmap', koffi.errno());
  return {
    fd: memory,
    bytes: Buffer.from(koffi.view(at, length)),
    punch: (offset, count) => {
      check('fallocate', fallocate(memory, PUNCH_HOLE_KEEP_SIZE, offset, count));
    },
    close: () => {
      check('munmap', munmap(at, length));
      closeSync(memory);
    },
  };
}

/** A datagram socket that is connected to a path. @throws SystemCallFailed */
export function datagramSocket(path: string): number {
  const bytes = Buffer.from(path);
  if (bytes.length > MAX_PATH_BYTES) throw new RangeError(`${path} is too long for a socket's path`);
  const address = Buffer.alloc(2 + MAX_PATH_BYTES + 1);
  address.set(new Uint8Array(Uint16Array.of(AF_UNIX).buffer));
  address.set(bytes, 2);
  const fd = check('socket', socket(AF_UNIX, SOCK_DGRAM_CLOEXEC, 0));
  check('connect', connect(fd, address, address.length));
  return fd;
}

export interface Datagram {
  /**
   * Sends the beginning of the bytes now, if there is room for it.
   * @param writer the process that it is to be of, as root's (SCM_CREDENTIALS, which takes CAP_SYS_ADMIN); where there is none, this
   *   one, so that nothing is lost with another process
   * @throws SystemCallFailed
   */
  send(fd: number, length: number, writer: number | undefined): 'sent' | 'full';
}

/** @param bytes from whose beginning datagrams are sent */
export function datagramOf(bytes: Buffer): Datagram {
  // struct msghdr, struct iovec, struct cmsghdr and struct ucred of 64 bits, one after the other. They are longer than what V8 would
  // keep in its heap, and move about.
  const words = new BigUint64Array(13);
  const [header, vector, control] = [0, 7, 9];
  const at = koffi.address(words);
  words[header + 2] = at + BigInt(vector * 8);
  words[header + 3] = 1n;
  words[header + 4] = at + BigInt(control * 8);
  words[vector] = koffi.address(bytes);
  words[control] = BigInt(CREDENTIALS_BYTES);
  const numbers = new Int32Array(words.buffer, (control + 1) * 8);
  numbers.set([SOL_SOCKET, SCM_CREDENTIALS]);
  const message = new Uint8Array(words.buffer);
  const send = (fd: number, length: number, writer: number | undefined): 'sent' | 'full' => {
    if (length > bytes.length) throw new RangeError(`${length} bytes of ${bytes.length}`);
    words[vector + 1] = BigInt(length);
    words[header + 5] = writer === undefined ? 0n : BigInt(CREDENTIALS_SPACE);
    numbers[2] = writer ?? 0;
    if (sendmsg(fd, message, MSG_DONTWAIT | MSG_NOSIGNAL) >= 0) return 'sent';
    const failure = new SystemCallFailed('sendmsg', koffi.errno());
    if (failure.code === 'EAGAIN' || failure.code === 'ENOBUFS') return 'full';
    if (writer === undefined || (failure.code !== 'ESRCH' && failure.code !== 'EPERM')) throw failure;
    return send(fd, length, undefined);
  };
  return { send };
}

/**
 * Resolves when something can be written, or never will be, as the next call says. A thread of the pool waits for it.
 * @throws SystemCallFailed EBADF
 */
export async function untilWritable(fd: number): Promise<void> {
  const pollfd = new Int16Array(4); // struct pollfd: the descriptor, which takes two; what is waited for; what has come
  new Int32Array(pollfd.buffer, 0, 1)[0] = fd;
  pollfd[2] = POLLOUT;
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  poll.async(new Uint8Array(pollfd.buffer), 1, -1, (error: Error | null, ready) => {
    // That it is looked at here also keeps it from being collected while the kernel may write to it.
    const came = pollfd[3] ?? 0;
    if (error !== null) reject(error);
    else if (ready < 0 || (came & POLLNVAL) !== 0) reject(new SystemCallFailed('poll', koffi.os.errno['EBADF'] ?? 0));
    else resolve();
  });
  await promise;
}
