import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { containerError, type ContainerHandlers } from '../../../../src/api/io-berth-container.ts';
import { imageError, type ImageHandlers, type PullOutput } from '../../../../src/api/io-berth-image.ts';
import { anImage, ID } from '../fixtures.ts';
import { berth } from '../world.ts';

interface There {
  readonly image?: 'here' | 'missing';
  readonly registry?: 'has it' | 'is away';
  readonly name?: 'free' | 'taken';
}

/** A berthd that tells what it was asked. */
function aBerthd({ image = 'here', registry = 'has it', name = 'free' }: There) {
  const calls: string[] = [];
  let [isHere, isTaken] = [image === 'here', name === 'taken'];
  const containers: Partial<ContainerHandlers> = {
    async Create() {
      calls.push('create');
      if (!isHere) throw containerError('NoSuchImage', { image: 'box' });
      if (isTaken) throw containerError('ContainerExists', { name: 'web' });
      return await Promise.resolve({ id: ID, name: 'web' });
    },
    async Remove(input) {
      calls.push(`remove ${JSON.stringify(input)}`);
      isTaken = false;
      return await Promise.resolve({});
    },
  };
  const images: Partial<ImageHandlers> = {
    async *Pull(input): AsyncGenerator<PullOutput> {
      calls.push(`pull ${JSON.stringify(input)}`);
      yield await Promise.resolve({ progress: { step: 'resolving' as const } });
      if (registry === 'is away') throw imageError('PullFailed', { image: 'box', reason: 'unreachable', message: '' });
      isHere = true;
      yield { image: anImage() };
    },
  };
  return { calls, containers, images };
}

const PULL = 'pull {"image":"box","verifyTls":true}';
const REMOVE = 'remove {"container":"web","force":true}';

describe('create --pull', () => {
  // prettier-ignore
  it.each<[args: string[], there: There, code: number, calls: string[]]>([
    [[],          {},                                             0, ['create']],
    [[],          { image: 'missing' },                           0, ['create', PULL, 'create']],
    [[],          { image: 'missing', registry: 'is away' },    125, ['create', PULL]],
    [['missing'], { image: 'missing' },                           0, ['create', PULL, 'create']],
    [['never'],   {},                                             0, ['create']],
    [['never'],   { image: 'missing' },                         125, ['create']],
    [['always'],  {},                                             0, [PULL, 'create']],
    [['always'],  { registry: 'is away' },                      125, [PULL]],
    [['newer'],   {},                                             0, [PULL, 'create']],
    [['newer'],   { registry: 'is away' },                        0, [PULL, 'create']],
    [['newer'],   { image: 'missing', registry: 'is away' },    125, [PULL, 'create']],
    [['often'],   {},                                           125, []],
  ])('%j where %j', async (args, there, code, expected) => {
    const { calls, ...options } = aBerthd(there);
    const ran = await berth(['create', ...args.map((policy) => `--pull=${policy}`), 'box'], options);
    expect(ran.code).toBe(code);
    expect(calls).toEqual(expected);
  });

  it('shows how far it is on standard error, and nothing with --quiet', async () => {
    const pulled = await berth(['create', '--tls-verify=false', 'box'], aBerthd({ image: 'missing' }));
    expect(pulled).toMatchObject({ stdout: `${ID}\n`, stderr: 'Looking up box\n' });
    const quiet = await berth(['create', '-q', 'box'], aBerthd({ image: 'missing' }));
    expect(quiet).toMatchObject({ stdout: `${ID}\n`, stderr: '' });
  });

  it('pulls nothing for a root that is no image', async () => {
    const { calls, ...options } = aBerthd({});
    await berth(['create', '--pull=always', '--rootfs', '/srv/root', 'sh'], options);
    expect(calls).toEqual(['create']);
  });
});

describe('create --replace', () => {
  // prettier-ignore
  it.each<[args: string[], there: There, code: number, calls: string[]]>([
    [['--replace', '--name=web'], {},                                                           0, ['create']],
    [['--replace', '--name=web'], { name: 'taken' },                                            0, ['create', REMOVE, 'create']],
    [['--replace', '--name=web'], { name: 'taken', image: 'missing' },                          0, ['create', PULL, 'create', REMOVE, 'create']],
    [['--replace', '--name=web'], { name: 'taken', image: 'missing', registry: 'is away' },   125, ['create', PULL]],
    [['--name=web'],              { name: 'taken' },                                          125, ['create']],
    [['--replace'],               {},                                                         125, []],
  ])('%j where %j', async (args, there, code, expected) => {
    const { calls, ...options } = aBerthd(there);
    expect((await berth(['create', ...args, 'box'], options)).code).toBe(code);
    expect(calls).toEqual(expected);
  });
});

describe('create --cidfile', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'berth-cli-'));
  });
  afterEach(() => {
    rmSync(folder, { recursive: true });
  });

  it('writes the ID', async () => {
    const path = join(folder, 'id');
    expect(await berth(['create', '--cidfile', path, 'box'], aBerthd({}))).toMatchObject({ code: 0 });
    expect(readFileSync(path, 'utf8')).toBe(ID);
  });

  it('makes no container where there is a file, which stays as it is', async () => {
    const path = join(folder, 'id');
    writeFileSync(path, 'mine');
    const { calls, ...options } = aBerthd({});
    const ran = await berth(['create', '--cidfile', path, 'box'], options);
    expect(ran).toMatchObject({
      code: 125,
      stderr: expect.stringContaining(`--cidfile ${path} cannot be made`) as string,
    });
    expect([calls, readFileSync(path, 'utf8')]).toEqual([[], 'mine']);
  });

  it('leaves no file where there is no container', async () => {
    const path = join(folder, 'id');
    expect((await berth(['create', '--cidfile', path, '--name=web', 'box'], aBerthd({ name: 'taken' }))).code).toBe(
      125,
    );
    expect(existsSync(path)).toBe(false);
  });
});
