import { describe, expect, it } from 'vitest';
import { ALONE, aWorld, patient } from '../../../support/world.ts';

const UNIT = 'berth-web.service';

describe('Wait', () => {
  it('resolves as soon as the container has ended', async () => {
    await using world = aWorld();
    await world.given('web', 'running');
    const waited = world.containers.wait('web', ['stopped', 'exited'], patient);
    world.units.exits(UNIT, { code: 3 });
    await world.recovery.unitChanged(UNIT);
    expect(await waited).toMatchObject({ state: 'exited', exit: { code: 3 } });
    expect(world.index.changes.size).toBe(0);
  });

  it('resolves at once for a state that is there, after a look', async () => {
    await using world = aWorld();
    await world.given('web', 'running');
    world.units.exits(UNIT, { code: 3 });
    expect(await world.containers.wait('web', ['exited'], patient)).toMatchObject({
      state: 'exited',
      exit: { code: 3 },
    });
    expect(await world.containers.wait('web', ['running', 'exited'], patient)).toMatchObject({ state: 'exited' });
  });

  it('waits for a start as well, and lets it pass', async () => {
    await using world = aWorld();
    await world.given('web');
    const waited = world.containers.wait('web', ['running'], patient);
    await world.containers.start('web', ALONE, patient);
    expect(await waited).toEqual({ state: 'running', exit: undefined });
  });

  it('is told of the removal, and of how the container ended', async () => {
    await using world = aWorld();
    await world.given('web', 'exited');
    const waited = world.containers.wait('web', ['running'], patient);
    await world.containers.remove('web', { ifRunning: 'refuse' }, patient);
    expect(await waited).toMatchObject({ state: undefined, exit: { code: 0 } });
  });

  it('does not wait for a removal that the end has begun, unless for nothing else', async () => {
    await using world = aWorld();
    world.units.stubborn.add(UNIT); // whose clean-up takes its time
    const { id } = await world.given('web', 'running', { removeOnExit: true });
    world.units.processEnds(UNIT, { code: 3 });
    await world.recovery.unitChanged(UNIT);
    await world.units.called('stop', UNIT);
    expect(world.believed('web').status.state).toBe('removing');
    const removed = Promise.all([
      world.containers.wait('web', [], patient),
      world.containers.wait('web', ['exited'], patient),
      world.ends.ended(id, patient),
    ]);
    expect(await world.containers.wait('web', ['stopped', 'exited'], patient)).toMatchObject({
      state: 'removing',
      exit: { code: 3 },
    });
    expect(world.index.all()).toHaveLength(1);
    world.units.finishes(UNIT);
    expect(await removed).toMatchObject([
      { state: undefined, exit: { code: 3 } },
      { exit: { code: 3 } },
      { exit: { code: 3 } },
    ]);
    expect(world.index.all()).toEqual([]);
  });

  it('is told of the removal of one that never ran', async () => {
    await using world = aWorld();
    await world.given('web');
    const waited = world.containers.wait('web', ['running'], patient);
    await world.containers.remove('web', { ifRunning: 'refuse' }, patient);
    expect(await waited).toEqual({ state: undefined, exit: undefined });
  });

  it('remembers one that was removed, by name and by ID, over a restart of berthd and for ten minutes', async () => {
    await using world = aWorld();
    const { id } = await world.given('web', 'exited');
    await world.containers.remove('web', { ifRunning: 'refuse' }, patient);
    world.daemonStarts();
    for (const reference of ['web', id]) {
      expect(await world.containers.wait(reference, ['exited'], patient)).toMatchObject({
        state: undefined,
        exit: { code: 0 },
      });
    }
    world.elapsed += 11 * 60 * 1000;
    await world.given('other', 'exited');
    await world.containers.remove('other', { ifRunning: 'refuse' }, patient);
    await expect(world.containers.wait('web', ['exited'], patient)).rejects.toMatchObject({ code: 'NoSuchContainer' });
  });

  it('means the container that there is, not the one that had its name', async () => {
    await using world = aWorld();
    await world.given('web', 'exited');
    await world.containers.remove('web', { ifRunning: 'refuse' }, patient);
    await world.given('web', 'running');
    const waited = world.containers.wait('web', ['exited'], patient);
    world.units.exits(UNIT, { code: 9 });
    await world.recovery.unitChanged(UNIT);
    expect(await waited).toMatchObject({ state: 'exited', exit: { code: 9 } });
  });

  it('ends when its caller gives up, and nobody listens any more', async () => {
    await using world = aWorld();
    await world.given('web', 'running');
    const caller = new AbortController();
    const waited = world.containers.wait('web', ['exited'], caller.signal);
    caller.abort(new Error('gone'));
    await expect(waited).rejects.toThrow('gone');
    expect(world.index.changes.size).toBe(0);
    await expect(world.containers.wait('web', ['exited'], caller.signal)).rejects.toThrow('gone');
  });

  it('does not hold up anybody', async () => {
    await using world = aWorld();
    await world.given('web', 'running');
    const waits = Array.from({ length: 50 }, async () => await world.containers.wait('web', ['exited'], patient));
    await world.containers.stop('web', undefined, patient);
    const all = await Promise.all(waits);
    expect(new Set(all.map(({ exit }) => exit?.code))).toEqual(new Set([143]));
  });

  it('refuses what nobody knows or remembers', async () => {
    await using world = aWorld();
    await expect(world.containers.wait('nope', ['exited'], patient)).rejects.toMatchObject({
      code: 'NoSuchContainer',
      facts: { container: 'nope' },
    });
  });
});
