import { describe, expect, it, vi } from 'vitest';
import { ChangeFeed } from '../../../../src/systemd/units/change-feed.ts';
import { JobWaiters } from '../../../../src/systemd/units/job-waiters.ts';
import type { UnitFacts } from '../../../../src/systemd/units/unit-status.ts';

const facts = (some: Partial<UnitFacts>): UnitFacts => ({
  activeState: 'activating',
  subState: 'start',
  jobId: undefined,
  activeEnteredAt: undefined,
  inactiveEnteredAt: undefined,
  invocationId: '',
  service: undefined,
  ...some,
});
const aim = { unit: 'a.service', state: 'up' } as const;

describe('a waiter', () => {
  it('hears of a job that ended before the reply that names it', async () => {
    const jobs = new JobWaiters();
    const reply = Promise.withResolvers<string>();
    const end = jobs.run(aim, async () => await reply.promise, undefined);
    jobs.ended('/job/2', 'failed');
    jobs.ended('/job/1', 'done');
    reply.resolve('/job/1');
    expect(await end).toEqual({ result: 'done', last: undefined });
  });

  it('is not taken in by an old job of the same path', async () => {
    const jobs = new JobWaiters();
    jobs.ended('/job/1', 'failed');
    const end = jobs.run(aim, async () => await Promise.resolve('/job/1'), undefined);
    await Promise.resolve();
    await Promise.resolve();
    await Promise.resolve();
    jobs.ended('/job/1', 'done');
    expect((await end).result).toBe('done');
  });

  it('is told of the unit as long as its own job is there, and of what came before the reply', async () => {
    const jobs = new JobWaiters();
    const seen: string[] = [];
    const reply = Promise.withResolvers<string>();
    const told = ({ subState }: UnitFacts): void => void seen.push(subState);
    const end = jobs.run({ ...aim, told }, async () => await reply.promise, undefined);
    jobs.told(aim.unit, facts({ jobId: 7, subState: 'of a job before' }));
    jobs.told(aim.unit, facts({ jobId: 8, subState: 'before the reply' }));
    reply.resolve('/job/8');
    await vi.waitFor(() => {
      expect(jobs.waiting()).toHaveLength(1);
    });
    jobs.told(aim.unit, facts({ jobId: 9, subState: 'of the next job' }));
    jobs.told(aim.unit, facts({ jobId: 8, subState: 'start' }));
    jobs.told('b.service', facts({ jobId: 8, subState: 'of another unit' }));
    jobs.ended('/job/8', 'done');
    await end;
    jobs.told(aim.unit, facts({ jobId: 8, subState: 'too late' }));
    expect(seen).toEqual(['before the reply', 'start']);
  });

  it('does not take others along when it gives up', async () => {
    const jobs = new JobWaiters();
    const abort = new AbortController();
    const call = async (): Promise<string> => await Promise.resolve('/job/1');
    const [impatient, patient] = [jobs.run(aim, call, abort.signal), jobs.run(aim, call, undefined)];
    const given = expect(impatient).rejects.toThrow('enough');
    abort.abort(new Error('enough'));
    await given;
    jobs.ended('/job/1', 'done');
    expect((await patient).result).toBe('done');
    expect([jobs.waiting(), jobs.concerns(aim.unit)]).toEqual([[], false]);
  });
});

describe('a feed', () => {
  const removed = (unit: string): { kind: 'removed'; unit: string } => ({ kind: 'removed', unit });

  it('keeps what comes before the first question, for those it concerns, until the end', async () => {
    using feed = new ChangeFeed();
    const abort = new AbortController();
    const changes = feed.follow(abort.signal, (unit) => unit.startsWith('berth-'));
    feed.publish(removed('other.service'));
    feed.publish(removed('berth-a.service'));
    const seen: unknown[] = [];
    for await (const change of changes) {
      seen.push(change);
      abort.abort();
    }
    expect(seen).toEqual([removed('berth-a.service')]);
    expect(feed.concerns('berth-a.service')).toBe(false);
  });

  it('asks a reader that falls behind to list again', async () => {
    using feed = new ChangeFeed();
    const changes = feed.follow(new AbortController().signal, () => true);
    for (let index = 0; index < 5000; index++) feed.publish(removed(`${index.toString()}.service`));
    expect(await changes[Symbol.asyncIterator]().next()).toMatchObject({ value: { kind: 'resync' } });
  });
});
