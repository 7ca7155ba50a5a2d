import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Content } from '../../../src/volume/ports.ts';
import { VolumeFolders } from '../../../src/volume/volume-folders.ts';
import { volumesOn, type Volumes } from '../../../src/volume/volumes.ts';
import { FakeLog, realTrees } from '../../support/fakes.ts';

/** berthd dies there. */
class Killed extends Error {}

let folder: string;
let log: FakeLog;
let users: Map<string, string[]>;
let volumes: Volumes;

function berthdStarts(fuse?: string): Volumes {
  return volumesOn({
    folders: new VolumeFolders(folder),
    users: { of: (name) => users.get(name) ?? [] },
    trees: realTrees,
    log,
    now: () => new Date('2026-11-26T12:00:00Z'),
    faults: (point) => {
      if (point === fuse) throw new Killed();
    },
  });
}

beforeEach(() => {
  folder = join(mkdtempSync(join(tmpdir(), 'berth-volumes-')), 'volumes');
  log = new FakeLog();
  users = new Map();
  volumes = berthdStarts();
});
afterEach(() => {
  rmSync(join(folder, '..'), { recursive: true });
});

const { getuid, getgid } = process;
const us = { uid: getuid?.() ?? 0, gid: getgid?.() ?? 0 };
let copies = 0;
const content = (text: string): Content => ({
  ...us,
  mode: 0o750,
  modifiedAt: new Date('2026-01-01T00:00:00Z'),
  isEmpty: text === '',
  copyTo: async (target) => {
    copies++;
    mkdirSync(join(target, 'sub'), { recursive: true });
    writeFileSync(join(target, 'sub', 'file'), text);
    await Promise.resolve();
  },
});
const filled = (text = 'image') => ({ content: () => content(text), copies: 'content' }) as const;
const fileOf = (name: string): string => readFileSync(join(volumes.dataOf(name), 'sub', 'file'), 'utf8');
const entries = (): string[] => (existsSync(folder) ? readdirSync(folder).sort() : []);

describe('a volume', () => {
  it('is a folder with a record beside its data, which is all there is to know of it', async () => {
    await volumes.create({ name: 'data', labels: { tier: 'db', __proto__: 'x' } });
    expect(entries()).toEqual(['data']);
    expect(readdirSync(join(folder, 'data')).sort()).toEqual(['_data', 'volume.json']);
    volumes = berthdStarts();
    expect(volumes.find('data')).toMatchObject({
      name: 'data',
      labels: { tier: 'db' },
      anonymous: false,
      stage: 'new',
    });
    expect(statSync(folder).mode & 0o777).toBe(0o700);
  });

  it.each(['../x', '.new-x', '', 'a/b', '-x', 'a'.repeat(201), 'a\0'])('is not called %j', async (name) => {
    await expect(volumes.create({ name })).rejects.toMatchObject({
      code: 'InvalidParameter',
      facts: { parameter: 'definition.name' },
    });
    expect(() => volumes.find(name)).toThrow(expect.objectContaining({ code: 'NoSuchVolume' }));
    await expect(volumes.remove(name)).rejects.toMatchObject({ code: 'NoSuchVolume' });
  });

  it.each<[object, object]>([
    [{ driver: 'nfs' }, { code: 'NoSuchDriver', facts: { driver: 'nfs' } }],
    [{ options: { type: 'nfs' } }, { code: 'InvalidParameter', facts: { parameter: 'definition.options' } }],
    [{ labels: { '': 'x' } }, { code: 'InvalidParameter', facts: { parameter: 'definition.labels' } }],
  ])('refuses %j', async (request, refusal) => {
    await expect(volumes.create(request)).rejects.toMatchObject(refusal);
    expect(entries()).toEqual([]);
  });

  it('is there once', async () => {
    await volumes.create({ name: 'data' });
    await expect(volumes.create({ name: 'data' })).rejects.toMatchObject({ code: 'VolumeExists' });
    expect((await volumes.create({})).name).toMatch(/^[0-9a-f]{64}$/u);
  });

  it('whose record makes no sense hides no other, and can go by its name', async () => {
    await volumes.create({ name: 'good' });
    await volumes.create({ name: 'bad' });
    writeFileSync(join(folder, 'bad', 'volume.json'), readFileSync(join(folder, 'good', 'volume.json')));
    const { volumes: all, wrong } = volumes.list();
    expect(all.map(({ name }) => name)).toEqual(['good']);
    expect(wrong).toMatchObject([{ code: 'InvalidVolume', facts: { volume: 'bad' } }]);
    await volumes.remove('bad');
    expect(entries()).toEqual(['good']);
  });
});

