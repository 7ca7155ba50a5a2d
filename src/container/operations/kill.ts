import { ContainerError } from '../errors.ts';
import type { Ports } from '../ports.ts';

/**
 * Sends a signal to the first process of a container.
 * @param killSignal as kill(2) has it
 * @throws ContainerError `WrongState`
 */
export async function kill(ports: Ports, reference: string, killSignal: number, signal: AbortSignal): Promise<void> {
  await ports.operations.run(reference, 'kill', async (container) => {
    try {
      await ports.units.kill(container.unit, 'main', killSignal, signal);
    } catch (error) {
      if (!(error instanceof Error) || (error.name !== 'NoSuchProcess' && error.name !== 'UnitNotLoaded')) throw error;
      // It ended between the look and the signal.
      const { state } = (await ports.operations.settle(container.id))?.status ?? { state: 'exited' };
      throw new ContainerError('WrongState', { container: container.name, state, operation: 'kill' });
    }
  });
}
