import type { Container } from '../container.ts';
import { shortId } from '../names.ts';
import type { Ports } from '../ports.ts';
import { demandNoSessions } from '../exec/demand-no-sessions.ts';
import { forgetUnit } from '../launch/forget-unit.ts';
import { runtimeFor } from '../launch/runtime-for.ts';

/**
 * Gives back what a container that has ended may still hold. The unit does so by itself at its end; this is for what a full disk
 * or a killed helper has kept it from.
 * @throws ContainerError `WrongState` for one that has a process
 */
export async function cleanup(ports: Ports, reference: string): Promise<void> {
  await ports.lane.run(reference, 'cleanup', async (container) => {
    demandNoSessions(ports, container);
    await cleanUp(ports, container);
  });
}

/** For those who have the turn. */
export async function cleanUp(ports: Ports, container: Container): Promise<void> {
  await forgetUnit(ports.units, container.unit);
  ports.faults('cleanup: unit forgotten');
  await runtimeFor(ports, container).delete(shortId(container.id), { ifRunning: 'kill' });
  ports.faults('cleanup: runtime record deleted');
  await ports.mounts.unmountAll(ports.folders.of(container.id).root);
  ports.faults('cleanup: root unmounted');
}
