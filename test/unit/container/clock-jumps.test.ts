/** The clock of the host is set, by an hour or by years, while things are under way: nothing is lost, and nothing waits for it. */
import { describe, expect, it } from 'vitest';
import { ALONE, aWorld, patient, type World } from '../../support/world.ts';

const UNIT = 'berth-web.service';
const HOUR_MS = 60 * 60 * 1000;
const YEAR_MS = 365 * 24 * HOUR_MS;

/** Outlives berthd: a unit goes on without it. */
async function diesMeanwhile(world: World, act: () => void): Promise<void> {
  await world.supervisor[Symbol.asyncDispose]();
  act();
  world.daemonStarts();
  await world.supervisor.start();
}

describe.each([
  ['forward by an hour', HOUR_MS],
  ['forward by fifty years', 50 * YEAR_MS],
  ['back by an hour', -HOUR_MS],
  ['back by fifty years', -50 * YEAR_MS],
])('a clock that is set %s', (_, jump) => {
  it('holds up nobody who waits, and changes no exit code', async () => {
    await using world = aWorld();
    await world.given('web', 'running');
    const waited = world.containers.wait('web', ['stopped', 'exited'], patient);
    world.clock += jump;
    world.units.exits(UNIT, { code: 3 });
    await world.recovery.unitChanged(UNIT);
    expect(await waited).toMatchObject({ state: 'exited', exit: { code: 3 } });
  });

  it("holds up no stop that is longer than the unit's own", async () => {
    await using world = aWorld();
    await world.given('web', 'running', { stopTimeoutUSec: 2_000_000 });
    world.units.stubborn.add(UNIT);
    const stopping = world.containers.stop('web', 5 * HOUR_MS * 1000, patient);
    await world.units.called('stop', UNIT);
    world.clock += jump;
    world.units.exits(UNIT, { code: 5 });
    await world.recovery.unitChanged(UNIT);
    await stopping;
    expect(world.believed('web').status).toMatchObject({ state: 'exited', exit: { code: 5 } });
  });

  it("makes a stop that is shorter than the unit's own neither shorter nor longer", async () => {
    await using world = aWorld();
    world.units.stubborn.add(UNIT);
    await world.given('web', 'running');
    const stopping = world.containers.stop('web', 20_000, patient);
    world.clock += jump;
    await world.units.called('kill', UNIT);
    world.units.exits(UNIT, { signal: 'KILL' });
    await stopping;
    expect(world.believed('web').status).toMatchObject({ exit: { code: 137 } });
  });

  it('does not keep the end of a second run from being seen', async () => {
    await using world = aWorld();
    await world.given('web', 'exited');
    world.clock += jump;
    await world.containers.start('web', ALONE, patient);
    expect(await world.state('web')).toBe('running');
    world.units.exits(UNIT, { code: 4 });
    expect(await world.containers.wait('web', ['exited'], patient)).toMatchObject({ exit: { code: 4 } });
  });

  it('does not make the end of a run that systemd began, and berthd did not see, one of an earlier run', async () => {
    await using world = aWorld();
    await world.given('web', 'running', { restartPolicy: 'on_failure' });
    await diesMeanwhile(world, () => {
      world.units.exits(UNIT, { code: 1 });
      world.clock += jump;
      world.units.restarts(UNIT);
      world.units.exits(UNIT, { code: 0 });
    });
    expect(world.believed('web').status).toMatchObject({ state: 'exited', exit: { code: 0 } });
  });

  it('forgets nobody who was just removed, and keeps nobody for longer than ten minutes', async () => {
    await using world = aWorld();
    const { id } = await world.given('web', 'exited');
    await world.containers.remove('web', { ifRunning: 'refuse' }, patient);
    world.clock += jump;
    const removeAnother = async (): Promise<void> => {
      await world.given('other', 'exited');
      await world.containers.remove('other', { ifRunning: 'refuse' }, patient);
    };
    await removeAnother();
    expect(await world.containers.wait(id, ['exited'], patient)).toMatchObject({ exit: { code: 0 } });
    world.elapsed += 11 * 60 * 1000;
    await removeAnother();
    await expect(world.containers.wait(id, ['exited'], patient)).rejects.toMatchObject({ code: 'NoSuchContainer' });
  });
});

it('what is remembered of a time that a new berthd takes for the future goes ten minutes after its start', async () => {
  await using world = aWorld();
  const { id } = await world.given('web', 'exited');
  await world.containers.remove('web', { ifRunning: 'refuse' }, patient);
  world.clock -= YEAR_MS;
  await diesMeanwhile(world, () => undefined);
  expect(await world.containers.wait(id, ['exited'], patient)).toMatchObject({ exit: { code: 0 } });
  world.elapsed += 11 * 60 * 1000;
  await world.given('other', 'exited');
  await world.containers.remove('other', { ifRunning: 'refuse' }, patient);
  await expect(world.containers.wait(id, ['exited'], patient)).rejects.toMatchObject({ code: 'NoSuchContainer' });
});
