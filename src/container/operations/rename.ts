import { parseContainerName } from '../names.ts';
import type { Ports } from '../ports.ts';

/**
 * Gives a container another name. A unit cannot be renamed, so one that runs keeps its own until the next start.
 * @throws ContainerError `InvalidName` | `ContainerExists` | `WrongState` while it is being removed
 */
export async function rename(ports: Ports, reference: string, newName: string): Promise<void> {
  const { lane, index, folders, faults } = ports;
  const name = parseContainerName(newName, 'name');
  await lane.run(reference, 'rename', async (container) => {
    const renamed = index.rename(container, name);
    faults('rename: row written');
    folders.describeAgain(renamed);
    faults('rename: description written');
  });
}
