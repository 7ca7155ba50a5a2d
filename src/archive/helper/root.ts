/**
 * Goes to where a container's files are: into a mount namespace of this process's own, whose root is the container's root, so that
 * nothing that is opened in it, and no `..`, leads anywhere else. It goes with the last process that is in it.
 */
import { spawnSync } from 'node:child_process';
import { closeSync, fstatSync, readFileSync } from 'node:fs';
import type { HostMount, ResidingRoot, RootRequest, RunningRoot } from '../request.ts';
import {
  changeFolder,
  cloneTree,
  copyMountNamespace,
  HERE,
  joinMountNamespace,
  makeFile,
  makeFolder,
  moveMount,
  name,
  openProcess,
  openToRead,
  pivotToWorkingFolder,
  RESOLVE,
  setAttribute,
} from './kernel.ts';
import { isMissing, Refused } from './refused.ts';

/** How a path of the container is looked up: links lead to where they lead in there, those of /proc nowhere. */
export const INSIDE = RESOLVE.inRoot | RESOLVE.noMagicLinks;

export interface EnteredRoot {
  /** Names it. */
  readonly fd: number;
  /** The host's /proc. */
  readonly proc: number;
}

/** @throws Refused | SystemCallFailed */
export function enterRoot(request: RootRequest): EnteredRoot {
  const proc = name(HERE, '/proc', 'folder', 0);
  if (request.kind === 'running') enterRunning(request);
  else mountResiding(request);
  const fd = name(HERE, '/', 'folder', 0);
  deafenProc(fd, proc);
  return { fd, proc };
}

/** The number of a process that has ended may be another's by now: only what is in the container's group is the container's. */
function enterRunning({ pid, group }: RunningRoot): void {
  const process = openProcess(pid);
  const line = readFileSync(`/proc/${pid}/cgroup`, 'utf8')
    .split('\n')
    .find((each) => each.startsWith('0::'));
  const found = line?.slice('0::'.length) ?? '';
  if (found !== group && !found.startsWith(`${group}/`)) throw new Refused('Gone', 'its process has ended');
  joinMountNamespace(process);
  copyMountNamespace();
}

function mountResiding({ mount, mountDirectory, target, access, mounts }: ResidingRoot): void {
  copyMountNamespace();
  const trees = mounts.map((each) => ({ destination: each.destination, tree: treeOf(each) }));
  const [program = '', ...args] = mount;
  const { status, stderr, error } = spawnSync(program, args, {
    cwd: mountDirectory,
    // util-linux's new mount interface cuts lowerdir= off at 256 bytes.
    env: { LIBMOUNT_FORCE_MOUNT2: 'always' },
    stdio: ['ignore', 'ignore', 'pipe'],
    encoding: 'utf8',
  });
  if (status !== 0) throw new Refused('Failed', `its root cannot be mounted: ${error?.message ?? stderr.trim()}`);
  changeFolder(name(HERE, target, 'folder', 0));
  pivotToWorkingFolder();
  const root = name(HERE, '/', 'folder', 0);
  for (const { destination, tree } of trees) moveMount(tree, placeFor(root, destination, tree));
  if (access === 'read-only') setAttribute(root, 'readOnly', 'it-alone');
  closeSync(root);
}

function treeOf({ source, access, extent }: HostMount): number {
  try {
    const tree = cloneTree(source, extent);
    if (access === 'read-only') setAttribute(tree, 'readOnly', extent);
    return tree;
  } catch (error) {
    throw isMissing(error) ? new Refused('Failed', `'${source}', which is mounted in it, is not there`) : error;
  }
}

/** Where that is to be mounted. What is missing is made, as the runtime does when the container is started. */
function placeFor(root: number, destination: string, tree: number): number {
  const names = destination.split('/').filter((each) => each !== '');
  const isFolder = fstatSync(tree).isDirectory();
  let at = root;
  for (const [index, each] of names.entries()) {
    const path = names.slice(0, index + 1).join('/');
    const isLast = index === names.length - 1;
    try {
      at = name(root, path, isLast ? 'anything' : 'folder', INSIDE);
    } catch (error) {
      if (!isMissing(error)) throw error;
      if (isLast && !isFolder) makeFile(at, each);
      else makeFolder(at, each, 0o755);
      at = name(root, path, 'anything', INSIDE);
    }
  }
  return at;
}

/**
 * In what is mounted of /proc, no link is followed any more: in one of the host's processes, as a container in the host's PID
 * namespace has it, `root` and `cwd` of a process lead out of the container.
 * @throws Refused where one cannot be reached, which no container should bring about
 */
function deafenProc(root: number, proc: number): void {
  for (const { path, isDeaf } of procMounts(proc)) {
    if (isDeaf) continue; // with one above it
    const mount = name(root, path, 'anything', RESOLVE.inRoot | RESOLVE.noSymlinks);
    setAttribute(mount, 'noSymbolicLinks', 'all-below-too');
    closeSync(mount);
  }
  const left = procMounts(proc).find(({ isDeaf }) => !isDeaf);
  if (left !== undefined) throw new Refused('Failed', `the /proc that is mounted at '${left.path}' is hidden`);
}

function procMounts(proc: number): { readonly path: string; readonly isDeaf: boolean }[] {
  const fd = openToRead(proc, 'thread-self/mountinfo');
  const lines = readFileSync(fd, 'utf8').split('\n');
  closeSync(fd);
  return lines.flatMap((line) => {
    // See proc_pid_mountinfo(5).
    const [mount = '', system = ''] = line.split(' - ');
    const [, , , , path = '', options = ''] = mount.split(' ');
    if (system.split(' ')[0] !== 'proc') return [];
    return [{ path: unescaped(path), isDeaf: options.split(',').includes('nosymfollow') }];
  });
}

const unescaped = (path: string): string =>
  path.replaceAll(/\\(\d{3})/g, (_, digits: string) => String.fromCharCode(parseInt(digits, 8)));
