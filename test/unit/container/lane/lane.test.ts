import { describe, expect, it } from 'vitest';
import { Lane } from '../../../../src/container/lane/lane.ts';
import { aWorld, type World } from '../../../support/world.ts';

const UNIT = 'berth-web.service';
function aLane(world: World): { lane: Lane; ended: string[] } {
  const ended: string[] = [];
  const { index, units, folders, freezer } = world;
  const lane = new Lane({ index, units, folders, freezer, now: () => world.now() });
  lane.onEnd((container) => {
    ended.push(container.name);
  });
  return { lane, ended };
}

describe('Lane', () => {
  it('lets one at a time at a container, and sees it anew for each', async () => {
    await using world = aWorld();
    await world.given('web', 'running');
    const { lane } = aLane(world);
    const said: string[] = [];
    const gate = Promise.withResolvers<undefined>();
    const first = lane.run('web', 'kill', async () => {
      said.push('first begins');
      await gate.promise;
      world.units.exits(UNIT, { code: 0 });
      said.push('first ends');
    });
    const second = lane.run('web', 'kill', async () => await Promise.resolve(said.push('second')));
    gate.resolve(undefined);
    await first;
    await expect(second).rejects.toMatchObject({ code: 'WrongState', facts: { state: 'exited' } });
    expect(said).toEqual(['first begins', 'first ends']);
  });

  it('does not keep other containers waiting', async () => {
    await using world = aWorld();
    await world.given('web');
    await world.given('db');
    const { lane } = aLane(world);
    const gate = Promise.withResolvers<undefined>();
    const web = lane.run('web', 'start', async () => await gate.promise);
    expect(await lane.run('db', 'start', async () => await Promise.resolve('db'))).toBe('db');
    gate.resolve(undefined);
    await web;
  });

  it('makes one look of many that wait, and a further one of those that come while it looks', async () => {
    await using world = aWorld();
    const { id } = await world.given('web', 'running');
    const { lane } = aLane(world);
    const gate = Promise.withResolvers<undefined>();
    const busy = lane.run('web', 'kill', async () => await gate.promise);
    world.units.looks = 0;
    const looks = Array.from({ length: 20 }, async () => {
      await lane.look(id);
    });
    gate.resolve(undefined);
    await Promise.all([busy, ...looks]);
    expect(world.units.looks).toBe(2);
    await lane.look(id);
    expect(world.units.looks).toBe(3);
  });

  it('does not believe a fact that comes while a start is under way before the start has settled', async () => {
    await using world = aWorld();
    const { id } = await world.given('web');
    const { lane } = aLane(world);
    const gate = Promise.withResolvers<undefined>();
    const start = lane.run('web', 'start', async () => await gate.promise);
    let looked = false;
    const look = lane.look(id).then(() => (looked = true));
    for (let turn = 0; turn < 20; turn++) await Promise.resolve();
    expect(looked).toBe(false);
    gate.resolve(undefined);
    await Promise.all([start, look]);
  });

  it('goes on after a look that failed', async () => {
    await using world = aWorld();
    const { id } = await world.given('web', 'running');
    const { lane } = aLane(world);
    world.units.unreachable.add(UNIT);
    await expect(lane.look(id)).rejects.toThrow('nobody knows');
    world.units.unreachable.clear();
    await lane.look(id);
  });

  it('tells of each end once', async () => {
    await using world = aWorld();
    const { id } = await world.given('web', 'running');
    const { lane, ended } = aLane(world);
    world.units.exits(UNIT, { code: 0 });
    await lane.look(id);
    await lane.look(id);
    expect(ended).toEqual(['web']);
  });

  it('saves nothing, and announces nothing, where nothing has changed', async () => {
    await using world = aWorld();
    const { id } = await world.given('web', 'running');
    const { lane } = aLane(world);
    let told = 0;
    using _listening = world.index.changes.listen(id, () => (told += 1));
    const before = world.index.get(id);
    await lane.look(id);
    expect(world.index.get(id)).toBe(before);
    expect(told).toBe(0);
  });

  it('finds nothing to do for a container that went while it waited for its turn', async () => {
    await using world = aWorld();
    const container = await world.given('web', 'exited');
    const { lane } = aLane(world);
    const removal = lane.run('web', 'remove', async () => {
      await Promise.resolve();
      world.index.remove(container, undefined);
    });
    const start = lane.run('web', 'start', async () => await Promise.reject(new Error('must not be called')));
    await lane.look(container.id);
    await removal;
    await expect(start).rejects.toMatchObject({ code: 'NoSuchContainer', facts: { container: 'web' } });
  });
});
