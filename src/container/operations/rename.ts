import type { ContainerName } from '../names.ts';
import type { Ports } from '../ports.ts';

/**
 * Gives a container another name. A unit cannot be renamed, so one that runs keeps its own until the next start.
 * @throws ContainerError `ContainerExists` | `WrongState` while it is being removed
 */
export async function rename(ports: Ports, reference: string, name: ContainerName): Promise<void> {
  const { operations, registry, folders, faults } = ports;
  await operations.run(reference, 'rename', async (container) => {
    const renamed = registry.rename(container, name);
    faults('rename: row written');
    folders.describeAgain(renamed);
    faults('rename: description written');
  });
}
