/** The unit that an exec session is. Pure; berth-units(7) says why each property has its value. */
import * as property from '../../unit-file/properties.ts';
import type { TransientUnit } from '../../systemd/units/unit-manager.ts';
import type { OciRuntime } from '../../oci/runtime.ts';
import type { Container } from '../container.ts';
import { SLICE } from '../unit-names.ts';
import { sessionUnit, shortSessionId, type Session } from './session.ts';

export interface SessionUnitOptions {
  /** The process that waits to be in the unit, and then runs the runtime's `exec`. */
  readonly pid: number;
  readonly runtime: ExecRuntime;
}

type ExecRuntime = Pick<OciRuntime, 'execTerminal'>;

const SIGHUP = 1;
const SIGINT = 2;

export function sessionUnitFor(
  session: Session,
  { unit, config, name }: Container,
  { pid, runtime }: SessionUnitOptions,
): TransientUnit {
  return {
    name: sessionUnit(session.id),
    properties: [
      property.text('Description', `Exec session ${shortSessionId(session.id)} in container ${name}`),
      property.text('Slice', SLICE),
      // What stops the container stops the session, but after it: a session that heeds no signal must not keep the container from
      // its own. (Requisite= would order nothing, and After= the wrong way round.)
      property.strings('PartOf', [unit]),
      property.strings('Before', [unit]),
      property.text('CollectMode', 'inactive-or-failed'),
      property.i32('KillSignal', signalForUnit(session, runtime, config.stopSignal)),
      property.usec('TimeoutStopUSec', Math.max(1, config.stopTimeoutUsec) / 1000),
      property.u32s('PIDs', [pid]),
    ],
  };
}

/**
 * The signal by which the unit of a session brings about what `signal` is to: that, or SIGHUP, by which a terminal says that it is
 * gone, where the runtime would not pass it on, but end.
 */
export function signalForUnit({ config }: Session, runtime: ExecRuntime | undefined, signal: number): number {
  return signal === SIGINT && config.terminal && runtime?.execTerminal === 'copied' ? SIGHUP : signal;
}
