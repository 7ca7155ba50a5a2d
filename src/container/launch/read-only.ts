/** What can be read-only of the folders of this host that a container is given, and what can be mounted in them then. */
import { lstat } from 'node:fs/promises';
import { release } from 'node:os';
import { dirname, join, basename } from 'node:path';
import type { SpecMount } from '../../oci-spec/mounts.ts';
import type { Mount } from '../configuration/configuration.ts';

/** Whether anything is mounted below a folder of this host. */
export type HoldsMounts = (folder: string) => Promise<boolean>;

export type Recursion = 'recursive' | 'top';

/** mount_setattr(2) is there from Linux 5.12 on; before it, what is mounted below a read-only mount stays writable. */
export const readOnlyRecursion: Recursion = isKernelSince(5, 12) ? 'recursive' : 'top';

function isKernelSince(major: number, minor: number): boolean {
  const [hostMajor = 0, hostMinor = 0] = release().split('.').map(Number);
  return hostMajor > major || (hostMajor === major && hostMinor >= minor);
}

/**
 * What is mounted below a read-only bind mount is read-only, too. Where nothing is, it is left to the runtime, as podman does: crun
 * then makes the places of the container's other mounts in it before it refuses writing.
 */
export async function recursionFor(
  mount: Mount,
  others: readonly Pick<Mount, 'destination'>[],
  holdsMounts: HoldsMounts,
): Promise<Recursion> {
  const { source, destination, options } = mount;
  const holdsOthers = others.some((other) => other.destination.startsWith(`${destination}/`));
  if (source === undefined || !holdsOthers || options.includes('rro')) return readOnlyRecursion;
  return (await holdsMounts(source)) ? readOnlyRecursion : 'top';
}

/** Whether berth can mount a file of its own over one in a folder that the client has mounted: not where that cannot be made. */
export async function hasRoomFor({ destination }: SpecMount, mounts: readonly Mount[]): Promise<boolean> {
  const holder = mounts.find((mount) => mount.destination === dirname(destination));
  if (holder === undefined || !holder.readOnly) return true;
  if (holder.source === undefined) return false;
  return await lstat(join(holder.source, basename(destination))).then(
    () => true,
    (error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return false;
      throw error;
    },
  );
}
