import { FreezeFailed, UnitExists, UnitJobFailed } from '../../systemd/errors.ts';
import type { Container } from '../container.ts';
import { ContainerError } from '../errors.ts';
import { stopIfLoaded } from '../launch/forget-unit.ts';
import type { Ports } from '../ports.ts';
import type { State } from '../state.ts';
import { controlGroupFor } from '../unit-names.ts';
import { pauseUnit, pauseUnitFor } from './pause-unit.ts';
import { describe } from './describe.ts';
import { thaw } from './thaw.ts';

/**
 * Freezes the container's own control group, and never its unit: PID 1 starts what cleans up behind a container in the
 * unit, and would wait for that for ever. For those who have the turn.
 * @throws ContainerError `WrongState` where it was killed before | `UnitFailed` where a process of it cannot be frozen
 */
export async function freeze(ports: Ports, container: Container, signal: AbortSignal): Promise<void> {
  await arrangeThaw(ports, container, signal).catch(async (error: unknown) => {
    // systemd knows already that its process has ended.
    if (error instanceof UnitJobFailed && error.result === 'dependency') throw await wrongState(ports, container);
    throw error;
  });
  ports.faults('pause: thaw arranged');
  await ports.freezer.freeze(controlGroupFor(container.unit), signal).catch(async (error: unknown) => {
    await thaw(ports, container);
    if (error instanceof FreezeFailed) {
      throw new ContainerError('UnitFailed', { unit: container.unit, result: error.message }, { cause: error });
    }
    if ((await stateOf(ports, container)) !== 'running') throw await wrongState(ports, container);
    throw error;
  });
  ports.faults('pause: frozen');
  if ((await stateOf(ports, container)) !== 'paused') {
    await thaw(ports, container);
    throw await wrongState(ports, container);
  }
  await describe(ports, container, 'paused');
  ports.faults('pause: systemd told');
}

/** Without the container's unit, should that have ended this moment: it would be started. */
async function arrangeThaw({ units, freezer }: Ports, container: Container, signal: AbortSignal): Promise<void> {
  const unit = pauseUnitFor(container, freezer.switchOf(controlGroupFor(container.unit)));
  const options = { mode: 'ignore-requirements', signal } as const;
  await units.startTransient(unit, options).catch(async (error: unknown) => {
    if (!(error instanceof UnitExists)) throw error;
    // That of an earlier pause, which somebody has ended without berth.
    await stopIfLoaded(units, pauseUnit(container.id));
    await units.startTransient(unit, options);
  });
}

const stateOf = async ({ lane }: Ports, { id }: Container): Promise<State | undefined> =>
  (await lane.settle(id))?.status.state;

async function wrongState(ports: Ports, container: Container): Promise<ContainerError> {
  const seen = (await stateOf(ports, container)) ?? 'exited';
  // Its process is dead, and systemd has not told yet.
  const state = seen === 'running' ? 'stopping' : seen;
  return new ContainerError('WrongState', { container: container.name, state, operation: 'pause' });
}
