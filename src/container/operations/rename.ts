import type { ContainerName } from '../names.ts';
import type { Ports } from '../ports.ts';

/**
 * Gives a container another name. A unit cannot be renamed, so one that runs keeps its own until the next start.
 * @throws ContainerError `ContainerExists` | `WrongState` while it is being removed
 */
export async function rename({ operations, registry }: Ports, reference: string, name: ContainerName): Promise<void> {
  await operations.run(reference, 'rename', async (container) => {
    registry.rename(container, name);
    await Promise.resolve();
  });
}
