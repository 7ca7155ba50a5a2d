import { describe, expect, it } from 'vitest';
import type { Configuration } from '../../../src/api/io-berth-container.ts';
import { volumeError, type CreateInput, type ListOutput, type Volume } from '../../../src/api/io-berth-volume.ts';
import { ago, berth } from './world.ts';

const aVolume = (changes: Partial<Volume> = {}): Volume => ({
  name: 'data',
  driver: 'local',
  mountpoint: '/var/lib/berth/volumes/data/_data',
  createdAt: ago(60),
  labels: { tier: 'db' },
  options: {},
  anonymous: false,
  awaitsContent: true,
  containers: [],
  ...changes,
});
const listed = (...all: Volume[]) => ({
  List: async function* (): AsyncGenerator<ListOutput> {
    for (const volume of all) yield { volume };
    await Promise.resolve();
  },
});

describe('volume create', () => {
  it('passes on what it is given, and prints the name', async () => {
    const asked: CreateInput[] = [];
    const volumes = {
      Create: async (input: CreateInput) => {
        asked.push(input);
        return await Promise.resolve({ volume: aVolume() });
      },
    };
    const options = ['-l', 'a=b', '-d', 'local', '-o', 'type=nfs'];
    expect(await berth(['volume', 'create', ...options, 'data'], { volumes })).toMatchObject({ stdout: 'data\n' });
    await berth(['volume', 'create'], { volumes });
    expect(asked).toEqual([
      { definition: { name: 'data', driver: 'local', labels: { a: 'b' }, options: { type: 'nfs' } } },
      { definition: { labels: {}, options: {} } },
    ]);
  });

  it('minds one that is there unless told otherwise', async () => {
    const volumes = { Create: async () => await Promise.reject(volumeError('VolumeExists', { name: 'data' })) };
    expect((await berth(['volume', 'create', 'data'], { volumes })).code).toBe(125);
    expect(await berth(['volume', 'create', '--ignore', 'data'], { volumes })).toMatchObject({
      code: 0,
      stdout: 'data\n',
    });
  });
});

describe('volume ls', () => {
  const volumes = listed(aVolume(), aVolume({ name: 'other', labels: {}, containers: ['web'] }));
  it.each([
    [[], 'DRIVER   VOLUME NAME\nlocal    data\nlocal    other\n'],
    [['-q'], 'data\nother\n'],
    [['-q', '-f', 'label=tier'], 'data\n'],
    [['-q', '-f', 'dangling=false'], 'other\n'],
    [['-q', '-f', 'dangling=true'], 'data\n'],
    [['-q', '-f', 'name=oth', '-f', 'name=no'], 'other\n'],
    [['-q', '-f', 'driver=nfs'], ''],
  ])('%j', async (options, stdout) => {
    expect(await berth(['volume', 'ls', ...options], { volumes })).toMatchObject({ code: 0, stdout });
  });

  it.each(['nonsense=1', 'dangling=maybe', 'data'])('does not know the filter %s', async (filter) => {
    expect(await berth(['volume', 'ls', '-f', filter], { volumes })).toMatchObject({ code: 125, stdout: '' });
  });

  it('prints podman’s shape', async () => {
    const { stdout } = await berth(['volume', 'ls', '--format', 'json'], { volumes: listed(aVolume()) });
    expect(JSON.parse(stdout)).toEqual([
      {
        Name: 'data',
        Driver: 'local',
        Mountpoint: '/var/lib/berth/volumes/data/_data',
        CreatedAt: '2026-11-21T11:59:00.000Z',
        Labels: { tier: 'db' },
        Scope: 'local',
        Options: {},
        Anonymous: false,
        NeedsCopyUp: true,
        Containers: [],
      },
    ]);
  });
});

it.each([
  ['NoSuchVolume', { volume: 'data' }, 1],
  ['VolumeInUse', { volume: 'data', containers: ['web'] }, 2],
  ['SystemFailed', { errnoName: 'EIO', message: 'no' }, 125],
] as const)('volume rm tells %s by its exit code', async (name, facts, code) => {
  const volumes = { Remove: async () => await Promise.reject(volumeError(name, facts)) };
  expect((await berth(['volume', 'rm', 'data'], { volumes })).code).toBe(code);
});

it.each([
  ['NoSuchVolume', { volume: 'data' }, 1],
  ['SystemFailed', { errnoName: 'EIO', message: 'no' }, 125],
] as const)('volume exists tells %s by its exit code', async (name, facts, code) => {
  const volumes = { Inspect: async () => await Promise.reject(volumeError(name, facts)) };
  expect((await berth(['volume', 'exists', 'data'], { volumes })).code).toBe(code);
});

it('volume prune asks first', async () => {
  const volumes = {
    Prune: async function* () {
      yield { name: 'data' };
      await Promise.resolve();
    },
  };
  expect((await berth(['volume', 'prune'], { volumes, answer: 'n' })).stdout).toBe('');
  expect((await berth(['volume', 'prune', '-f'], { volumes, answer: 'n' })).stdout).toBe('data\n');
});

it.each<[string[], Partial<Configuration>]>([
  [['-v', 'data:/d'], { mounts: [{ kind: 'volume', source: 'data', destination: '/d', readOnly: false }] }],
  [['-v', '/d'], { mounts: [{ kind: 'volume', destination: '/d', readOnly: false }] }],
  [
    ['-v', 'data:/d:ro,nocopy,U'],
    { mounts: [{ kind: 'volume', source: 'data', destination: '/d', readOnly: true, options: ['nocopy', 'U'] }] },
  ],
  [
    ['--mount', 'type=volume,src=data,dst=/d,ro,volume-nocopy,U=true'],
    { mounts: [{ kind: 'volume', source: 'data', destination: '/d', readOnly: true, options: ['nocopy', 'U'] }] },
  ],
  [['--mount', 'target=/d'], { mounts: [{ kind: 'volume', destination: '/d', readOnly: false }] }],
  [
    ['--volumes-from', 'web', '--volumes-from', 'db:ro'],
    { volumesFrom: [{ container: 'web' }, { container: 'db', readOnly: true }] },
  ],
])('create %j', async (options, expected) => {
  const asked: Configuration[] = [];
  const containers = {
    Create: async ({ configuration }: { configuration: Configuration }) => {
      asked.push(configuration);
      return await Promise.resolve({ id: 'abc', name: 'web' });
    },
  };
  await berth(['create', ...options, 'busybox'], { containers });
  expect(asked).toEqual([{ image: 'busybox', ...expected }]);
});
