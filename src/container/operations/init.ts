import type { Container } from '../container.ts';
import type { Ports } from '../ports.ts';
import { startDependencies, type StartOptions } from './start.ts';

/**
 * Starts the unit of a container and has the runtime set it up; its process waits for `start`.
 * @throws ContainerError
 */
export async function init(
  ports: Ports,
  reference: string,
  { dependencies }: StartOptions,
  signal: AbortSignal,
): Promise<void> {
  if (dependencies === 'start') await startDependencies(ports, reference, signal);
  await ports.lane.run(reference, 'init', async (container) => {
    await setUp(ports, container, signal);
  });
}

/** For those who have the turn. @throws ContainerError */
export async function setUp(ports: Ports, container: Container, signal: AbortSignal): Promise<void> {
  signal.throwIfAborted();
  await ports.launch(container, 'wait');
  await ports.lane.settle(container.id);
}
