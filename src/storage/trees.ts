/** Folders with everything that is below them, whatever somebody has put there: by GNU coreutils, which follow no links in them. */
import { existsSync } from 'node:fs';
import { TreeFailed } from './errors.ts';
import { CommandFailed, runCommand } from './skopeo/skopeo.ts';

/** Nothing being there is no error. @throws TreeFailed */
export async function removeTree(path: string): Promise<void> {
  if (!existsSync(path)) return; // which costs less than a program
  await runOnTree(['/usr/bin/rm', '--recursive', '--force', '--one-file-system', '--', path]);
}

/** Gives everything to an owner. */
export async function ownTree(
  path: string,
  { uid, gid }: { readonly uid: number; readonly gid: number },
): Promise<void> {
  const owner = `${uid}:${gid}`;
  await runOnTree(['/usr/bin/chown', '--recursive', '-P', '--no-dereference', '--', owner, path]);
}

/** Gives a folder the owner, mode, times and extended attributes of another, which is empty. */
export async function copyAttributes(other: string, folder: string): Promise<void> {
  await runOnTree(['/usr/bin/cp', '--archive', '--no-target-directory', '--', other, folder]);
}

/** What coreutils say of what the kernel told them, in the C locale. */
const ERRNO_NAMES: readonly (readonly [said: string, errnoName: string])[] = [
  ['No space left on device', 'ENOSPC'],
  ['Disk quota exceeded', 'EDQUOT'],
  ['Read-only file system', 'EROFS'],
];

/** @throws TreeFailed */
export async function runOnTree(argv: readonly string[]): Promise<void> {
  try {
    await runCommand(argv, undefined);
  } catch (error) {
    if (!(error instanceof CommandFailed)) throw error;
    const errnoName = ERRNO_NAMES.find(([said]) => error.message.includes(said))?.[1] ?? 'EIO';
    throw new TreeFailed(errnoName, error.message, { cause: error });
  }
}
