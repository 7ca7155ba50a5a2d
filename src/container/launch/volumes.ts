/** Volumes at a start: they become the folders that they are, and take over what the container has at their places. */
import { InsideFileUnfit } from '../../storage/errors.ts';
import type { FolderInside, folderInside, FolderSearch, RootSource } from '../../storage/folder-inside.ts';
import type { Volumes } from '../../volume/volumes.ts';
import { isVolumeError } from '../../volume/errors.ts';
import type { Owner } from '../../volume/ports.ts';
import type { Mount } from '../configuration/configuration.ts';
import { ContainerError } from '../errors.ts';

export interface VolumeWorld {
  readonly volumes: Pick<Volumes, 'dataOf' | 'fill' | 'give'>;
  readonly folderInside: typeof folderInside;
}

/** The same mounts, with the folders of this host that volumes are. @throws ContainerError `NoSuchVolume` */
export const withFolders = (mounts: readonly Mount[], { volumes }: Pick<VolumeWorld, 'volumes'>): Mount[] =>
  mounts.map((mount) => {
    const { kind, source, options } = mount;
    if (kind !== 'volume' || source === undefined) return mount;
    return {
      ...mount,
      kind: 'bind',
      source: folderOf(volumes, source),
      options: options.filter((option) => !OF_VOLUMES.includes(option)),
    };
  });

/** Wishes to berth of volumes alone. */
const OF_VOLUMES = ['nocopy', 'copy', 'U'];

function folderOf(volumes: VolumeWorld['volumes'], volume: string): string {
  try {
    return volumes.dataOf(volume);
  } catch (error) {
    if (isVolumeError(error) && error.code === 'NoSuchVolume')
      throw new ContainerError('NoSuchVolume', { volume }, { cause: error });
    throw error;
  }
}

/** A volume that belongs to the user of the container. */
export interface Gift {
  readonly volume: string;
  readonly what: 'folder' | 'everything';
}

/**
 * Has the volumes take over content, owner and mode of their places where they are new.
 * @param search how to look at a place
 * @returns those that are the user's, who has to be looked up in files that may be in one of them
 */
export async function fillVolumes(
  mounts: readonly Mount[],
  { volumes, folderInside: inside }: VolumeWorld,
  search: { readonly root: RootSource; readonly helper: string; readonly place: string },
): Promise<Gift[]> {
  const gifts: Gift[] = [];
  for (const { kind, source: volume, destination, options } of mounts) {
    if (kind !== 'volume' || volume === undefined) continue;
    const copies = options.includes('nocopy') ? 'nothing' : 'content';
    const content = () => contentAt(inside, { ...search, path: destination });
    const whose = await volumes.fill(volume, { content, copies });
    if (options.includes('U')) gifts.push({ volume, what: 'everything' });
    else if (whose === 'nobody') gifts.push({ volume, what: 'folder' });
  }
  return gifts;
}

/** @throws ContainerError `InvalidFile` for a place whose links go in a circle */
function contentAt(inside: VolumeWorld['folderInside'], search: FolderSearch): FolderInside | undefined {
  try {
    return inside(search);
  } catch (error) {
    if (!(error instanceof InsideFileUnfit)) throw error;
    const reason = `in the container, ${error.message}`;
    throw new ContainerError('InvalidFile', { path: error.path, reason }, { cause: error });
  }
}

export async function giveVolumes(
  gifts: readonly Gift[],
  { volumes }: Pick<VolumeWorld, 'volumes'>,
  owner: Owner,
): Promise<void> {
  for (const { volume, what } of gifts) await volumes.give(volume, owner, what);
}
