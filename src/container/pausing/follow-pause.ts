import { ContainerError } from '../errors.ts';
import { stopIfLoaded } from '../launch/forget-unit.ts';
import type { Ports } from '../ports.ts';
import { describe } from './describe.ts';
import { pausedBy, PAUSE_UNITS } from './pause-unit.ts';
import { forgetPause } from './thaw.ts';

/**
 * Sees whether a container is paused whose pause a unit stands for: that goes where the container does not stand still, because berthd
 * died in between, or because somebody else let it go on. Nothing for any other unit.
 */
export async function followPause(ports: Ports, unit: string): Promise<void> {
  const id = pausedBy(unit);
  if (id === undefined) return;
  const told = await ports.units.service(unit);
  const isThere = told?.activeState === 'active';
  // Of one that is on its way somebody else takes care; to stop it each time that systemd tells of it would never end.
  if (told?.jobId !== undefined || told?.activeState === 'deactivating') return;
  try {
    await ports.lane.turn(id, async (seen) => {
      if (seen.status.state === 'paused') await describe(ports, seen, 'paused');
      else await (isThere ? forgetPause(ports, seen) : describe(ports, seen, ''));
    });
  } catch (error) {
    if (!(error instanceof ContainerError) || error.code !== 'NoSuchContainer') throw error;
    if (isThere) await stopIfLoaded(ports.units, unit);
  }
}

/** Goes on with the pauses that an earlier berthd left, or did not see the end of. */
export async function recoverPauses(ports: Ports): Promise<void> {
  for (const { name } of await ports.units.list([PAUSE_UNITS])) await followPause(ports, name);
}
