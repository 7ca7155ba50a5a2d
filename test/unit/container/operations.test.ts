import { describe, expect, it } from 'vitest';
import { Operations } from '../../../src/container/operations.ts';
import type { Container } from '../../../src/container/container.ts';
import { aWorld, type World } from '../../support/world.ts';

const UNIT = 'berth-web.service';
function lane(world: World): { operations: Operations; ended: string[] } {
  const ended: string[] = [];
  const { registry, units, folders } = world;
  const operations = new Operations({ registry, units, folders, now: () => world.now() }, (container: Container) => {
    ended.push(container.name);
  });
  return { operations, ended };
}

describe('Operations', () => {
  it('lets one at a time at a container, and sees it anew for each', async () => {
    await using world = aWorld();
    await world.given('web', 'running');
    const { operations } = lane(world);
    const said: string[] = [];
    const gate = Promise.withResolvers<undefined>();
    const first = operations.run('web', 'kill', async () => {
      said.push('first begins');
      await gate.promise;
      world.units.exits(UNIT, { code: 0 });
      said.push('first ends');
    });
    const second = operations.run('web', 'kill', async () => await Promise.resolve(said.push('second')));
    gate.resolve(undefined);
    await first;
    await expect(second).rejects.toMatchObject({ code: 'WrongState', facts: { state: 'exited' } });
    expect(said).toEqual(['first begins', 'first ends']);
  });

  it('does not keep other containers waiting', async () => {
    await using world = aWorld();
    await world.given('web');
    await world.given('db');
    const { operations } = lane(world);
    const gate = Promise.withResolvers<undefined>();
    const web = operations.run('web', 'start', async () => await gate.promise);
    expect(await operations.run('db', 'start', async () => await Promise.resolve('db'))).toBe('db');
    gate.resolve(undefined);
    await web;
  });

  it('makes one look of many that wait, and a further one of those that come while it looks', async () => {
    await using world = aWorld();
    const { id } = await world.given('web', 'running');
    const { operations } = lane(world);
    const gate = Promise.withResolvers<undefined>();
    const busy = operations.run('web', 'kill', async () => await gate.promise);
    world.units.looks = 0;
    const looks = Array.from({ length: 20 }, async () => {
      await operations.look(id);
    });
    gate.resolve(undefined);
    await Promise.all([busy, ...looks]);
    expect(world.units.looks).toBe(2);
    await operations.look(id);
    expect(world.units.looks).toBe(3);
  });

  it('does not believe a fact that comes while a start is under way before the start has settled', async () => {
    await using world = aWorld();
    const { id } = await world.given('web');
    const { operations } = lane(world);
    const gate = Promise.withResolvers<undefined>();
    const start = operations.run('web', 'start', async () => await gate.promise);
    let looked = false;
    const look = operations.look(id).then(() => (looked = true));
    for (let turn = 0; turn < 20; turn++) await Promise.resolve();
    expect(looked).toBe(false);
    gate.resolve(undefined);
    await Promise.all([start, look]);
  });

  it('goes on after a look that failed', async () => {
    await using world = aWorld();
    const { id } = await world.given('web', 'running');
    const { operations } = lane(world);
    world.units.unreachable.add(UNIT);
    await expect(operations.look(id)).rejects.toThrow('nobody knows');
    world.units.unreachable.clear();
    await operations.look(id);
  });

  it('tells of each end once', async () => {
    await using world = aWorld();
    const { id } = await world.given('web', 'running');
    const { operations, ended } = lane(world);
    world.units.exits(UNIT, { code: 0 });
    await operations.look(id);
    await operations.look(id);
    expect(ended).toEqual(['web']);
  });

  it('saves nothing, and announces nothing, where nothing has changed', async () => {
    await using world = aWorld();
    const { id } = await world.given('web', 'running');
    const { operations } = lane(world);
    let told = 0;
    using _listening = world.registry.changes.listen(id, () => (told += 1));
    const before = world.registry.get(id);
    await operations.look(id);
    expect(world.registry.get(id)).toBe(before);
    expect(told).toBe(0);
  });

  it('finds nothing to do for a container that went while it waited for its turn', async () => {
    await using world = aWorld();
    const container = await world.given('web', 'exited');
    const { operations } = lane(world);
    const removal = operations.run('web', 'remove', async () => {
      await Promise.resolve();
      world.registry.remove(container, undefined);
    });
    const start = operations.run('web', 'start', async () => await Promise.reject(new Error('must not be called')));
    await operations.look(container.id);
    await removal;
    await expect(start).rejects.toMatchObject({ code: 'NoSuchContainer', facts: { container: 'web' } });
  });
});