describe('a removal', () => {
  it('is refused while containers have the volume, and names ten of them', async () => {
    await volumes.create({ name: 'data' });
    users.set(
      'data',
      Array.from({ length: 12 }, (_, index) => `c${index}`),
    );
    const containers = Array.from({ length: 10 }, (_, index) => `c${index}`);
    await expect(volumes.remove('data')).rejects.toMatchObject({
      code: 'VolumeInUse',
      facts: { volume: 'data', containers },
    });
  });

  it.each([
    ['nothing', () => undefined],
    ['something', () => writeFileSync(join(folder, 'data', '_data', 'x'), '')],
    ['half a copy', () => mkdirSync(join(folder, 'data', 'copy', 'sub'), { recursive: true })],
    ['no folder of data', () => rmSync(join(folder, 'data', '_data'), { recursive: true })],
  ])('takes %s in it along', async (_, put) => {
    await volumes.create({ name: 'data' });
    put();
    await volumes.remove('data');
    expect(entries()).toEqual([]);
  });

  it('and a use exclude each other', async () => {
    await volumes.create({ name: 'data' });
    const { promise, resolve } = Promise.withResolvers<void>();
    const use = volumes.use([{ name: 'data', anonymous: false }], async () => {
      await promise;
      users.set('data', ['web']);
    });
    const removal = volumes.remove('data');
    resolve();
    await use;
    await expect(removal).rejects.toMatchObject({ code: 'VolumeInUse' });
  });

  it('of what nobody uses takes the label into account', async () => {
    for (const name of ['a', 'b', 'c']) await volumes.create({ name, labels: name === 'c' ? {} : { tier: name } });
    users.set('a', ['web']);
    const gone: string[] = [];
    for await (const name of volumes.prune({ tier: '' })) gone.push(name);
    expect(gone).toEqual(['b']);
    expect(entries()).toEqual(['a', 'c']);
  });

  it('of anonymous ones leaves those alone that somebody named, or that others use', async () => {
    const wanted = ['mine', 'shared', 'named'].map((name) => ({ name, anonymous: name !== 'named' }));
    await volumes.use(wanted, async () => await Promise.resolve());
    users.set('mine', ['web']);
    users.set('shared', ['web', 'db']);
    users.set('named', ['web']);
    await volumes.removeAnonymous(['mine', 'shared', 'named', 'gone'], 'web');
    expect(entries()).toEqual(['named', 'shared']);
  });
});

describe('a use', () => {
  it('makes what is not there, and leaves nothing where it fails', async () => {
    const failing = volumes.use(
      [{ name: 'data', anonymous: false }],
      async () => await Promise.reject(new Error('no')),
    );
    await expect(failing).rejects.toThrow('no');
    expect(entries()).toEqual([]);
  });

  it('of the same volumes in any order waits for nobody who waits for it', async () => {
    const wanted = ['a', 'b', 'c'].map((name) => ({ name, anonymous: false }));
    const uses = [wanted, wanted.toReversed(), [...wanted, ...wanted]].map(async (each) => {
      await volumes.use(each, async () => await Promise.resolve());
    });
    await Promise.all(uses);
    expect(entries()).toEqual(['a', 'b', 'c']);
  });

  it('that died before its container was written down has made nothing, and one after it has', async () => {
    const dying = berthdStarts('volume: staged').use([{ name: 'data', anonymous: true }], async () => {
      await Promise.resolve();
    });
    await expect(dying).rejects.toThrow(Killed);
    mkdirSync(join(folder, '.new-lost', '_data'), { recursive: true });
    mkdirSync(join(folder, '.new-kept', '_data'), { recursive: true });
    writeFileSync(join(folder, '.new-kept', 'volume.json'), '');
    mkdirSync(join(folder, '.gone-1', '_data'), { recursive: true });
    users.set('kept', ['web']);
    volumes = berthdStarts();
    volumes.recover();
    await volumes.sweep();
    expect(entries()).toEqual(['kept']);
  });
});

describe('a new volume', () => {
  beforeEach(async () => {
    await volumes.create({ name: 'data' });
    copies = 0;
  });

  it('takes over the content of its place once, also for 16 who want it at once', async () => {
    const fills = Array.from({ length: 16 }, async () => await volumes.fill('data', filled()));
    expect(new Set(await Promise.all(fills))).toEqual(new Set(['somebody']));
    expect(copies).toBe(1);
    expect(fileOf('data')).toBe('image');
    expect(readdirSync(join(folder, 'data')).sort()).toEqual(['_data', 'volume.json']);
    rmSync(join(volumes.dataOf('data'), 'sub'), { recursive: true });
    await volumes.fill('data', filled());
    expect(copies).toBe(1);
  });

  it('takes over owner and mode at its first use, and content later while it has none', async () => {
    await volumes.fill('data', { content: () => content('image'), copies: 'nothing' });
    expect(statSync(volumes.dataOf('data')).mode & 0o777).toBe(0o750);
    expect(volumes.find('data').stage).toBe('owned');
    await volumes.fill('data', filled(''));
    expect(copies).toBe(0);
    await volumes.fill('data', filled());
    expect(fileOf('data')).toBe('image');
  });

  it('is nobody’s where there is no such place, and that is asked for once', async () => {
    const nowhere = { content: () => undefined, copies: 'content' } as const;
    expect(await volumes.fill('data', nowhere)).toBe('nobody');
    await volumes.give('data', us, 'folder');
    expect(await volumes.fill('data', nowhere)).toBe('somebody');
  });

  it('takes over nothing once somebody has put something there', async () => {
    writeFileSync(join(volumes.dataOf('data'), 'mine'), '');
    await volumes.fill('data', filled());
    expect(copies).toBe(0);
    expect(readdirSync(volumes.dataOf('data'))).toEqual(['mine']);
  });

  it('has nothing of a copy that failed', async () => {
    const failing = {
      ...content('image'),
      copyTo: async (target: string) => {
        mkdirSync(target);
        await Promise.reject(new Error('no space'));
      },
    };
    await expect(volumes.fill('data', { content: () => failing, copies: 'content' })).rejects.toThrow('no space');
    expect(readdirSync(join(folder, 'data')).sort()).toEqual(['_data', 'volume.json']);
    expect(readdirSync(volumes.dataOf('data'))).toEqual([]);
  });

  it.each([
    ['volume: content copied', 2],
    ['volume: content whole', 1],
    ['volume: content moved', 1],
  ])('is whole after a berthd that died at %s', async (point, expected) => {
    await expect(berthdStarts(point).fill('data', filled())).rejects.toThrow(Killed);
    volumes = berthdStarts();
    await volumes.fill('data', filled());
    expect(fileOf('data')).toBe('image');
    expect(copies).toBe(expected);
    expect(readdirSync(join(folder, 'data')).sort()).toEqual(['_data', 'volume.json']);
  });
});
