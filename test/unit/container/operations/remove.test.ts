import { stat } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { ALONE, aWorld, patient } from '../../../support/world.ts';

const UNIT = 'berth-web.service';
const absent = { code: 'ENOENT' };

describe('Remove', () => {
  it.each(['configured', 'exited'] as const)('takes away everything of one that is %s', async (state) => {
    await using world = aWorld();
    const { id } = await world.given('web', state);
    const { path, pidFile } = world.folders.of(id);
    await world.containers.remove('web', { ifRunning: 'refuse' }, patient);
    expect(world.index.all()).toEqual([]);
    await expect(stat(path)).rejects.toMatchObject(absent);
    await expect(stat(pidFile)).rejects.toMatchObject(absent);
    await expect(world.containers.inspect('web')).rejects.toMatchObject({ code: 'NoSuchContainer' });
    expect(world.database.prepare('SELECT count(*) AS n FROM container').get()).toEqual({ n: 0 });
  });

  it('takes the name of a failed unit back', async () => {
    await using world = aWorld();
    await world.given('web', 'running');
    world.units.exits(UNIT, { code: 3 });
    await world.containers.remove('web', { ifRunning: 'refuse' }, patient);
    expect(world.units.isLoaded(UNIT)).toBe(false);
  });

  it('leaves a unit of the name alone that somebody has a file of', async () => {
    await using world = aWorld();
    await world.given('web', 'running');
    world.units.exits(UNIT, { code: 3 });
    world.units.becomes(UNIT, { transient: false });
    await world.containers.remove('web', { ifRunning: 'refuse' }, patient);
    expect(world.units.isLoaded(UNIT)).toBe(true);
    expect(world.units.calls).toEqual([]);
  });

  it.each(['created', 'running', 'paused'] as const)(
    'refuses one that is %s, unless it is to be killed',
    async (state) => {
      await using world = aWorld();
      world.units.stubborn.add(UNIT);
      await world.given('web', state);
      await expect(world.containers.remove('web', { ifRunning: 'refuse' }, patient)).rejects.toMatchObject({
        code: 'WrongState',
        facts: { state, operation: 'remove' },
      });
      expect(await world.state('web')).toBe(state);
      await world.containers.remove('web', { ifRunning: 'kill' }, patient);
      expect(world.index.all()).toEqual([]);
      expect(world.units.isLoaded(UNIT)).toBe(false);
      expect([...world.mounts.mounted]).toEqual([]);
    },
  );

  it('ends a restart that is about to come', async () => {
    await using world = aWorld();
    await world.given('web', 'running', { restartPolicy: 'always' });
    world.units.exits(UNIT, { code: 3 });
    await world.containers.remove('web', { ifRunning: 'refuse' }, patient);
    expect(world.units.isLoaded(UNIT)).toBe(false);
  });

  it('lets only one of two succeed', async () => {
    await using world = aWorld();
    const { id } = await world.given('web', 'exited');
    const removals = await Promise.allSettled([
      world.containers.remove(id, { ifRunning: 'refuse' }, patient),
      world.containers.remove(id, { ifRunning: 'refuse' }, patient),
    ]);
    expect(removals).toMatchObject([
      { status: 'fulfilled' },
      { status: 'rejected', reason: { code: 'NoSuchContainer' } },
    ]);
  });

  it('can be repeated after a step of it has failed', async () => {
    await using world = aWorld();
    await world.given('web', 'exited');
    world.mounts.failure = Object.assign(new Error('EBUSY'), { code: 'EBUSY', syscall: 'umount' });
    await expect(world.containers.remove('web', { ifRunning: 'refuse' }, patient)).rejects.toThrow('EBUSY');
    expect(world.believed('web').status.state).toBe('removing');
    await expect(world.containers.start('web', ALONE, patient)).rejects.toMatchObject({
      code: 'WrongState',
      facts: { state: 'removing' },
    });
    world.mounts.failure = undefined;
    await world.containers.remove('web', { ifRunning: 'refuse' }, patient);
    expect(world.index.all()).toEqual([]);
  });

  it('is finished by the next berthd where one died in the middle of it, with how the container ended', async () => {
    await using world = aWorld();
    const { id } = await world.given('web', 'running');
    world.units.exits(UNIT, { code: 42 });
    world.mounts.failure = new Error('killed');
    await expect(world.containers.remove('web', { ifRunning: 'refuse' }, patient)).rejects.toThrow('killed');
    world.mounts.failure = undefined;
    world.daemonStarts();
    await world.supervisor.start();
    expect(world.index.all()).toEqual([]);
    await expect(stat(world.folders.of(id).path)).rejects.toMatchObject(absent);
    expect(await world.containers.wait('web', ['exited'], patient)).toMatchObject({
      state: undefined,
      exit: { code: 42 },
    });
  });

  it('frees the name', async () => {
    await using world = aWorld();
    await world.given('web', 'exited');
    await world.containers.remove('web', { ifRunning: 'refuse' }, patient);
    await world.given('web', 'running');
    expect(await world.state('web')).toBe('running');
  });
});

describe('a container that is to be removed at its end', () => {
  it('is removed when it has ended, and how it ended is remembered', async () => {
    await using world = aWorld();
    const { id } = await world.given('web', 'running', { removeOnExit: true });
    const waited = world.containers.wait('web', [], patient);
    world.units.exits(UNIT, { code: 3 });
    await world.recovery.unitChanged(UNIT);
    expect(await waited).toMatchObject({ state: undefined, exit: { code: 3 } });
    expect(world.index.get(id)).toBeUndefined();
    expect(world.log.entries).toEqual([]);
  });

  it('is removed even where it ended before its start had been answered', async () => {
    await using world = aWorld();
    await world.given('web', 'configured', { removeOnExit: true });
    world.nextStart({ endsAtOnce: { code: 0 } });
    await world.containers.start('web', ALONE, patient);
    expect(await world.containers.wait('web', [], patient)).toMatchObject({ state: undefined, exit: { code: 0 } });
  });

  it('is removed by the next berthd where it ended with none', async () => {
    await using world = aWorld();
    await world.given('web', 'running', { removeOnExit: true });
    world.units.exits(UNIT, { code: 3 });
    world.daemonStarts();
    await world.supervisor.start();
    expect(await world.containers.wait('web', [], patient)).toMatchObject({ state: undefined, exit: { code: 3 } });
  });

  it('stays when it could not be started', async () => {
    await using world = aWorld();
    await world.given('web', 'configured', { removeOnExit: true });
    world.nextStart({ fail: 'resources' });
    await expect(world.containers.start('web', ALONE, patient)).rejects.toMatchObject({ code: 'UnitFailed' });
    expect(await world.state('web')).toBe('configured');
  });

  it('is left alone by a berthd that closes', async () => {
    await using world = aWorld();
    await world.given('web', 'running', { removeOnExit: true });
    await world.ends.close();
    world.units.exits(UNIT, { code: 3 });
    expect(await world.state('web')).toBe('exited');
    await world.ends.close();
    expect(world.index.all()).toHaveLength(1);
  });

  it('says so in the log where it cannot be removed', async () => {
    await using world = aWorld();
    await world.given('web', 'running', { removeOnExit: true });
    world.mounts.failure = new Error('busy');
    world.units.exits(UNIT, { code: 3 });
    await world.recovery.unitChanged(UNIT);
    await world.ends.close();
    await Promise.resolve();
    expect(world.log.entries).toMatchObject([{ level: 'error', fields: { containerName: 'web' } }]);
  });
});
