/** What the helper needs of the kernel, through koffi. Whatever fails throws SystemCallFailed. */
import { closeSync } from 'node:fs';
import koffi, { type KoffiFunc } from 'koffi';
import { check, systemCall } from '../../lib/libc.ts';

const libc = koffi.load(null);

const openat2: KoffiFunc<(number: number, at: number, path: string, how: BigUint64Array, size: number) => number> =
  libc.func('long syscall(long number, int at, const char *path, uint64_t *how, size_t size)');
const openTreeOf: KoffiFunc<(number: number, at: number, path: string, flags: number) => number> = libc.func(
  'long syscall(long number, int at, const char *path, unsigned int flags)',
);
const mountSetattr: KoffiFunc<
  (number: number, at: number, path: string, flags: number, attributes: BigUint64Array, size: number) => number
> = libc.func(
  'long syscall(long number, int at, const char *path, unsigned int flags, uint64_t *attributes, size_t size)',
);
const moveMountOf: KoffiFunc<
  (number: number, from: number, fromPath: string, to: number, toPath: string, flags: number) => number
> = libc.func(
  'long syscall(long number, int from, const char *fromPath, int to, const char *toPath, unsigned int flags)',
);
const unshareOf: KoffiFunc<(flags: number) => number> = libc.func('int unshare(int flags)');
const setnsOf: KoffiFunc<(fd: number, type: number) => number> = libc.func('int setns(int fd, int type)');
const mountOf: KoffiFunc<
  (source: string, target: string, type: string | null, flags: number, options: string | null) => number
> = libc.func(
  'int mount(const char *source, const char *target, const char *type, unsigned long flags, const char *options)',
);
const umount2: KoffiFunc<(target: string, flags: number) => number> = libc.func(
  'int umount2(const char *target, int flags)',
);
const pivotRootOf: KoffiFunc<(root: string, old: string) => number> = libc.func(
  'int pivot_root(const char *root, const char *old)',
);
const chrootOf: KoffiFunc<(path: string) => number> = libc.func('int chroot(const char *path)');
const fchdirOf: KoffiFunc<(fd: number) => number> = libc.func('int fchdir(int fd)');
const mkdiratOf: KoffiFunc<(at: number, path: string, mode: number) => number> = libc.func(
  'int mkdirat(int at, const char *path, unsigned int mode)',
);
const faccessatOf: KoffiFunc<(at: number, path: string, mode: number, flags: number) => number> = libc.func(
  'int faccessat(int at, const char *path, int mode, int flags)',
);
const readlinkatOf: KoffiFunc<(at: number, path: string, buffer: Buffer, size: number) => number> = libc.func(
  'long readlinkat(int at, const char *path, uint8_t *buffer, size_t size)',
);
const execveOf: KoffiFunc<(path: string, argv: readonly (string | null)[], env: readonly (string | null)[]) => number> =
  libc.func('int execve(const char *path, const char **argv, const char **env)');

/** The same on every architecture. */
const NUMBERS = { openTree: 428, moveMount: 429, openat2: 437, mountSetattr: 442 } as const;

// Of <fcntl.h>, <sched.h>, <sys/mount.h> and <linux/mount.h>.
export const HERE = -100;
const EMPTY_PATH = 0x1000;
const RECURSIVE = 0x8000;
const TREE_CLONE = 1;
const CLOEXEC = 0o2000000;
const CLONE_FS = 0x200;
const CLONE_NEWNS = 0x20000;
const MS_REC_PRIVATE = 0x4000 | 0x40000;
const MNT_DETACH = 2;
const MOVE_EMPTY_PATHS = 0x04 | 0x40;
const W_OK = 2;
const WORD_BYTES = 8;

/** Of openat2(2). */
export const RESOLVE = { noMagicLinks: 0x02, noSymlinks: 0x04, inRoot: 0x10 } as const;
/** Of mount_setattr(2). */
const ATTRIBUTES = { readOnly: 0x01, noSymbolicLinks: 0x200000 } as const;

/** Only names it, whatever it is; Node has no word for it. */
const O_PATH = 0o10000000;
const O_CREAT = 0o100;
const O_EXCL = 0o200;
const O_DIRECTORY = 0o200000;
const O_NOFOLLOW = 0o400000;

