import { UnitNotLoaded, type UnitManager } from '../../systemd/unit-manager.ts';

/**
 * Takes from systemd what is left of an ended container's unit: a restart that is about to come, or the failed state. A unit of
 * the same name that somebody has a file of is theirs, and stays as it is.
 */
export async function forgetUnit(units: UnitManager, unit: string): Promise<void> {
  const status = await units.status(unit);
  if (status?.transient !== true) return;
  await stopIfLoaded(units, unit);
  await units.resetFailed(unit);
}

/** Resolves when the unit is down, whether or not systemd knew it. */
export async function stopIfLoaded(
  units: Pick<UnitManager, 'stop'>,
  unit: string,
  signal?: AbortSignal,
): Promise<void> {
  try {
    await units.stop(unit, { signal });
  } catch (error) {
    if (!(error instanceof UnitNotLoaded)) throw error;
  }
}
