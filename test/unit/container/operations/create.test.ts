import { describe, expect, it } from 'vitest';
import { FakeRuntime } from '../../../support/fakes.ts';
import { aWorld, patient } from '../../../support/world.ts';

describe('Create', () => {
  it('makes a row and nothing else', async () => {
    await using world = aWorld();
    const { id, name, unit, status } = await world.containers.create({ image: 'busybox', name: 'web' }, patient);
    expect({ name, unit, status }).toEqual({ name: 'web', unit: 'berth-web.service', status: { state: 'configured' } });
    expect(id).toMatch(/^[0-9a-f]{64}$/);
    expect(world.units.calls).toEqual([]);
    world.daemonStarts();
    expect(world.believed('web').id).toBe(id);
  });

  it('makes one container of an ID that the caller has chosen, however often the call is made', async () => {
    await using world = aWorld();
    const id = 'c'.repeat(64);
    const create = async () => await world.containers.create({ image: 'busybox', name: 'web' }, patient, id);
    const both = await Promise.all([create(), create()]);
    expect([...both, await create()].map((made) => made.id)).toEqual([id, id, id]);
    expect(world.index.all()).toHaveLength(1);
  });

  it.each(['C'.repeat(64), 'c'.repeat(63), ''])('takes %j for no ID', async (id) => {
    await using world = aWorld();
    await expect(world.containers.create({ image: 'busybox' }, patient, id)).rejects.toMatchObject({
      code: 'InvalidParameter',
      facts: { parameter: 'id' },
    });
  });

  it('refuses an ID that begins as that of another container', async () => {
    await using world = aWorld();
    const { id } = await world.given('web');
    const other = `${id.slice(0, 12)}${'f'.repeat(52)}`;
    await expect(world.containers.create({ image: 'busybox' }, patient, other)).rejects.toMatchObject({
      code: 'InvalidParameter',
    });
  });

  it('makes up a name', async () => {
    await using world = aWorld();
    const { name } = await world.containers.create({ image: 'busybox' }, patient);
    expect(name).toMatch(/^[a-z]+_[a-z]+$/);
  });

  it.each<[string, object, object]>([
    ['no image', {}, { code: 'InvalidParameter', facts: { parameter: 'configuration.image' } }],
    ['an image that is not there', { image: 'nope' }, { code: 'NoSuchImage', facts: { image: 'nope' } }],
    [
      'what is no name of an image',
      { image: 'Not A Name' },
      { code: 'InvalidParameter', facts: { parameter: 'configuration.image' } },
    ],
    [
      'a runtime that is not installed',
      { image: 'busybox', runtime: 'kata' },
      { code: 'NoSuchRuntime', facts: { runtime: 'kata' } },
    ],
    [
      'a bad name',
      { image: 'busybox', name: '../web' },
      { code: 'InvalidName', facts: { name: '../web', parameter: 'configuration.name' } },
    ],
    ['the name of an exec session', { image: 'busybox', name: 'exec-0af' }, { code: 'InvalidName' }],
    [
      'a name that is taken',
      { image: 'busybox', name: 'taken' },
      { code: 'ContainerExists', facts: { name: 'taken' } },
    ],
    [
      'a source that is not there',
      { image: 'busybox', mounts: [{ kind: 'bind', source: '/nonexistent', destination: '/d' }] },
      { code: 'NoSuchSource', facts: { source: '/nonexistent' } },
    ],
  ])('refuses %s, and leaves nothing behind', async (_, request, refusal) => {
    await using world = aWorld();
    await world.given('taken');
    await expect(world.containers.create(request, patient)).rejects.toMatchObject(refusal);
    expect(world.index.all()).toHaveLength(1);
  });

  it.each<[string, object, object]>([
    ['resources.tasksMax', { resources: { memoryMaxBytes: 1, tasksMax: 5 } }, { resources: { tasksMax: 5 } }],
    ['unitProperties[1]', { unitProperties: ['Nice=5', 'TasksMax=5%'] }, { unitProperties: ['Nice=5', 'TasksMax=5%'] }],
  ])('refuses a limit that the host cannot enforce, and so does Update: %s', async (parameter, request, changes) => {
    await using world = aWorld();
    world.missingControllers = new Map([['pids', 'a reason']]);
    const refused = (at: string): object => ({
      code: 'NoController',
      facts: { parameter: `${at}${parameter}`, controller: 'pids', reason: 'a reason' },
    });
    await expect(world.containers.create({ image: 'busybox', ...request }, patient)).rejects.toMatchObject(
      refused('configuration.'),
    );
    expect(world.index.all()).toEqual([]);
    await world.given('web', 'running');
    const nothing = { resources: {}, unitProperties: [], restartPolicy: undefined, restartLimit: undefined };
    await expect(world.containers.update('web', { ...nothing, ...changes }, patient)).rejects.toMatchObject(
      refused(''),
    );
    expect(world.units.calls.filter(([method]) => method === 'setProperties')).toEqual([]);
    await world.containers.update('web', { ...nothing, unitProperties: ['TasksMax=infinity'] }, patient);
  });

  it('refuses without any runtime', async () => {
    await using world = aWorld({ runtimes: [] });
    await expect(world.containers.create({ image: 'busybox' }, patient)).rejects.toMatchObject({
      code: 'NoSuchRuntime',
    });
  });

  it('takes the preferred runtime, or the one that is asked for', async () => {
    await using world = aWorld({ runtimes: [new FakeRuntime('runc'), new FakeRuntime('crun')] });
    expect((await world.given('a')).config.runtime).toBe('runc');
    expect((await world.given('b', 'configured', { runtime: 'crun' })).config.runtime).toBe('crun');
  });

  it('lets only one of two have a name, also when both are made at once', async () => {
    await using world = aWorld();
    const request = { image: 'busybox', name: 'web' };
    const made = await Promise.allSettled([
      world.containers.create(request, patient),
      world.containers.create(request, patient),
    ]);
    expect(made).toMatchObject([{ status: 'fulfilled' }, { status: 'rejected', reason: { code: 'ContainerExists' } }]);
  });

  it('keeps its image from a removal that comes while it is made', async () => {
    await using world = aWorld();
    const request = {
      image: 'busybox',
      name: 'web',
      mounts: [{ kind: 'bind' as const, source: '/', destination: '/d' }],
    };
    const [made, removed] = await Promise.allSettled([
      world.containers.create(request, patient),
      world.images.remove('busybox', patient),
    ]);
    expect([made.status, removed]).toMatchObject([
      'fulfilled',
      { reason: { code: 'ImageInUse', facts: { containers: ['web'] } } },
    ]);
    await world.containers.remove('web', { ifRunning: 'refuse' }, patient);
    await world.images.remove('busybox', patient);
    expect(world.imageStore.all).toEqual([]);
  });

  it('makes nothing for a caller who has gone', async () => {
    await using world = aWorld();
    await expect(world.containers.create({ image: 'busybox' }, AbortSignal.abort())).rejects.toThrow();
    expect(world.index.all()).toEqual([]);
  });
});

describe('List', () => {
  it('answers the oldest first, by state and by label', async () => {
    await using world = aWorld();
    await world.given('c', 'running', { labels: { tier: 'front', app: 'x' } });
    await world.given('a', 'configured', { labels: { tier: 'back' } });
    await world.given('b', 'exited', { labels: { tier: 'front' } });
    const names = (states: string[] | undefined, labels: Record<string, string> = {}): string[] =>
      world.containers.list({ states: states as never, labels }).map(({ name }) => name);
    expect(names(undefined)).toEqual(['c', 'a', 'b']);
    expect(names(['running', 'exited'])).toEqual(['c', 'b']);
    expect(names([])).toEqual([]);
    expect(names(undefined, { tier: 'front' })).toEqual(['c', 'b']);
    expect(names(undefined, { tier: '' })).toEqual(['c', 'a', 'b']);
    expect(names(undefined, { tier: 'front', app: '' })).toEqual(['c']);
    expect(names(undefined, { constructor: '' })).toEqual([]);
  });
});
