import { setImmediate } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { ChangeFeed } from '../../../../src/systemd/units/change-feed.ts';
import { FollowedService } from '../../../../src/systemd/units/followed-service.ts';
import type { ServiceStatus } from '../../../../src/systemd/units/unit-status.ts';

const UNIT = 'one.service';
const running = (mainPid: number): ServiceStatus => ({
  activeState: mainPid === 0 ? 'inactive' : 'active',
  subState: mainPid === 0 ? 'dead' : 'running',
  jobId: undefined,
  activeEnteredAt: undefined,
  inactiveEnteredAt: undefined,
  invocationId: '',
  mainPid,
  result: 'success',
  exit: undefined,
  mainStartedAt: undefined,
  mainExitedAt: undefined,
  restarts: 0,
  statusText: '',
});

it('knows the process of a service, and whenever it is another or none, without asking', async () => {
  using feed = new ChangeFeed();
  const answers: (() => ServiceStatus | undefined)[] = [
    () => running(10),
    () => expect.fail('no bus'),
    () => running(13),
  ];
  const failures: unknown[] = [];
  const units = {
    changes: (signal: AbortSignal, concerns: (unit: string) => boolean = () => true) => feed.follow(signal, concerns),
    service: async () => await Promise.resolve(answers.shift()?.()),
  };
  await using service = await FollowedService.open(units, UNIT, (error) => failures.push(error));
  expect(service.pid).toBe(10);
  const told = async (change: Parameters<ChangeFeed['publish']>[0]): Promise<number | undefined> => {
    feed.publish(change);
    await setImmediate();
    return service.pid;
  };
  expect(await told({ kind: 'changed', unit: UNIT, ...running(11), service: running(11) })).toBe(11);
  expect(await told({ kind: 'changed', unit: 'other.service', ...running(1), service: running(1) })).toBe(11);
  expect(await told({ kind: 'changed', unit: UNIT, ...running(0), service: running(0) })).toBeUndefined();
  expect(await told({ kind: 'changed', unit: UNIT, ...running(12), service: running(12) })).toBe(12);
  expect(await told({ kind: 'removed', unit: UNIT })).toBeUndefined();
  expect(await told({ kind: 'resync' })).toBeUndefined();
  expect(failures).toHaveLength(1);
  expect(await told({ kind: 'resync' })).toBe(13);
});
