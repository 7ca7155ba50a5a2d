import type { Container } from '../container.ts';
import { shortId } from '../names.ts';
import type { Ports } from '../ports.ts';
import { launch } from './launch.ts';
import { runtimeFor } from './runtime-for.ts';

/**
 * Runs the process of a container: that of one that Init has set up, else in a new run of its unit.
 * @throws ContainerError
 */
export async function start(ports: Ports, reference: string, signal: AbortSignal): Promise<void> {
  await ports.operations.run(reference, 'start', async (container) => {
    if (container.status.state === 'created') await release(ports, container, signal);
    else await launch(ports, container, 'run', signal);
  });
}

async function release(ports: Ports, container: Container, signal: AbortSignal): Promise<void> {
  const folder = ports.folders.of(container.id);
  await runtimeFor(ports, container).start(shortId(container.id), signal);
  // After the start: a crash in between leaves the mark, and the next start finds a runtime that says `running`.
  await ports.folders.release(folder);
  await ports.operations.settle(container.id);
}