export type Wanted = 'anything' | 'folder' | 'link-itself';
const FLAGS: Readonly<Record<Wanted, number>> = { anything: 0, folder: O_DIRECTORY, 'link-itself': O_NOFOLLOW };

/** A descriptor that names a file. */
export const name = (at: number, path: string, wanted: Wanted, resolve: number): number =>
  open(at, path, O_PATH | FLAGS[wanted], resolve);

/** A descriptor to read from. */
export const openToRead = (at: number, path: string): number => open(at, path, 0, 0);

function open(at: number, path: string, flags: number, resolve: number, mode = 0): number {
  const how = BigUint64Array.of(BigInt(flags | CLOEXEC), BigInt(mode), BigInt(resolve));
  return check('openat2', openat2(NUMBERS.openat2, at, path, how, how.length * WORD_BYTES));
}

export type Extent = 'it-alone' | 'all-below-too';
const recursion = (extent: Extent): number => (extent === 'it-alone' ? 0 : RECURSIVE);

/** A copy of what is mounted at a path, mounted nowhere yet. */
export const cloneTree = (path: string, extent: Extent): number =>
  check('open_tree', openTreeOf(NUMBERS.openTree, HERE, path, TREE_CLONE | CLOEXEC | recursion(extent)));

/** Of the mount that a descriptor names. */
export function setAttribute(mount: number, attribute: keyof typeof ATTRIBUTES, extent: Extent): void {
  const words = BigUint64Array.of(BigInt(ATTRIBUTES[attribute]), 0n, 0n, 0n);
  const flags = EMPTY_PATH | recursion(extent);
  check('mount_setattr', mountSetattr(NUMBERS.mountSetattr, mount, '', flags, words, words.length * WORD_BYTES));
}

/** Mounts a tree over what a descriptor names. */
export function moveMount(tree: number, over: number): void {
  check('move_mount', moveMountOf(NUMBERS.moveMount, tree, '', over, '', MOVE_EMPTY_PATHS));
}

/** A mount namespace of this thread's own, a copy of the one it is in. Nothing that is mounted in either reaches the other. */
export function copyMountNamespace(): void {
  check('unshare', unshareOf(CLONE_FS | CLONE_NEWNS));
  check('mount', mountOf('none', '/', null, MS_REC_PRIVATE, null));
}

/** Goes into the mount namespace of a process, to its root. */
export function joinMountNamespace(process: number): void {
  check('unshare', unshareOf(CLONE_FS));
  check('setns', setnsOf(process, CLONE_NEWNS));
}

/** Makes what is mounted in the working folder the root of the mount namespace, which then has nothing else. */
export function pivotToWorkingFolder(): void {
  check('pivot_root', pivotRootOf('.', '.'));
  check('umount2', umount2('.', MNT_DETACH));
}

export function changeFolder(fd: number): void {
  check('fchdir', fchdirOf(fd));
}

export function changeRootToWorkingFolder(): void {
  check('chroot', chrootOf('.'));
}

export function makeFolder(at: number, path: string, mode: number): void {
  check('mkdirat', mkdiratOf(at, path, mode));
}

/** An empty one. */
export function makeFile(at: number, path: string): void {
  closeSync(open(at, path, O_CREAT | O_EXCL, 0, 0o644));
}

/** Whether root may write there, which it may unless the file system is read-only. */
export function demandWritable(folder: number): void {
  check('faccessat', faccessatOf(folder, '.', W_OK, 0));
}

const PATH_BYTES = 4096;
export function readLink(at: number, path: string): string {
  const buffer = Buffer.alloc(PATH_BYTES);
  return buffer.toString('utf8', 0, check('readlinkat', readlinkatOf(at, path, buffer, buffer.length)));
}

export const openProcess = (pid: number): number => systemCall('pidfd_open', pid);

/** Puts a program into the place of this one. */
export function execute(argv: readonly string[], env: readonly string[]): never {
  check('execve', execveOf(argv[0] ?? '', [...argv, null], [...env, null]));
  throw new Error('execve(2) came back');
}
