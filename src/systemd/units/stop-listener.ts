/** From what systemd tells of a unit that it stops to what those who wait for that want to know. */
import type { JobAim } from './job-waiters.ts';
import type { StopOptions } from './unit-manager.ts';

/** undefined where nobody wants to know. */
export function stopListener(asked: StopOptions['asked']): JobAim['told'] {
  if (asked === undefined) return undefined;
  let isAsked = false;
  return ({ service, invocationId, subState }) => {
    if (isAsked || subState !== 'stop-sigterm' || service === undefined || service.mainPid === 0) return;
    isAsked = true;
    asked({ pid: service.mainPid, invocationId });
  };
}
