import { describe, expect, it } from 'vitest';
import { forgetUnit } from '../../../../src/container/launch/forget-unit.ts';
import type { ServiceStatus } from '../../../../src/systemd/units/unit-status.ts';
import { statusOf } from '../../../support/fake-units.ts';

const UNIT = 'berth-web.service';

/** What is said to systemd of a unit that it has told of in this way. */
async function said(transient: boolean | undefined, told: ServiceStatus | undefined): Promise<string[]> {
  const calls: string[] = [];
  await forgetUnit(
    {
      isTransient: async () => await Promise.resolve(transient),
      lastTold: () => told,
      stop: async () => {
        calls.push('stop');
        return await Promise.resolve({ activeState: 'inactive', subState: 'dead', service: undefined });
      },
      resetFailed: async () => {
        calls.push('resetFailed');
        await Promise.resolve();
      },
    },
    UNIT,
  );
  return calls;
}

describe('what systemd is asked, to forget a unit', () => {
  const failed = { activeState: 'failed', subState: 'failed' } as const;

  it.each([
    ['is not loaded', undefined, undefined, []],
    ['somebody has a file of', false, statusOf(UNIT, failed), []],
    ['has failed for good', true, statusOf(UNIT, failed), ['resetFailed']],
    [
      'has failed and comes back',
      true,
      statusOf(UNIT, { ...failed, subState: 'failed-before-auto-restart' }),
      ['stop'],
    ],
    ['has failed and is asked to start', true, statusOf(UNIT, { ...failed, jobId: 7 }), ['stop']],
    ['waits for its restart', true, statusOf(UNIT, { activeState: 'activating', subState: 'auto-restart' }), ['stop']],
    ['nobody has told of', true, undefined, ['stop']],
  ] as const)('one that %s', async (_, transient, told, calls) => {
    expect(await said(transient, told)).toEqual(calls);
  });
});
