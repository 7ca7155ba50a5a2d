import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { adoptFolders } from '../../../../src/container/records/adopt.ts';
import { shortId } from '../../../../src/container/names.ts';
import { patient, aWorld, type World } from '../../../support/world.ts';

const UNIT = 'berth-web.service';

/** A berthd that finds the folders and units of the one before, and an empty database. */
async function withoutDatabase(world: World): Promise<void> {
  world.database.exec('DELETE FROM container');
  world.daemonStarts();
  await adopt(world);
  await world.supervisor.start();
}

const adopt = async ({ index, folders, log }: World): Promise<void> => {
  await adoptFolders({ index, folders, log });
};
const said = (world: World): string[] => world.log.entries.map(({ level, message }) => `${level}: ${message}`);

describe('adoptFolders', () => {
  it('finds again what runs, and what has ended, as they were', async () => {
    await using world = aWorld();
    const runs = await world.given('web', 'running', { labels: { tier: 'front' } });
    await world.given('db', 'running');
    world.units.exits('berth-db.service', { code: 3 });
    const ended = await world.containers.inspect('db');
    await withoutDatabase(world);
    expect(world.believed('web')).toEqual({ ...runs, status: { ...runs.status, startedAt: expect.any(Date) as Date } });
    expect(world.believed('db').status).toMatchObject({ state: 'exited', exit: { code: 3 } });
    expect(world.believed('db').config).toEqual(ended.config);
    expect(said(world).filter((line) => line.startsWith('warn: A container that the database'))).toHaveLength(2);
  });

  it('knows the name and the limits that a container was given later', async () => {
    await using world = aWorld();
    await world.given('web', 'running');
    await world.containers.rename('web', 'www');
    const changes = {
      resources: { tasksMax: 7 },
      unitProperties: [],
      restartPolicy: undefined,
      restartLimit: undefined,
    };
    await world.containers.update('www', changes, patient);
    await withoutDatabase(world);
    expect(world.believed('www')).toMatchObject({
      unit: UNIT,
      config: { resources: { tasksMax: 7 } },
      status: { state: 'running' },
    });
  });

  it('leaves alone what it cannot take in, and says so', async () => {
    await using world = aWorld();
    const { id } = await world.given('web', 'running');
    const containers = join(world.directory, 'data', 'containers');
    mkdirSync(join(containers, 'lost+found'));
    mkdirSync(join(containers, '0123456789ab'));
    writeFileSync(join(containers, '0123456789ab', 'container.json'), '{"id":"short"}');
    await adopt(world);
    expect(world.index.all().map((each) => each.id)).toEqual([id]);
    expect(said(world)).toEqual(
      Array.from({ length: 2 }, () => expect.stringMatching(/^warn: A folder .* is left alone$/) as string),
    );
    expect((await world.folders.names()).toSorted()).toEqual(['0123456789ab', shortId(id), 'lost+found'].toSorted());
  });

  it('gives a name that two of them have to the older one', async () => {
    await using world = aWorld();
    const older = await world.given('web', 'exited');
    const younger = await world.given('api', 'exited');
    world.folders.describeAgain({ ...younger, name: older.name });
    await withoutDatabase(world);
    expect(world.index.all().map(({ id }) => id)).toEqual([older.id]);
    expect(said(world)).toContain(
      'error: A container that the database did not know cannot be adopted and is left alone',
    );
  });

  it('takes in nothing of a row that it cannot read', async () => {
    await using world = aWorld();
    const { id } = await world.given('web', 'running');
    await adoptFolders({
      index: { all: () => [], add: world.index.add.bind(world.index), unreadable: [id] },
      folders: world.folders,
      log: world.log,
    });
    expect(world.log.entries).toEqual([]);
  });
});
