import { expect, it } from 'vitest';
import { startListener } from '../../../../src/systemd/units/start-listener.ts';
import type { ActiveState, UnitFacts } from '../../../../src/systemd/units/unit-status.ts';

const facts = (activeState: ActiveState, mainPid?: number): UnitFacts => ({
  activeState,
  subState: '',
  jobId: 1,
  activeEnteredAt: undefined,
  inactiveEnteredAt: undefined,
  invocationId: 'abc',
  service:
    mainPid === undefined
      ? undefined
      : {
          mainPid,
          result: 'success',
          exit: undefined,
          mainStartedAt: undefined,
          mainExitedAt: undefined,
          restarts: 0,
          statusText: '',
        },
});

function heard(...told: UnitFacts[]): string[] {
  const calls: string[] = [];
  const listener = startListener({
    spawned: ({ pid, invocationId }) => void calls.push(`${pid} ${invocationId}`),
    givenUp: () => void calls.push('given up'),
  });
  for (const each of told) listener?.(each);
  return calls;
}

it('is nobody where nobody wants to know', () => {
  expect(startListener({})).toBeUndefined();
});

it('hears of the first process once', () => {
  const told = [facts('inactive', 0), facts('activating'), facts('activating', 7), facts('active', 8)];
  expect(heard(...told)).toEqual(['7 abc']);
});

it('hears once that the start is given up, and not of what never had a process', () => {
  expect(heard(facts('activating', 7), facts('deactivating', 7), facts('deactivating', 0))).toEqual([
    '7 abc',
    'given up',
  ]);
  expect(heard(facts('deactivating', 0), facts('failed', 0))).toEqual([]);
});
