import type { Ports } from '../ports.ts';
import { launch } from './launch.ts';

/**
 * Starts the unit of a container and has the runtime set it up; its process waits for `start`.
 * @throws ContainerError
 */
export async function init(ports: Ports, reference: string, signal: AbortSignal): Promise<void> {
  await ports.operations.run(reference, 'init', async (container) => {
    await launch(ports, container, 'hold', signal);
  });
}
