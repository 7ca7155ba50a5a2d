/**
 * The unit that stands for a pause: `berth-pause@ID.service` runs nothing while the container is paused, and lets it go on when it
 * is stopped. systemd stops it before the container's own unit, and so what that is asked to end with finds processes that can heed
 * it: also for `systemctl stop` and at power-off, and with no berthd. Pure.
 */
import * as property from '../../unit-file/properties.ts';
import type { TransientUnit } from '../../systemd/units/unit-manager.ts';
import type { Container } from '../container.ts';
import { shortId, type ContainerId } from '../names.ts';
import { SLICE } from '../unit-names.ts';

const PREFIX = 'berth-pause@';
const SUFFIX = '.service';
/** No container's unit has an @ in its name. */
export const PAUSE_UNITS = `${PREFIX}*${SUFFIX}`;

export const pauseUnit = (id: ContainerId): string => `${PREFIX}${shortId(id)}${SUFFIX}`;

/** The beginning of the container's ID; undefined for any other unit. */
export const pausedBy = (unit: string): string | undefined =>
  unit.startsWith(PREFIX) && unit.endsWith(SUFFIX) ? unit.slice(PREFIX.length, -SUFFIX.length) : undefined;

/** @param freezer the file that `0` is written to, to thaw it */
export function pauseUnitFor({ id, name, unit }: Container, freezer: string): TransientUnit {
  // Of a container that has ended there is nothing to thaw.
  const argv = ['/bin/sh', '-c', '[ ! -e "$1" ] || echo 0 >"$1"', 'sh', freezer];
  return {
    name: pauseUnit(id),
    properties: [
      property.text('Description', `Pause of container ${name}`),
      property.text('Slice', SLICE),
      property.text('CollectMode', 'inactive-or-failed'),
      property.text('Type', 'oneshot'),
      property.bool('RemainAfterExit', true),
      // It goes when the container's unit goes, and before that where it is asked to stop.
      property.strings('BindsTo', [unit]),
      property.strings('After', [unit]),
      property.exec('ExecStop', [{ path: '/bin/sh', argv, flags: ['no-env-expand'] }]),
    ],
  };
}
