import { describe, expect, it } from 'vitest';
import { containersService } from '../../../src/service/containers.ts';
import { aWorld, patient, type World } from '../../support/world.ts';

const handlersOf = (world: World) => containersService(world.containers);
const call = { signal: patient } as never;
const all = async <T>(items: AsyncIterable<T>): Promise<T[]> => {
  const result: T[] = [];
  for await (const item of items) result.push(item);
  return result;
};

describe('io.berth.Container', () => {
  it('takes a container through its life', async () => {
    await using world = aWorld();
    const handlers = handlersOf(world);
    const made = await handlers.Create({ configuration: { image: 'busybox', name: 'web' } }, call);
    expect(made).toEqual({ id: world.believed('web').id, name: 'web' });
    await handlers.Init({ container: 'web' }, call);
    await handlers.Start({ container: 'web' }, call);
    expect(await handlers.Inspect({ container: 'web' }, call)).toMatchObject({
      name: 'web',
      runtime: { state: 'running' },
      bundle: world.folder('web').path,
    });
    await handlers.Kill({ container: 'web' }, call);
    expect(await handlers.Wait({ container: 'web' }, call)).toMatchObject({
      state: 'exited',
      exit: { exitCode: 137, signal: 'SIGKILL' },
    });
    await handlers.Start({ container: 'web' }, call);
    await handlers.Stop({ container: 'web' }, call);
    await handlers.Remove({ container: 'web' }, call);
    expect(await all(handlers.List({}, call) as AsyncIterable<unknown>)).toEqual([]);
  });

  it.each([
    [
      'a signal that is none',
      async (world: World) => await handlersOf(world).Kill({ container: 'web', signal: 'SIGNOTHING' }, call),
      'signal',
    ],
    [
      'a negative time',
      async (world: World) => await handlersOf(world).Stop({ container: 'web', timeoutUSec: -2 }, call),
      'timeoutUSec',
    ],
  ])('refuses %s', async (_, act, parameter) => {
    await using world = aWorld();
    await world.given('web', 'running');
    await expect(act(world)).rejects.toMatchObject({ code: 'InvalidParameter', facts: { parameter } });
    expect(await world.state('web')).toBe('running');
  });

  it('forces the removal of what runs', async () => {
    await using world = aWorld();
    await world.given('web', 'running');
    await expect(handlersOf(world).Remove({ container: 'web' }, call)).rejects.toMatchObject({ code: 'WrongState' });
    await handlersOf(world).Remove({ container: 'web', force: true }, call);
    expect(world.index.all()).toEqual([]);
  });

  it('answers lines', async () => {
    await using world = aWorld();
    await world.given('web', 'running');
    world.journal.write('one');
    expect(await all(handlersOf(world).Logs({ container: 'web' }, call) as AsyncIterable<unknown>)).toMatchObject([
      { lines: [{ message: 'one', cursor: 'c1' }] },
    ]);
  });
});
