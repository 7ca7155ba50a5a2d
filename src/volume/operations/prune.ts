import type { VolumePorts } from '../ports.ts';
import type { Volume } from '../volume.ts';
import { removeInTurn } from './remove.ts';

/**
 * Removes the volumes that nobody uses, and hands out each name when the volume is gone.
 * @param labels all of them have to be there; an empty value is any
 */
export async function* prune(
  ports: VolumePorts,
  labels: Readonly<Record<string, string>>,
): AsyncGenerator<string, void> {
  const wanted = Object.entries(labels);
  for (const volume of ports.folders.readAll().volumes) {
    if (!wanted.every((label) => hasLabel(volume, label))) continue;
    if (await isPruned(ports, volume.name)) yield volume.name;
  }
}

/** Looks again when its turn has come. */
async function isPruned(ports: VolumePorts, name: string): Promise<boolean> {
  return await ports.lane.run(name, async () => {
    if (ports.folders.read(name) === undefined || ports.users.of(name).length > 0) return false;
    await removeInTurn(ports, name);
    return true;
  });
}

const hasLabel = ({ labels }: Volume, [name, value]: readonly [string, string]): boolean =>
  Object.hasOwn(labels, name) && (value === '' || labels[name] === value);
