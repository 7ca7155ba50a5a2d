import type { Ports } from '../ports.ts';

/** Freezes a container: resolves when none of its processes runs. @throws ContainerError `WrongState` */
export async function pause(ports: Ports, reference: string, signal: AbortSignal): Promise<void> {
  await ports.lane.run(reference, 'pause', async ({ id, unit }) => {
    await ports.units.freeze(unit, signal);
    ports.faults('pause: unit frozen');
    await ports.lane.settle(id);
  });
}

/** Lets a paused container go on. @throws ContainerError `WrongState` */
export async function unpause(ports: Ports, reference: string, signal: AbortSignal): Promise<void> {
  await ports.lane.run(reference, 'unpause', async ({ id, unit }) => {
    await ports.units.thaw(unit, signal);
    ports.faults('unpause: unit thawed');
    await ports.lane.settle(id);
  });
}
