import { describe, expect, it, vi } from 'vitest';
import type { Wish } from '../../../../src/container/container.ts';
import { adoptFolders } from '../../../../src/container/records/adopt.ts';
import { ALONE, aWorld, patient, type World } from '../../../support/world.ts';

const SIGHUP = 1;
const SIGTERM = 15;
const UNIT = 'berth-web.service';

describe('what is wanted of a container', () => {
  // prettier-ignore
  it.each<[what: string, state: Parameters<World['given']>[1], act: (world: World) => Promise<unknown>, wanted: Wish | undefined]>([
    ['is unknown of one that never ran', 'configured', async () => await Promise.resolve(), undefined],
    ['is unknown of one that Init has set up', 'created', async () => await Promise.resolve(), undefined],
    ['is up once it is started', 'configured', async (world) => await world.containers.start('web', ALONE, patient), 'up'],
    ['is up once what Init has set up is started', 'created', async (world) => await world.containers.start('web', ALONE, patient), 'up'],
    ['is down once it is stopped', 'running', async (world) => await world.containers.stop('web', undefined, patient), 'down'],
    ['is up once it is restarted', 'running', async (world) => await world.containers.restart('web', undefined, patient), 'up'],
    ['is down once it is killed', 'running', async (world) => await world.containers.kill('web', SIGTERM, patient), 'down'],
    ['is up after a signal that ends nothing', 'running', async (world) => await world.containers.kill('web', SIGHUP, patient), 'up'],
    ['is up when it ends by itself', 'running', async (world) => { world.units.exits(UNIT, { code: 3 }); await Promise.resolve(); }, 'up'],
    ['is up when somebody else stops its unit', 'running', async (world) => await world.units.stop(UNIT), 'up'],
  ])('%s', async (_, state, act, wanted) => {
    await using world = aWorld();
    await world.given('web', state);
    await act(world);
    expect((await world.containers.inspect('web')).wanted).toBe(wanted);
  });

  it('is down when it is stopped after it has ended by itself, though there is nothing to stop', async () => {
    await using world = aWorld();
    await world.given('web', 'exited');
    await expect(world.containers.stop('web', undefined, patient)).rejects.toMatchObject({ code: 'AlreadyStopped' });
    expect(world.believed('web').wanted).toBe('down');
  });

  it('is what it was when the stop is refused', async () => {
    await using world = aWorld();
    await world.given('web', 'paused');
    await expect(world.containers.stop('web', undefined, patient)).rejects.toMatchObject({ code: 'WrongState' });
    expect(world.believed('web').wanted).toBe('up');
  });

  it.each([
    ['stop', 'down'],
    ['start', 'up'],
  ] as const)('is told by a step of a batch: %s', async (verb, wanted) => {
    await using world = aWorld();
    await world.given('web', 'running');
    if (verb === 'start') await world.containers.stop('web', undefined, patient);
    await world.containers.batch('web', [{ verb, timeoutUsec: undefined, killSignal: SIGTERM }], patient);
    expect(world.believed('web').wanted).toBe(wanted);
  });

  it('is known to the next berthd, also where the database is lost', async () => {
    await using world = aWorld();
    await world.given('web', 'running');
    await world.containers.stop('web', undefined, patient);
    world.daemonStarts();
    expect(world.believed('web').wanted).toBe('down');
    world.database.exec('DELETE FROM container');
    world.daemonStarts();
    await adoptFolders({ index: world.index, folders: world.folders, log: world.log });
    expect(world.believed('web').wanted).toBe('down');
  });

  it('keeps nobody from stopping it where the disk cannot be written', async () => {
    await using world = aWorld();
    await world.given('web', 'running');
    vi.spyOn(world.folders, 'describeAgain').mockImplementation(() => {
      throw new Error('ENOSPC');
    });
    await world.containers.stop('web', undefined, patient);
    expect(await world.state('web')).toBe('exited');
    expect(world.log.entries.map(({ message }) => message)).toContainEqual(
      expect.stringContaining('may come up again at the next boot'),
    );
  });
});
