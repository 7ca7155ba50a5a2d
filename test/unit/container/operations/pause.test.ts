import { describe, expect, it } from 'vitest';
import { FreezeFailed } from '../../../../src/systemd/errors.ts';
import { ALONE, aWorld, patient } from '../../../support/world.ts';

const UNIT = 'berth-web.service';
const GROUP = '/berth.slice/berth-web.service/container';

describe('Pause', () => {
  it('freezes the group of the container, and has systemd thaw it before the unit stops', async () => {
    await using world = aWorld();
    const { id } = await world.given('web', 'running');
    await world.containers.pause('web', patient);
    expect(await world.state('web')).toBe('paused');
    const pause = `berth-pause@${id.slice(0, 12)}.service`;
    expect(world.units.property(pause, 'BindsTo')).toEqual([UNIT]);
    expect(world.units.property(pause, 'After')).toEqual([UNIT]);
    expect(JSON.stringify(world.units.property(pause, 'ExecStopEx'))).toContain(`${GROUP}/cgroup.freeze`);
    expect(world.units.calls).toContainEqual(['describe', expect.any(String), 'paused']);
    await world.containers.unpause('web');
    expect(await world.state('web')).toBe('running');
    expect(world.units.isLoaded(pause)).toBe(false);
  });

  it('is refused where the container was killed before, and leaves nothing', async () => {
    await using world = aWorld();
    const { id } = await world.given('web', 'running');
    world.freezer.dead.add(GROUP);
    await expect(world.containers.pause('web', patient)).rejects.toMatchObject({
      code: 'WrongState',
      facts: { container: 'web', state: 'stopping', operation: 'pause' },
    });
    expect([...world.freezer.frozen]).toEqual([]);
    expect(world.units.isLoaded(`berth-pause@${id.slice(0, 12)}.service`)).toBe(false);
  });

  it('is refused where systemd knows that the container has ended', async () => {
    await using world = aWorld();
    await world.given('web', 'running');
    world.nextStart({ fail: 'dependency' });
    await expect(world.containers.pause('web', patient)).rejects.toMatchObject({
      code: 'WrongState',
      facts: { container: 'web', state: 'stopping', operation: 'pause' },
    });
    expect([...world.freezer.frozen]).toEqual([]);
  });

  it('is given up where a process cannot be frozen', async () => {
    await using world = aWorld();
    const { id } = await world.given('web', 'running');
    world.freezer.failure = new FreezeFailed('not every process stood still');
    await expect(world.containers.pause('web', patient)).rejects.toMatchObject({
      code: 'UnitFailed',
      facts: { unit: UNIT, result: 'not every process stood still' },
    });
    expect(await world.state('web')).toBe('running');
    expect(world.units.isLoaded(`berth-pause@${id.slice(0, 12)}.service`)).toBe(false);
  });

  it('is taken up by the next berthd, and what is left of one that is over goes', async () => {
    await using world = aWorld();
    const web = await world.given('web', 'paused');
    const other = await world.given('other', 'paused');
    world.freezer.frozen.delete('/berth.slice/berth-other.service/container');
    world.units.calls.length = 0;
    world.daemonStarts();
    await world.supervisor.start();
    expect(world.believed('web').status.state).toBe('paused');
    expect(world.believed('other').status.state).toBe('running');
    expect(world.units.isLoaded(`berth-pause@${web.id.slice(0, 12)}.service`)).toBe(true);
    expect(world.units.isLoaded(`berth-pause@${other.id.slice(0, 12)}.service`)).toBe(false);
  });

  it('is over once and for all when somebody else has let the container go on', async () => {
    await using world = aWorld();
    const { id } = await world.given('web', 'paused');
    await world.supervisor.start();
    const pause = `berth-pause@${id.slice(0, 12)}.service`;
    world.freezer.frozen.clear();
    world.units.becomes(pause, {});
    await world.units.called('stop', pause);
    for (let turn = 0; turn < 100; turn++) await Promise.resolve();
    expect(world.units.calls.filter(([method]) => method === 'stop')).toEqual([['stop', pause]]);
    expect(world.believed('web').status.state).toBe('running');
  });

  it('is seen to be over when somebody stops the unit that stands for it', async () => {
    await using world = aWorld();
    const { id } = await world.given('web', 'paused');
    await world.supervisor.start();
    world.freezer.frozen.clear();
    await world.units.stop(`berth-pause@${id.slice(0, 12)}.service`);
    await expect.poll(() => world.believed('web').status.state).toBe('running');
    expect(world.units.calls.at(-1)).toEqual(['describe', String(world.pid('web')), '']);
  });

  it('leaves a unit that somebody else has frozen to systemd', async () => {
    await using world = aWorld();
    await world.given('web', 'running');
    world.freezer.frozen.add('/berth.slice/berth-web.service').add(GROUP);
    expect(await world.state('web')).toBe('paused');
    await expect(world.containers.start('web', ALONE, patient)).rejects.toMatchObject({ code: 'WrongState' });
    world.units.calls.length = 0;
    await world.containers.unpause('web');
    expect(world.units.calls).toContainEqual(['thaw', UNIT]);
  });
});
