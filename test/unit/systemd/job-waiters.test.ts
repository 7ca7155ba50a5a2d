import { describe, expect, it } from 'vitest';
import { ChangeFeed } from '../../../src/systemd/change-feed.ts';
import { JobWaiters } from '../../../src/systemd/job-waiters.ts';

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
