import type { Container } from '../container.ts';
import { shortId } from '../names.ts';
import type { Ports } from '../ports.ts';
import { isAlive } from '../state.ts';
import { stop } from './stop.ts';

/**
 * Removes a container, what it wrote, and what systemd and the runtime still know of it. That it is being removed is
 * written down first: the next berthd goes on where one died.
 * @param ifRunning `refuse`, or `kill` it first
 * @throws ContainerError `WrongState`
 */
export async function remove(
  ports: Ports,
  reference: string,
  { ifRunning }: { readonly ifRunning: 'refuse' | 'kill' },
  signal: AbortSignal,
): Promise<void> {
  const { id } = ports.registry.find(reference);
  if (ifRunning === 'kill') {
    await ports.operations.look(id);
    const state = ports.registry.get(id)?.status.state;
    if (state !== undefined && isAlive(state)) {
      await stop(ports, id, 0, signal).catch((error: unknown) => {
        // It ended by itself meanwhile; the removal below has the last word on whether it may go.
        if (!(error instanceof Error) || error.name !== 'ContainerError') throw error;
      });
    }
  }
  await ports.operations.run(id, 'remove', async (container) => {
    await finishRemoval(ports, container);
  });
}

/** The removal itself, from whatever point an earlier one was cut off at. For those who have the turn. */
export async function finishRemoval(ports: Ports, container: Container): Promise<void> {
  const { registry, folders, units, runtimes, mounts } = ports;
  const { status } = container;
  const exit = 'exit' in status ? status.exit : undefined;
  registry.save({ ...container, status: { state: 'removing' } });
  await units.resetFailed(container.unit);
  const folder = folders.of(container.id);
  await runtimes.find(container.config.runtime)?.delete(shortId(container.id), { ifRunning: 'kill' });
  await mounts.unmountAll(folder.root);
  await folders.remove(folder);
  registry.remove(container, exit, ports.now());
}
