/**
 * Whether paths that a client names can be looked at. A call into a file system that does not answer, such as that of a server that
 * is gone, keeps a thread of this process for as long as that lasts, and there are four of them for everybody. So a program
 * looks first, which this process need not wait for.
 */
import { spawn } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { withinTime } from './within-time.ts';

/** The file system of a path does not answer. */
export class PathUnreachable extends Error {
  override readonly name = 'PathUnreachable';
  readonly path: string;
  constructor(path: string) {
    super('its file system does not answer');
    this.path = path;
  }
}

const LIMIT_MS = 5000;
/** File systems that need nobody's answer but the kernel's. */
const OWN =
  /^(?:ext[234]|xfs|btrfs|bcachefs|f2fs|zfs|jfs|reiserfs|vfat|exfat|ntfs3|iso9660|udf|squashfs|erofs|overlay|tmpfs|ramfs|rootfs|devtmpfs|devpts|proc|sysfs|nsfs|cgroup2?|mqueue|hugetlbfs|securityfs|selinuxfs|debugfs|tracefs|configfs|pstore|bpf|efivarfs|fusectl|binfmt_misc|rpc_pipefs)$/;
/** systemd has this one on every host, and mounts nothing of anybody else's there. */
const USUAL_AUTOFS = '/proc/sys/fs/binfmt_misc';

/** @throws PathUnreachable with the first that cannot be looked at in time; whether it is there, its user sees */
export async function demandReachable(paths: readonly string[], limitMs = LIMIT_MS): Promise<void> {
  if (paths.length === 0 || !hasOthersMounts(await readFile('/proc/self/mountinfo', 'utf8'))) return;
  await lookAt(paths, limitMs);
}

/** @param mountinfo as /proc/self/mountinfo has it */
export function hasOthersMounts(mountinfo: string): boolean {
  return mountinfo.split('\n').some((line) => {
    const [left = '', right = ''] = line.split(' - ');
    const type = right.split(' ')[0] ?? '';
    return type !== '' && !OWN.test(type) && !(type === 'autofs' && left.split(' ')[4] === USUAL_AUTOFS);
  });
}

/** stat(1) says one line of each path, of those that are not there as well. */
async function lookAt(paths: readonly string[], limitMs: number): Promise<void> {
  const program = spawn('/usr/bin/stat', ['--dereference', '--format=%i', '--', ...paths], {
    env: { LC_ALL: 'C' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let lines = 0;
  const count = (chunk: Buffer): void => {
    lines += chunk.toString('latin1').split('\n').length - 1;
  };
  program.stdout.on('data', count);
  program.stderr.on('data', count);
  const { promise: closed, resolve, reject } = Promise.withResolvers<void>();
  program.once('error', reject).once('close', () => {
    resolve();
  });
  await withinTime(closed, limitMs, () => {
    program.kill('SIGKILL');
    program.stdout.destroy();
    program.stderr.destroy();
    program.unref();
    return new PathUnreachable(paths[lines] ?? '');
  });
}
