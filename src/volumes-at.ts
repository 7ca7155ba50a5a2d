/** What the daemon opens for volumes. */
import type { ContainerIndex } from './container/records/container-index.ts';
import { volumeUsersOf } from './container/records/volume-users.ts';
import { copyAttributes, ownTree, removeTree } from './storage/trees.ts';
import type { Logger } from './log/logger.ts';
import type { VolumePorts } from './volume/ports.ts';
import { VolumeFolders } from './volume/volume-folders.ts';
import { volumesOn, type Volumes } from './volume/volumes.ts';

export const volumesAt = (
  folder: string,
  { index, ...world }: Pick<VolumePorts, 'log' | 'now' | 'faults'> & { readonly index: ContainerIndex },
): Volumes =>
  volumesOn({
    ...world,
    folders: new VolumeFolders(folder),
    users: volumeUsersOf(index),
    trees: { remove: removeTree, own: ownTree, becomeLike: copyAttributes },
  });

/** What earlier removals have left is not waited for: nobody needs the room at once. */
export function recoverVolumes(volumes: Pick<Volumes, 'recover' | 'sweep'>, log: Logger): void {
  volumes.recover();
  volumes.sweep().catch((error: unknown) => {
    log.error('What is left of volumes could not be looked for', { error });
  });
}
