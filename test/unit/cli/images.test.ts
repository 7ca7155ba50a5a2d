import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { PullInput, PullOutput, SaveInput, TagInput } from '../../../src/api/io-berth-image.ts';
import { anImage, listingImages } from './fixtures.ts';
import { berth } from './world.ts';

describe('pull', () => {
  const pulling = (...progress: PullOutput[]) => {
    const asked: PullInput[] = [];
    const images = {
      async *Pull(input: PullInput): AsyncGenerator<PullOutput> {
        asked.push(input);
        yield* progress;
        yield await Promise.resolve({ image: anImage() });
      },
    };
    return { images, asked };
  };

  it.each<[string[], object]>([
    [[], { verifyTls: true }],
    [['--tls-verify=false'], { verifyTls: false }],
    [['--creds', 'me:p:w'], { verifyTls: true, username: 'me', password: 'p:w' }],
  ])('%j prints the ID', async (options, input) => {
    const { images, asked } = pulling();
    const ran = await berth(['pull', ...options, 'box'], { images });
    expect(ran).toMatchObject({ code: 0, stdout: `${'b'.repeat(64)}\n`, stderr: '' });
    expect(asked).toEqual([{ image: 'box', ...input }]);
  });

  it('does not print a password it cannot read', async () => {
    const ran = await berth(['pull', '--creds', 'secret', 'box']);
    expect(ran.code).toBe(125);
    expect(ran.stderr).not.toContain('secret');
  });

  const STEPS: PullOutput[] = [
    { progress: { step: 'resolving' } },
    { progress: { step: 'layer', digest: `sha256:${'1'.repeat(64)}` } },
    { progress: { step: 'present', digest: `sha256:${'2'.repeat(64)}` } },
    { progress: { step: 'configuration', digest: `sha256:${'3'.repeat(64)}` } },
    { progress: { step: 'storing' } },
  ];

  it('says what it does, a line for each step, where nobody looks at a terminal', async () => {
    const { stderr } = await berth(['pull', 'box'], pulling(...STEPS));
    expect(stderr).toBe(
      'Looking up box\nFetching layer 111111111111\nLayer 222222222222 is here already\n' +
        'Fetching configuration 333333333333\nWriting the image to the store\n',
    );
  });

  it('draws one line again and again on a terminal, and takes it back', async () => {
    const { stderr, stdout } = await berth(['pull', 'box'], { ...pulling(...STEPS), columns: 60 });
    const drawn = stderr.split('\r').map((line) => line.replace('\u001B[K', ''));
    expect(drawn).toContain('⠋ Pulling box: looking it up');
    expect(drawn).toContain('⠋ Pulling box: fetching 1 layer');
    expect(drawn).toContain('⠋ Pulling box: fetching 1 layer, 1 here already');
    expect(drawn).toContain('⠋ Pulling box: writing it to the store');
    expect(stderr).not.toContain('\n');
    expect(stderr.endsWith('\r\u001B[K')).toBe(true);
    expect(stdout).toBe(`${'b'.repeat(64)}\n`);
  });

  it('has a bar on a terminal, once it is known how much there will be', async () => {
    const fetching: PullOutput[] = [
      { progress: { step: 'layer', digest: `sha256:${'1'.repeat(64)}` } },
      { progress: { step: 'fetching', fetchedBytes: 1_000_000 } },
      { progress: { step: 'fetching', fetchedBytes: 3_000_000, totalBytes: 12_000_000 } },
    ];
    const { stderr } = await berth(['pull', 'box'], { ...pulling(...fetching), columns: 100 });
    expect(stderr).toContain('Pulling box: 1.00 MB, fetching 1 layer');
    expect(stderr).toContain('Pulling box: ━━━━━╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌ 3.00 MB of 12.0 MB, fetching 1 layer');
    expect((await berth(['pull', 'box'], pulling(...fetching))).stderr).toBe('Fetching layer 111111111111\n');
  });

  it('fits its line into the terminal, and says nothing with --quiet', async () => {
    const { stderr } = await berth(['pull', 'box'], { ...pulling(...STEPS), columns: 12 });
    expect(stderr).toContain('⠋ Pulling …');
    expect((await berth(['pull', '-q', 'box'], pulling(...STEPS))).stderr).toBe('');
  });

  it('is a violation of the protocol without an image', async () => {
    const images = {
      async *Pull(): AsyncGenerator<PullOutput> {
        yield await Promise.resolve({});
      },
    };
    expect((await berth(['pull', 'box'], { images })).stderr).toContain('the pull ended without an image');
  });
});

