import { describe, expect, it, onTestFinished, vi } from 'vitest';
import type { State } from '../../../src/container/state.ts';
import { ALONE, aWorld, patient, type World } from '../../support/world.ts';

const UNIT = 'berth-web.service';
/** Resolves when berth believes it, without anybody asking. */
const believes = async (world: World, name: string, state: State): Promise<void> => {
  const { id, status } = world.believed(name);
  if (status.state === state) return;
  const { promise, resolve } = Promise.withResolvers<undefined>();
  using _listening = world.index.changes.listen(id, () => {
    if (world.index.get(id)?.status.state === state) resolve(undefined);
  });
  await promise;
};

describe('Supervisor', () => {
  it('looks at everything once when it starts', async () => {
    await using world = aWorld();
    await world.given('web', 'running');
    await world.given('db', 'running');
    world.units.exits(UNIT, { code: 3 });
    world.daemonStarts();
    expect(world.believed('web').status.state).toBe('running');
    await world.supervisor.start();
    expect(world.believed('web').status).toMatchObject({ state: 'exited', exit: { code: 3 } });
    expect(world.believed('db').status.state).toBe('running');
  });

  it('sees a reboot for what it is', async () => {
    await using world = aWorld();
    await world.given('web', 'running');
    world.units.reboot();
    world.daemonStarts();
    await world.supervisor.start();
    expect(world.believed('web').status).toMatchObject({
      state: 'exited',
      exit: { code: undefined, signal: undefined },
    });
  });

  it('follows what systemd tells of containers, and of nothing else', async () => {
    await using world = aWorld();
    await world.given('web');
    await world.supervisor.start();
    await world.containers.start('web', ALONE, patient);
    const looks = world.units.looks;
    world.freezer.frozen.add('/berth.slice/berth-web.service/container');
    world.units.becomes(UNIT, { statusText: 'paused' });
    await believes(world, 'web', 'paused');
    world.units.exits(UNIT, { signal: 'KILL' });
    await believes(world, 'web', 'exited');
    expect(world.units.looks - looks).toBeLessThan(8);
  });

  it('follows restarts that systemd makes', async () => {
    await using world = aWorld();
    await world.given('web', 'running', { restartPolicy: 'always' });
    await world.supervisor.start();
    world.units.exits(UNIT, { code: 1 });
    await believes(world, 'web', 'stopped');
    world.units.restarts(UNIT);
    await believes(world, 'web', 'running');
    expect(world.believed('web').restarts).toBe(1);
  });

  it('looks at everything again when changes may have been missed', async () => {
    await using world = aWorld();
    await world.given('web', 'running');
    await world.supervisor.start();
    world.units.reboot();
    world.units.resync();
    await believes(world, 'web', 'exited');
  });

  it('does not let one that cannot be looked at keep the others', async () => {
    await using world = aWorld();
    await world.given('bad', 'running');
    await world.given('web', 'running');
    world.units.exits(UNIT, { code: 3 });
    world.units.unreachable.add('berth-bad.service');
    world.daemonStarts();
    await world.supervisor.start();
    expect(world.believed('web').status.state).toBe('exited');
    expect(world.log.entries).toMatchObject([{ level: 'error', fields: { containerName: 'bad' } }]);
    world.freezer.frozen.add('/berth.slice/berth-bad.service/container');
    world.units.unreachable.clear();
    world.units.resync();
    await believes(world, 'bad', 'paused');
  });

  it('waits no longer than ten seconds for one whose runtime never answers, and calls it unknown until that has', async () => {
    await using world = aWorld();
    await world.given('bad', 'created');
    await world.given('web', 'running');
    world.folders.hold(world.folder('bad'), 'start');
    world.daemonStarts();
    const asked = Promise.withResolvers<undefined>();
    const answered = Promise.withResolvers<undefined>();
    const [runtime] = world.runtimes;
    const start = runtime!.start.bind(runtime);
    runtime!.start = async (id) => {
      asked.resolve(undefined);
      await answered.promise;
      await start(id);
    };
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    onTestFinished(() => {
      vi.useRealTimers();
    });
    const started = world.supervisor.start();
    await asked.promise;
    vi.advanceTimersByTime(10_000);
    await started;
    expect(world.believed('bad').status).toEqual({
      state: 'unknown',
      reason: 'it could not be looked at within 10 s',
    });
    expect(world.believed('web').status.state).toBe('running');
    answered.resolve(undefined);
    await believes(world, 'bad', 'running');
  });

  it('begins nothing after it is closed', async () => {
    await using world = aWorld();
    await world.given('web', 'running');
    await world.supervisor.start();
    await world.supervisor[Symbol.asyncDispose]();
    const looks = world.units.looks;
    world.units.exits(UNIT, { code: 0 });
    for (let turn = 0; turn < 20; turn++) await Promise.resolve();
    expect(world.units.looks).toBe(looks);
    expect(world.believed('web').status.state).toBe('running');
  });
});
