/** What is mounted, from `/proc/self/mountinfo` (proc_pid_mountinfo(5)). */
import { readFile, realpath } from 'node:fs/promises';

export interface MountEntry {
  readonly id: number;
  readonly parent: number;
  /** What of the file system is mounted. */
  readonly root: string;
  readonly target: string;
  readonly fsType: string;
  readonly source: string;
}

/** Lines that are none are left out: the kernel writes one line a mount and escapes everything that is not plain. */
export function parseMountinfo(text: string): MountEntry[] {
  return text.split('\n').flatMap((line) => {
    const [left = '', right = ''] = line.split(' - ');
    const [id, parent, , root, target] = left.split(' ');
    const [fsType, source] = right.split(' ');
    if (target === undefined || root === undefined || fsType === undefined || source === undefined) return [];
    return [
      {
        id: Number(id),
        parent: Number(parent),
        root: unescape(root),
        target: unescape(target),
        fsType,
        source: unescape(source),
      },
    ];
  });
}

/** Space, tab, line feed, backslash and `#` come as `\040`, byte by byte. */
const unescape = (text: string): string =>
  text.replaceAll(/\\(?<octal>[0-7]{3})/g, (_, octal: string) => String.fromCodePoint(Number.parseInt(octal, 8)));

/** Mounts at `folder` and below, the deepest and latest first: the order to unmount them in. */
export function mountsBelow(entries: readonly MountEntry[], folder: string): MountEntry[] {
  const prefix = folder.endsWith('/') ? folder : `${folder}/`;
  return entries.filter(({ target }) => target === folder || target.startsWith(prefix)).toReversed();
}

/** What this process sees mounted. */
export async function readMounts(): Promise<MountEntry[]> {
  return parseMountinfo(await readFile('/proc/self/mountinfo', 'utf8'));
}

/** Whether anything is mounted below a folder, besides what may be mounted at it. */
export async function holdsMounts(folder: string): Promise<boolean> {
  const real = await realpath(folder);
  return mountsBelow(await readMounts(), real).some(({ target }) => target !== real);
}
