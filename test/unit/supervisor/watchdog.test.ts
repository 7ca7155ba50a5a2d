import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { Watchdog } from '../../../src/supervisor/watchdog.ts';
import { FakeLog } from '../../support/fakes.ts';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

function aWatchdog(look: (signal: AbortSignal) => Promise<void>) {
  const told: number[] = [];
  const log = new FakeLog();
  const tell = async (): Promise<void> => {
    told.push(Date.now());
    await Promise.resolve();
  };
  vi.setSystemTime(0);
  return { told, log, watchdog: new Watchdog({ look, tell, log }, 30_000) };
}

it('tells systemd twice in the time that it waits, until it is closed', async () => {
  const { told, watchdog } = aWatchdog(async () => await Promise.resolve());
  await vi.advanceTimersByTimeAsync(60_000);
  expect(told).toEqual([15_000, 30_000, 45_000, 60_000]);
  watchdog[Symbol.dispose]();
  await vi.advanceTimersByTimeAsync(60_000);
  expect(told).toHaveLength(4);
});

it('says nothing while a look does not come back, and goes on when it does', async () => {
  const gate = Promise.withResolvers<undefined>();
  const look = vi.fn(async () => {
    await gate.promise;
  });
  const { told, watchdog } = aWatchdog(look);
  await vi.advanceTimersByTimeAsync(60_000);
  expect([told, look.mock.calls.length]).toEqual([[], 1]);
  gate.resolve(undefined);
  await vi.advanceTimersByTimeAsync(15_000);
  expect(told).toEqual([60_000, 75_000]);
  watchdog[Symbol.dispose]();
});

it('says nothing after a look that failed, but that it failed', async () => {
  const { told, log, watchdog } = aWatchdog(async () => await Promise.reject(new Error('no')));
  await vi.advanceTimersByTimeAsync(15_000);
  expect(told).toEqual([]);
  expect(log.entries).toMatchObject([{ level: 'error', message: 'berthd cannot do its work now' }]);
  watchdog[Symbol.dispose]();
});
