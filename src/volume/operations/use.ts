import { VolumeError } from '../errors.ts';
import { newVolume } from '../new-volume.ts';
import type { VolumePorts } from '../ports.ts';
import { isVolumeName } from '../volume.ts';

/** What is going to be mounted in a container. */
export interface WantedVolume {
  readonly name: string;
  /** Whether that was made up for the container. */
  readonly anonymous: boolean;
}

/**
 * Runs `work` while no volume of these can be removed; from then on whoever uses them has to be among the users. Those that are not
 * there are made, if `work` succeeds.
 * @throws VolumeError `InvalidVolume`; what `work` throws
 */
export async function use<T>(ports: VolumePorts, wanted: readonly WantedVolume[], work: () => Promise<T>): Promise<T> {
  const volumes = [...new Map(wanted.map((each) => [each.name, each])).values()];
  // Everybody takes their turns in the same order, so that nobody waits for somebody who waits for him.
  const order = volumes.map(({ name }) => name).sort();
  return await inTurn(ports, order, async () => await useInTurn(ports, volumes, work));
}

async function inTurn<T>(ports: VolumePorts, names: readonly string[], work: () => Promise<T>): Promise<T> {
  const [name, ...others] = names;
  if (name === undefined) return await work();
  return await ports.lane.run(name, async () => await inTurn(ports, others, work));
}

async function useInTurn<T>(ports: VolumePorts, wanted: readonly WantedVolume[], work: () => Promise<T>): Promise<T> {
  const { folders, trees, faults } = ports;
  await using undo = new AsyncDisposableStack();
  const made: string[] = [];
  for (const { name, anonymous } of wanted) {
    if (!isVolumeName(name)) throw new VolumeError('NoSuchVolume', { volume: name });
    if (folders.read(name) !== undefined) continue;
    undo.defer(async () => {
      const path = folders.setStagedAside(name);
      if (path !== undefined) await trees.remove(path);
    });
    folders.stage(newVolume(ports, name, { anonymous }));
    made.push(name);
  }
  if (made.length > 0) faults('volume: staged');
  const result = await work();
  undo.move();
  for (const name of made) folders.publish(name);
  return result;
}
