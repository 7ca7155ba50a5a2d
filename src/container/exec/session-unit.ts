/** The unit that an exec session is. Pure; README.md, *Exec sessions*, says why each property has its value. */
import * as property from '../../systemd/properties.ts';
import type { TransientUnit } from '../../systemd/unit-manager.ts';
import type { Container } from '../container.ts';
import { SLICE } from '../unit.ts';
import { sessionUnit, shortSessionId, type Session } from './session.ts';

/** @param pid the process that waits to be in the unit, and then runs the runtime's `exec` */
export function sessionUnitFor(session: Session, { unit, config, name }: Container, pid: number): TransientUnit {
  return {
    name: sessionUnit(session.id),
    properties: [
      property.text('Description', `Exec session ${shortSessionId(session.id)} in container ${name}`),
      property.text('Slice', SLICE),
      // Not BindsTo=, which would start a container that has ended this moment.
      property.strings('Requisite', [unit]),
      property.strings('PartOf', [unit]),
      property.strings('After', [unit]),
      property.text('CollectMode', 'inactive-or-failed'),
      property.i32('KillSignal', config.stopSignal),
      property.usec('TimeoutStopUSec', Math.max(1, config.stopTimeoutUsec) / 1000),
      property.u32s('PIDs', [pid]),
    ],
  };
}
