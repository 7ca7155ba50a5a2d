import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { LogsQuery } from '../../../../src/container/operations/logs.ts';
import { aWorld, patient, type World } from '../../../support/world.ts';

const UNIT = 'berth-web.service';
const query = (change: Partial<LogsQuery> = {}): LogsQuery => ({
  follow: false,
  tail: undefined,
  since: undefined,
  until: undefined,
  cursor: undefined,
  lines: 'each',
  ...change,
});
const read = async (world: World, change: Partial<LogsQuery> = {}, signal = patient): Promise<string[]> => {
  const lines: string[] = [];
  for await (const batch of world.containers.logs('web', query(change), signal))
    lines.push(...batch.map(({ bytes }) => bytes.toString()));
  return lines;
};

describe('Logs', () => {
  it('reads what is there, after the journal has it all, and asks for this container only', async () => {
    await using world = aWorld();
    const { id } = await world.given('web', 'running');
    world.journal.write('one');
    world.journal.write('two');
    expect(await read(world)).toEqual(['one', 'two']);
    expect(await read(world, { tail: 1 })).toEqual(['two']);
    expect(await read(world, { cursor: 'c1' })).toEqual(['two']);
    expect(world.journal.syncs).toBe(3);
    expect(world.journal.queries[0]).toMatchObject({ matches: { CONTAINER_ID_FULL: id }, until: undefined });
    expect(world.journal.queries[0]?.end).not.toBe('follow');
  });

  it('follows until the container has ended, with every line that it wrote until then', async () => {
    await using world = aWorld();
    await world.given('web', 'running');
    world.journal.write('before');
    const lines = read(world, { follow: true });
    world.journal.write('while');
    world.journal.write('last');
    world.units.exits(UNIT, { code: 0 });
    await world.recovery.unitChanged(UNIT);
    expect(await lines).toEqual(['before', 'while', 'last']);
    expect(world.index.changes.size).toBe(0);
  });

  it('follows from now on with a tail of 0, and loses nothing of a container that ends at once', async () => {
    await using world = aWorld();
    await world.given('web', 'running');
    world.journal.write('before');
    const lines = world.containers.logs('web', query({ follow: true, tail: 0 }), patient);
    const first = (async () => {
      for await (const [line] of lines) return line?.bytes.toString();
      return undefined;
    })();
    while (world.journal.queries.length === 0) await Promise.resolve();
    world.journal.write('after');
    world.units.exits(UNIT, { code: 0 });
    await world.recovery.unitChanged(UNIT);
    expect(await first).toBe('after');
  });

  describe('up to a moment', () => {
    beforeEach(() => {
      vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    });
    afterEach(() => {
      vi.useRealTimers();
    });

    it.each([60_000, 2 ** 32])('follows until it has come, %d ms from now', async (ms) => {
      await using world = aWorld();
      await world.given('web', 'running');
      const until = new Date(world.clock + ms);
      const lines = read(world, { follow: true, until });
      while (world.journal.queries.length === 0) await Promise.resolve();
      world.journal.write('before');
      vi.advanceTimersByTime(2 ** 31);
      world.clock += ms;
      vi.advanceTimersByTime(2 ** 31);
      expect(await lines).toEqual(['before']);
      expect(world.journal.queries[0]).toMatchObject({ end: 'follow', until });
      expect(vi.getTimerCount()).toBe(0);
    });

    it('does not follow where it has come', async () => {
      await using world = aWorld();
      await world.given('web', 'running');
      world.journal.write('one');
      expect(await read(world, { follow: true, until: new Date(world.clock) })).toEqual(['one']);
    });
  });

  it.each(['configured', 'exited'] as const)('does not wait for one that is %s', async (state) => {
    await using world = aWorld();
    await world.given('web', state);
    world.journal.write('one');
    expect(await read(world, { follow: true })).toEqual(['one']);
  });

  it('ends when the container is removed', async () => {
    await using world = aWorld();
    await world.given('web', 'running');
    const lines = read(world, { follow: true });
    await world.containers.remove('web', { ifRunning: 'kill' }, patient);
    expect(await lines).toEqual([]);
  });

  it('ends when the caller hangs up', async () => {
    await using world = aWorld();
    await world.given('web', 'running');
    const caller = new AbortController();
    const lines = read(world, { follow: true }, caller.signal).catch(() => undefined);
    world.journal.write('one');
    caller.abort();
    await lines;
    expect(world.index.changes.size).toBe(0);
  });

  it('refuses a tail together with a cursor, and a container that is not there', async () => {
    await using world = aWorld();
    await expect(read(world)).rejects.toMatchObject({ code: 'NoSuchContainer' });
    await world.given('web', 'running');
    await expect(read(world, { tail: 1, cursor: 'c1' })).rejects.toMatchObject({
      code: 'InvalidParameter',
      facts: { parameter: 'tail' },
    });
  });
});
