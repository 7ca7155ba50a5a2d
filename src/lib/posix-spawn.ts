/**
 * posix_spawn(3), by koffi. Node's own spawn copies the page tables of the whole process: 4 ms of a berthd of 150 MB, in which it
 * does nothing else, and more for each MB; this shares them until the program runs, and takes 0.2 ms. Import this file
 * dynamically: loading koffi costs 20 ms, which only the daemon can spare.
 */
import { closeSync } from 'node:fs';
import koffi, { type KoffiFunc } from 'koffi';
import { fcntl, SystemCallFailed } from './libc.ts';
import { signalName } from './signals.ts';

const libc = koffi.load(null);
type Arguments = readonly (string | null)[];

const posixSpawn: KoffiFunc<
  (pid: Int32Array, path: string, actions: Buffer, attributes: Buffer, argv: Arguments, env: Arguments) => number
> = libc.func(
  'int posix_spawn(int32_t *pid, const char *path, uint8_t *actions, uint8_t *attributes, const char **argv, const char **env)',
);
const initActions: KoffiFunc<(actions: Buffer) => number> = libc.func(
  'int posix_spawn_file_actions_init(uint8_t *actions)',
);
const addDuplicate: KoffiFunc<(actions: Buffer, fd: number, as: number) => number> = libc.func(
  'int posix_spawn_file_actions_adddup2(uint8_t *actions, int fd, int as)',
);
const destroyActions: KoffiFunc<(actions: Buffer) => number> = libc.func(
  'int posix_spawn_file_actions_destroy(uint8_t *actions)',
);
const initAttributes: KoffiFunc<(attributes: Buffer) => number> = libc.func(
  'int posix_spawnattr_init(uint8_t *attributes)',
);
const setFlags: KoffiFunc<(attributes: Buffer, flags: number) => number> = libc.func(
  'int posix_spawnattr_setflags(uint8_t *attributes, short flags)',
);
const setBlocked: KoffiFunc<(attributes: Buffer, signals: Buffer) => number> = libc.func(
  'int posix_spawnattr_setsigmask(uint8_t *attributes, uint8_t *signals)',
);
const setDefault: KoffiFunc<(attributes: Buffer, signals: Buffer) => number> = libc.func(
  'int posix_spawnattr_setsigdefault(uint8_t *attributes, uint8_t *signals)',
);
const waitpid: KoffiFunc<(pid: number, status: Int32Array, options: number) => number> = libc.func(
  'int waitpid(int pid, int32_t *status, int options)',
);

// More than any libc has for them: glibc takes 80, 336 and 128 bytes.
const ACTIONS_BYTES = 512;
const ATTRIBUTES_BYTES = 1024;
const SET_BYTES = 256;

// Of <spawn.h>.
const SETSIGDEF = 0x04;
const SETSIGMASK = 0x08;
const SETSID = 0x80;
// Of asm-generic/fcntl.h.
const F_DUPFD_CLOEXEC = 1030;

const attributes = Buffer.alloc(ATTRIBUTES_BYTES);
initAttributes(attributes);
setFlags(attributes, SETSID | SETSIGDEF | SETSIGMASK);
// A bit for each signal; sigfillset(3) leaves out those that glibc keeps for itself, which would be ignored then.
setDefault(attributes, Buffer.alloc(SET_BYTES, 0xff));
setBlocked(attributes, Buffer.alloc(SET_BYTES));

/**
 * Starts a program in a session of its own, with every signal as it is by default. Whoever starts it must `reap` it. Only a thread
 * waits until the program runs.
 * @param env all of it, `NAME=value`
 * @param fds what it has as descriptors 0, 1, 2 …: close-on-exec ones of this process; undefined where it has none
 * @param file the path of the program, if that is not what it is told
 * @returns its process ID
 * @throws SystemCallFailed
 */
export async function spawn(
  argv: readonly string[],
  env: readonly string[],
  fds: readonly (number | undefined)[],
  file = argv[0] ?? '',
): Promise<number> {
  const actions = Buffer.alloc(ACTIONS_BYTES);
  const pid = new Int32Array(1);
  const moved: number[] = [];
  initActions(actions);
  try {
    for (const [as, fd] of fds.entries()) {
      if (fd === undefined) continue;
      // One whose number is given out, too, may be another by the time it is put in its place.
      const source = fd < fds.length ? duplicateFrom(fds.length, fd) : fd;
      if (source !== fd) moved.push(source);
      addDuplicate(actions, source, as);
    }
    const errno = await new Promise<number>((resolve, reject) => {
      posixSpawn.async(pid, file, actions, attributes, [...argv, null], [...env, null], answered(resolve, reject));
    });
    if (errno !== 0) throw new SystemCallFailed('posix_spawn', errno);
  } finally {
    for (const fd of moved) closeSync(fd);
    destroyActions(actions);
  }
  return pid[0] ?? 0;
}

const answered =
  (resolve: (answer: number) => void, reject: (reason: unknown) => void) =>
  (error: unknown, answer: number): void => {
    if (error === null || error === undefined) resolve(answer);
    else reject(new Error('a call in a thread failed', { cause: error }));
  };

/** A duplicate with a number that is no less than `lowest`, close-on-exec. @throws SystemCallFailed */
const duplicateFrom = (lowest: number, fd: number): number => fcntl(fd, F_DUPFD_CLOEXEC, lowest);

/** How a process ended; `code` 0…255, `signal` as kill(2) names it. */
export type ProcessEnd = { readonly code: number } | { readonly signal: string; readonly dumpedCore: boolean };

/** Waits for the end of a child of this process, in a thread: so only for one that is about to end. */
export async function reap(pid: number): Promise<ProcessEnd> {
  const status = new Int32Array(1);
  const answer = await new Promise<number>((resolve, reject) => {
    waitpid.async(pid, status, 0, answered(resolve, reject));
  });
  if (answer !== pid) throw new Error(`process ${pid} is no child of this one`);
  const [word = 0] = status; // as <bits/waitstatus.h> takes it apart
  const signal = word & 0x7f;
  if (signal === 0) return { code: (word >> 8) & 0xff };
  return { signal: signalName(signal), dumpedCore: (word & 0x80) !== 0 };
}
