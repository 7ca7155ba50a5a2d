/** The unit that an exec session is. Pure; README.md, *Exec sessions*, says why each property has its value. */
import * as property from '../../systemd/properties.ts';
import type { TransientUnit } from '../../systemd/unit-manager.ts';
import type { Container } from '../container.ts';
import { SLICE } from '../unit.ts';
import { sessionUnit, shortSessionId, type Session } from './session.ts';

export interface SessionStreams {
  readonly stdin: number;
  readonly stdout: number;
  readonly stderr: number;
}

/** @param argv the runtime's `exec`, which stays until the process has ended and exits as it did */
export function sessionUnitFor(
  session: Session,
  container: Container,
  argv: readonly string[],
  streams: SessionStreams,
): TransientUnit {
  const { unit, config, name } = container;
  return {
    name: sessionUnit(session.id),
    properties: [
      property.text('Description', `Exec session ${shortSessionId(session.id)} in container ${name}`),
      property.text('Slice', SLICE),
      property.strings('BindsTo', [unit]),
      property.strings('After', [unit]),
      // `exec` would have the start wait for a second execve(2), which costs 20 ms and tells nothing of the process.
      property.text('Type', 'simple'),
      // A failed one stays until somebody has read how it ended; one that is gone has ended with 0.
      property.text('CollectMode', 'inactive'),
      property.text('KillMode', 'mixed'),
      property.i32('KillSignal', config.stopSignal),
      property.usec('TimeoutStopUSec', Math.max(1, config.stopTimeoutUsec) / 1000),
      property.exec('ExecStart', [{ path: argv[0] ?? '', argv, flags: ['privileged', 'no-env-expand'] }]),
      property.fd('StandardInputFileDescriptor', streams.stdin),
      property.fd('StandardOutputFileDescriptor', streams.stdout),
      property.fd('StandardErrorFileDescriptor', streams.stderr),
    ],
  };
}
