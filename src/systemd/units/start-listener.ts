/** From what systemd tells of a unit that it starts to what those who wait for that want to know. */
import type { JobAim } from './job-waiters.ts';
import type { StartOptions } from './unit-manager.ts';

/** undefined where nobody wants to know. */
export function startListener({ spawned, givenUp }: Omit<StartOptions, 'signal'>): JobAim['told'] {
  if (spawned === undefined && givenUp === undefined) return undefined;
  let step: 'begins' | 'spawned' | 'given up' = 'begins';
  return ({ service, invocationId, activeState }) => {
    if (step === 'begins' && service !== undefined && service.mainPid !== 0) {
      step = 'spawned';
      spawned?.({ pid: service.mainPid, invocationId });
    }
    if (step === 'spawned' && activeState === 'deactivating') {
      step = 'given up';
      givenUp?.();
    }
  };
}