describe('save', () => {
  it.each<[string[], object]>([
    [['-o', 'x.tar'], { path: '/here/x.tar' }],
    [['--output=/x', '--format', 'oci-dir'], { path: '/x', transport: 'oci' }],
    [['-o/x', '--format=docker-archive'], { path: '/x', transport: 'docker_archive' }],
  ])('%j', async (options, input) => {
    const asked: SaveInput[] = [];
    const Save = async (given: SaveInput): Promise<Record<string, never>> => {
      asked.push(given);
      return await Promise.resolve({});
    };
    expect(await berth(['save', ...options, 'box', 'other'], { images: { Save } })).toMatchObject({
      code: 0,
      stdout: '',
    });
    expect(asked).toEqual([{ images: ['box', 'other'], ...input }]);
  });

  it('writes to standard output, which is no terminal, and leaves nothing', async () => {
    let written = '';
    const Save = async ({ path }: SaveInput): Promise<Record<string, never>> => {
      written = path;
      await writeFile(path, 'an archive');
      return {};
    };
    expect(await berth(['save', 'box'], { images: { Save } })).toMatchObject({ code: 0, stdout: 'an archive' });
    expect(existsSync(dirname(written))).toBe(false);
    expect((await berth(['save', 'box'], { images: { Save }, columns: 80 })).stderr).toContain(
      'not written to a terminal',
    );
    expect((await berth(['save', '--format', 'oci-dir', 'box'])).stderr).toContain('give --output PATH');
  });

  it('wants to know in which form', async () => {
    expect((await berth(['save', '-o', 'x', '--format', 'zip', 'box'])).stderr).toContain(
      "--format takes oci-archive, docker-archive, oci-dir, not 'zip'",
    );
  });
});

it('tag gives every name', async () => {
  const asked: TagInput[] = [];
  const Tag = async (given: TagInput): Promise<Record<string, never>> => {
    asked.push(given);
    return await Promise.resolve({});
  };
  expect(await berth(['tag', 'box', 'a', 'b:1'], { images: { Tag } })).toMatchObject({ code: 0, stdout: '' });
  expect(asked).toEqual([
    { image: 'box', name: 'a' },
    { image: 'box', name: 'b:1' },
  ]);
});

describe('image prune', () => {
  const pruning = (): { images: object; asked: object[] } => {
    const asked: object[] = [];
    const images = {
      async *Prune(input: object) {
        asked.push(input);
        yield { id: 'b'.repeat(64) };
        yield await Promise.resolve({});
      },
    };
    return { images, asked };
  };

  it.each<[argv: string[], answer: string | undefined, input: object[]]>([
    [[], undefined, [{}]],
    [[], 'y', [{}]],
    [[], 'Yes ', [{}]],
    [[], 'n', []],
    [[], '', []],
    [['-a'], undefined, [{ all: true }]],
    [['-af'], 'n', [{ all: true }]],
  ])('%j asks first: %j', async (argv, answer, input) => {
    const { images, asked } = pruning();
    const ran = await berth(['image', 'prune', ...argv], { images, ...(answer === undefined ? {} : { answer }) });
    expect(ran).toMatchObject({ code: 0, stdout: input.length === 0 ? '' : `${'b'.repeat(64)}\n`, stderr: '' });
    expect(asked).toEqual(input);
  });
});

describe('the filters of images', () => {
  const List = listingImages([
    anImage({ id: '1'.repeat(64), names: ['docker.io/library/busybox:1.37', 'localhost/box:latest'] }),
    anImage({ id: '2'.repeat(64), names: ['reg:5000/app@sha256:abc'], labels: { a: 'b' } }),
    anImage({ id: '3'.repeat(64), names: [], labels: { a: '' } }),
  ]);
  // prettier-ignore
  it.each<[argv: string[], found: string]>([
    [[],                                    '123'],
    [['busybox'],                           '1'],
    [['busybox:1.37'],                      '1'],
    [['usybox'],                            ''],
    [['library/busybox'],                   '1'],
    [['--filter', 'reference=*box*'],       '1'],
    [['--filter', 'reference=app*', '--filter=reference=box'], '12'],
    [['--filter', 'dangling=true'],         '3'],
    [['--filter', 'dangling=false'],        '12'],
    [['--filter', 'label=a'],               '23'],
    [['--filter', 'label=a=b'],             '2'],
    [['--filter', 'label=constructor'],     ''],
    [['--filter', 'label=a', '--filter', 'dangling=false'], '2'],
  ])('%j', async (argv, found) => {
    const { stdout } = await berth(['image', 'ls', '-q', ...argv], { images: { List } });
    expect(stdout).toBe(found.split('').map((digit) => `${digit.repeat(12)}\n`).join(''));
  });
  it.each(['dangling=maybe', 'colour=red', 'x'])('refuses %j', async (filter) => {
    expect(await berth(['images', '--filter', filter], { images: { List } })).toMatchObject({ code: 125, stdout: '' });
  });
});
