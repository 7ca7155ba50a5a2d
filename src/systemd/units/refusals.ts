import type { BusCallFailed } from '../bus/bus.ts';
import { NoSuchProcess, UnitExists, UnitNotLoaded, UnitRefused } from '../errors.ts';

/** What systemd's error to a call for a unit means. */
export function refusalOf(unit: string, cause: BusCallFailed): Error {
  switch (cause.dbusError) {
    case 'org.freedesktop.systemd1.NoSuchUnit':
      return new UnitNotLoaded(unit, { cause });
    case 'org.freedesktop.systemd1.UnitExists':
      return new UnitExists(unit, { cause });
    case 'org.freedesktop.systemd1.NoSuchProcess':
    case 'System.Error.ESRCH':
      return new NoSuchProcess(unit, { cause });
    default:
      return new UnitRefused(unit, cause.dbusError, cause.message, { cause });
  }
}
