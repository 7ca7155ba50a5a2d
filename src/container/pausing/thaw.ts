import type { Container } from '../container.ts';
import { stopIfLoaded } from '../launch/forget-unit.ts';
import type { Ports } from '../ports.ts';
import { controlGroupFor, unitGroup } from '../unit-names.ts';
import { describe } from './describe.ts';
import { pauseUnit } from './pause-unit.ts';

/** What it takes to let a container go on. */
export type ThawPorts = Pick<Ports, 'units' | 'index' | 'freezer' | 'faults' | 'log'>;

/** Lets a container go on, whoever has frozen it; what it is then, its caller sees. */
export async function thaw(ports: ThawPorts, container: Container): Promise<void> {
  const { freezer, units, faults } = ports;
  await freezer.thaw(controlGroupFor(container.unit));
  // Somebody did `systemctl freeze`, as berth does not.
  if (freezer.isFrozen(unitGroup(container.unit))) await units.thaw(container.unit);
  faults('unpause: thawed');
  await forgetPause(ports, container);
}

/** Takes away what stands for a pause, once the container goes on. */
export async function forgetPause(ports: ThawPorts, container: Container): Promise<void> {
  await describe(ports, container, '');
  await stopIfLoaded(ports.units, pauseUnit(container.id));
}
