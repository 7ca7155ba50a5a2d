import type { Ports } from '../ports.ts';
import { demandNoSessions } from './demand-no-sessions.ts';
import { cleanUp } from '../launch/clean-up.ts';

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
