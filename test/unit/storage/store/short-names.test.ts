import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { RegistriesInvalid } from '../../../../src/storage/errors.ts';
import { parseReference } from '../../../../src/storage/store/reference.ts';
import { aliasOf, namesToPull, readShortNames, type ShortNames } from '../../../../src/storage/store/short-names.ts';

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'berth-registries-'));
});
afterAll(async () => {
  await rm(folder, { recursive: true });
});

const NONE: ShortNames = { registries: [], mode: 'enforcing', aliases: new Map() };
const pulls = (text: string, names: Partial<ShortNames> = {}): readonly string[] =>
  namesToPull(parseReference(text), { ...NONE, ...names });

it('a host that says nothing means Docker Hub', async () => {
  expect(await readShortNames(join(folder, 'nowhere'))).toEqual(NONE);
  expect(pulls('busybox')).toEqual(['docker.io/library/busybox:latest']);
  expect(pulls('some/thing:1')).toEqual(['docker.io/some/thing:1']);
});

it('files of the folder go over registries.conf, in the order of their names', async () => {
  const dropIns = join(folder, 'registries.conf.d');
  await mkdir(dropIns);
  await writeFile(
    join(folder, 'registries.conf'),
    `unqualified-search-registries = ["a.test", # the first
      "b.test"]
     short-name-mode = 'permissive'
     [[registry]]
     location = "c.test"
     insecure = true
     [aliases]
     "one" = "a.test/first/one"
     "two" = "a.test/two"`,
  );
  await writeFile(join(dropIns, '20.conf'), '[aliases]\n"two" = "c.test/two"\n');
  await writeFile(
    join(dropIns, '10.conf'),
    'unqualified-search-registries = ["d.test"]\n[aliases]\ntwo = "b.test/two"\n',
  );
  await writeFile(join(dropIns, '30.disabled'), 'not = [even');
  expect(await readShortNames(folder)).toEqual({
    registries: ['d.test'],
    mode: 'permissive',
    aliases: new Map([
      ['one', 'a.test/first/one'],
      ['two', 'c.test/two'],
    ]),
  });
  await writeFile(join(dropIns, '40.conf'), 'unqualified-search-registries = "d.test"');
  await expect(readShortNames(folder)).rejects.toThrow(RegistriesInvalid);
  await writeFile(join(dropIns, '40.conf'), 'unqualified-search-registries = [');
  await expect(readShortNames(folder)).rejects.toThrow('40.conf');
});

it('an alias goes before every registry, and keeps the tag or digest', () => {
  const aliases = new Map([
    ['one', 'a.test/first/one'],
    ['off', ''],
    ['bad', 'NO NAME'],
  ]);
  const digest = `sha256:${'0'.repeat(64)}`;
  expect(pulls('one', { aliases, registries: ['b.test'] })).toEqual(['a.test/first/one:latest']);
  expect(pulls('one:2', { aliases })).toEqual(['a.test/first/one:2']);
  expect(pulls(`one@${digest}`, { aliases })).toEqual([`a.test/first/one@${digest}`]);
  expect(pulls('b.test/one', { aliases })).toEqual(['b.test/one:latest']);
  for (const name of ['off', 'bad', 'b.test/one'])
    expect(aliasOf(parseReference(name), { ...NONE, aliases })).toBeUndefined();
});

it('several registries are tried only where the host permits it', () => {
  const registries = ['a.test', 'docker.io'];
  expect(pulls('some', { registries: ['a.test'] })).toEqual(['a.test/some:latest']);
  for (const mode of ['permissive', 'disabled'] as const)
    expect(pulls('some:1', { registries, mode })).toEqual(['a.test/some:1', 'docker.io/library/some:1']);
  expect(() => pulls('some', { registries })).toThrow('a.test/some:latest or docker.io/library/some:latest');
});
