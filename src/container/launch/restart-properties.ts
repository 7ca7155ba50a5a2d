/** When systemd brings a container back, and how long it waits before that. Pure. */
import * as property from '../../unit-file/properties.ts';
import type { UnitProperty } from '../../unit-file/properties.ts';
import type { Configuration, RestartPolicy } from '../configuration/configuration.ts';
import { assignmentName } from '../configuration/unit-properties.ts';

/** The last two differ only after a boot of the host; systemd never goes against a stop. */
const RESTART: Readonly<Record<RestartPolicy, string>> = {
  no: 'no',
  on_failure: 'on-failure',
  always: 'always',
  unless_stopped: 'always',
};

/** The first that knows a delay that grows. */
const GROWING_SINCE = 254;
/** It doubles with each restart, from 0.1 s to half a minute. */
const FIRST_DELAY_MS = 100;
const LAST_DELAY_MS = 30_000;
const STEPS = 8;
/** One that does not grow must be kind to the host, whatever comes back. */
const CONSTANT_DELAY_MS = 1000;

/** @param systemd its version */
export function restartProperties(
  { restartPolicy, restartLimit, unitProperties }: Configuration,
  systemd: number,
): UnitProperty[] {
  const given = new Set(unitProperties.map(assignmentName));
  return [
    property.text('Restart', RESTART[restartPolicy]),
    // A delay that somebody gives is meant as it is.
    ...(given.has('RestartSec') ? [] : delayProperties(systemd)),
    ...(['StartLimitBurst', 'StartLimitIntervalSec'].some((name) => given.has(name))
      ? []
      : limitProperties(restartLimit)),
  ];
}

const delayProperties = (systemd: number): UnitProperty[] =>
  systemd < GROWING_SINCE
    ? [property.usec('RestartUSec', CONSTANT_DELAY_MS)]
    : [
        property.usec('RestartUSec', FIRST_DELAY_MS),
        property.u32('RestartSteps', STEPS),
        property.usec('RestartMaxDelayUSec', LAST_DELAY_MS),
      ];

/** Without one systemd would give up after five starts in ten seconds. The first start counts, too. */
const limitProperties = (limit: number | undefined): UnitProperty[] =>
  limit === undefined
    ? [property.usec('StartLimitIntervalUSec', 0)]
    : [property.usec('StartLimitIntervalUSec', 'infinity'), property.u32('StartLimitBurst', limit + 1)];
