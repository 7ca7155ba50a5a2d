import { VolumeError } from '../errors.ts';
import type { VolumePorts } from '../ports.ts';
import { isVolumeName } from '../volume.ts';

const MAX_NAMES = 10;

/**
 * Removes a volume, and everything in it. One whose record makes no sense can go by its name.
 * @throws VolumeError `NoSuchVolume` | `VolumeInUse`
 */
export async function remove(ports: VolumePorts, name: string): Promise<void> {
  await ports.lane.run(name, async () => {
    if (!isThere(ports, name)) throw new VolumeError('NoSuchVolume', { volume: name });
    const containers = ports.users.of(name);
    if (containers.length > 0)
      throw new VolumeError('VolumeInUse', { volume: name, containers: containers.slice(0, MAX_NAMES) });
    await removeInTurn(ports, name);
  });
}

/** Removes those of the volumes that were made for a container and that nobody but `user` uses. */
export async function removeAnonymous(ports: VolumePorts, names: readonly string[], user: string): Promise<void> {
  for (const name of new Set(names)) {
    await ports.lane.run(name, async () => {
      const isAnonymous = isThere(ports, name) && ports.folders.read(name)?.anonymous === true;
      if (isAnonymous && ports.users.of(name).every((other) => other === user)) await removeInTurn(ports, name);
    });
  }
}

/** For those who have the turn. */
export async function removeInTurn({ folders, trees, faults }: VolumePorts, name: string): Promise<void> {
  const path = folders.setAside(name);
  faults('volume: set aside');
  if (!folders.isDeletedEmpty(path)) await trees.remove(path);
}

function isThere({ folders }: VolumePorts, name: string): boolean {
  if (!isVolumeName(name)) return false;
  try {
    return folders.read(name) !== undefined;
  } catch (error) {
    if (error instanceof VolumeError && error.code === 'InvalidVolume') return true;
    throw error;
  }
}
