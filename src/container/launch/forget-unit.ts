import type { StopOptions, UnitManager } from '../../systemd/units/unit-manager.ts';
import { UnitNotLoaded, type UnitJobFacts } from '../../systemd/errors.ts';
import type { ServiceStatus } from '../../systemd/units/unit-status.ts';

/**
 * Takes from systemd what is left of an ended container's unit: a restart that is about to come, or the failed state. A unit of
 * the same name that somebody has a file of is theirs, and stays as it is.
 */
export async function forgetUnit(
  units: Pick<UnitManager, 'isTransient' | 'lastTold' | 'stop' | 'resetFailed'>,
  unit: string,
): Promise<void> {
  if ((await units.isTransient(unit)) !== true) return;
  // What systemd had to tell before it answered has been told.
  const told = units.lastTold(unit);
  const down = hasFailedForGood(told) ? told : await stopIfLoaded(units, unit);
  await forgetFailure(units, unit, down);
}

/** Nothing is left to stop of it. */
const hasFailedForGood = (told: ServiceStatus | undefined): boolean =>
  told?.activeState === 'failed' && !told.subState.endsWith('before-auto-restart') && told.jobId === undefined;

/**
 * Has systemd forget that a unit has failed, and with that the unit.
 * @param down the unit since it is down; undefined where that is not known
 */
export async function forgetFailure(
  units: Pick<UnitManager, 'resetFailed'>,
  unit: string,
  down: Pick<UnitJobFacts, 'activeState'> | undefined,
): Promise<void> {
  // systemd forgets one that is inactive by itself.
  if (down?.activeState !== 'inactive') await units.resetFailed(unit);
}

/**
 * Resolves when the unit is down, whether or not systemd knew it.
 * @returns the unit as it was then, as far as systemd told
 */
export async function stopIfLoaded(
  units: Pick<UnitManager, 'stop'>,
  unit: string,
  options: Pick<StopOptions, 'signal' | 'asked'> = {},
): Promise<UnitJobFacts | undefined> {
  try {
    return await units.stop(unit, options);
  } catch (error) {
    if (!(error instanceof UnitNotLoaded)) throw error;
    return undefined;
  }
}
