import type { UnitManager } from '../../systemd/unit-manager.ts';

/** Takes from systemd what is left of an ended container's unit: a restart that is about to come, or the failed state. */
export async function forgetUnit(units: UnitManager, unit: string): Promise<void> {
  await stopIfLoaded(units, unit);
  await units.resetFailed(unit);
}

/** Resolves when the unit is down, whether or not systemd knew it. */
export async function stopIfLoaded(units: UnitManager, unit: string, signal?: AbortSignal): Promise<void> {
  try {
    await units.stop(unit, { signal });
  } catch (error) {
    if (!(error instanceof Error) || error.name !== 'UnitNotLoaded') throw error;
  }
}
