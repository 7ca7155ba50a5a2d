import { isAlive } from '../state.ts';
import type { Ports } from '../ports.ts';
import { ContainerError } from '../errors.ts';
import { start } from './start.ts';
import { takeDown } from './stop.ts';

/**
 * Stops a container if it has a process, and starts it.
 * @param timeoutUsec for the stop, instead of the container's own
 * @throws ContainerError `WrongState` for one that is paused, or about which nothing is sure
 */
export async function restart(
  ports: Ports,
  reference: string,
  timeoutUsec: number | undefined,
  signal: AbortSignal,
): Promise<void> {
  const { id, name } = ports.index.find(reference);
  await ports.lane.look(id);
  const state = ports.index.get(id)?.status.state ?? 'unknown';
  if (state === 'paused' || state === 'unknown' || state === 'removing') {
    throw new ContainerError('WrongState', { container: name, state, operation: 'restart' });
  }
  if (isAlive(state)) {
    await takeDown(ports, id, timeoutUsec, signal).catch((error: unknown) => {
      // It ended by itself meanwhile, which does as well.
      if (!(error instanceof ContainerError) || error.code !== 'AlreadyStopped') throw error;
    });
  }
  await start(ports, id, { dependencies: 'must-run' }, signal);
}
