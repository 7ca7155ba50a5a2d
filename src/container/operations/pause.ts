import type { Container } from '../container.ts';
import { ContainerError } from '../errors.ts';
import { freeze } from '../pausing/freeze.ts';
import { thaw } from '../pausing/thaw.ts';
import type { Ports } from '../ports.ts';

/** Freezes a container: resolves when none of its processes runs. @throws ContainerError `WrongState` | `UnitFailed` */
export async function pause(ports: Ports, reference: string, signal: AbortSignal): Promise<void> {
  await ports.lane.run(reference, 'pause', async (container) => {
    await freeze(ports, container, signal);
  });
}

/** Lets a paused container go on. @throws ContainerError `WrongState` | `UnitFailed` */
export async function unpause(ports: Ports, reference: string): Promise<void> {
  await ports.lane.run(reference, 'unpause', async (container) => {
    await letGoOn(ports, container);
  });
}

/** For those who have the turn. @throws ContainerError `UnitFailed` where more than the container is frozen */
export async function letGoOn(ports: Ports, container: Container): Promise<void> {
  await thaw(ports, container);
  const seen = await ports.lane.settle(container.id);
  if (seen?.status.state !== 'paused') return;
  throw new ContainerError('UnitFailed', { unit: container.unit, result: 'it is frozen from above its unit' });
}
