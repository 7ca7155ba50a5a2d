import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  rmdirSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import type { Request } from '../../../../src/container/configuration/configure.ts';
import {
  demandHostFiles,
  deviceNodes,
  deviceNumber,
  findInitProgram,
  readSeccompProfile,
  readZone,
} from '../../../../src/container/launch/host-files.ts';
import { aWorld } from '../../../support/world.ts';

const folder = mkdtempSync(join(tmpdir(), 'berth-host-'));
const inside = (name: string): string => join(folder, name);
mkdirSync(inside('zones/Europe'), { recursive: true });
writeFileSync(inside('zones/Europe/Paris'), 'TZif2 of Paris');
writeFileSync(inside('zones/notes'), 'no zone');
writeFileSync(inside('local'), 'TZif2 of here');
symlinkSync('Europe/Paris', inside('zones/Link'));
symlinkSync('../local', inside('zones/Out'));
symlinkSync('Loop', inside('zones/Loop'));
writeFileSync(inside('zones/huge'), 'TZif');
truncateSync(inside('zones/huge'), 2 ** 30);
execFileSync('mkfifo', [inside('zones/fifo')]);
const paths = {
  zones: inside('zones'),
  localTime: inside('local'),
  initPrograms: [inside('init-a'), inside('init-b')],
};

afterAll(() => {
  rmSync(folder, { recursive: true });
});

const refusal = (code: string, facts: object): object => ({ name: 'ContainerError', code, facts });

describe('a time zone', () => {
  it('is read below the folder of zones, by its name or a link', async () => {
    expect((await readZone('Europe/Paris', paths)).toString()).toBe('TZif2 of Paris');
    expect((await readZone('Link', paths)).toString()).toBe('TZif2 of Paris');
    expect((await readZone('local', paths)).toString()).toBe('TZif2 of here');
  });

  it.each(['Out', 'Loop', 'Europe', 'Nowhere', 'notes', 'huge', 'fifo'])('%s is refused', async (zone) => {
    await expect(readZone(zone, paths)).rejects.toMatchObject(
      refusal('InvalidFile', { path: inside(`zones/${zone}`), reason: expect.any(String) as string }),
    );
  });
});

it('the init program is the first that can be run', async () => {
  await expect(findInitProgram({ initProcess: true }, paths)).rejects.toMatchObject(
    refusal('InvalidFile', { path: paths.initPrograms.join(' '), reason: 'catatonit is not installed' }),
  );
  writeFileSync(inside('init-a'), '');
  writeFileSync(inside('init-b'), '');
  chmodSync(inside('init-b'), 0o755);
  expect(await findInitProgram({ initProcess: true }, paths)).toBe(inside('init-b'));
  await expect(findInitProgram({ initProcess: false }, paths)).resolves.toBeUndefined();
});

it('the init program is the one that is asked for, or an error that names it', async () => {
  const own = { initProcess: true, initPath: inside('own-init') };
  const reason = 'it is no program that can be executed';
  await expect(findInitProgram(own, paths)).rejects.toMatchObject(
    refusal('InvalidFile', { path: own.initPath, reason }),
  );
  mkdirSync(own.initPath);
  await expect(findInitProgram(own, paths)).rejects.toMatchObject(
    refusal('InvalidFile', { path: own.initPath, reason }),
  );
  rmdirSync(own.initPath);
  writeFileSync(own.initPath, '', { mode: 0o755 });
  await expect(findInitProgram(own, paths)).resolves.toBe(own.initPath);
});

describe('a seccomp profile', () => {
  it('is a file of the host', async () => {
    const profile = { defaultAction: 'SCMP_ACT_LOG', syscalls: [] };
    writeFileSync(inside('profile'), JSON.stringify(profile));
    expect((await readSeccompProfile(inside('profile')))?.([])).toEqual(profile);
    expect(await readSeccompProfile('unconfined')).toBeUndefined();
    expect(await readSeccompProfile(undefined)).toBeUndefined();
  });
  it.each(['zones', 'zones/fifo', 'zones/notes', 'zones/huge', 'nothing'])('is not %s', async (name) => {
    await expect(readSeccompProfile(inside(name))).rejects.toMatchObject({
      code: 'InvalidFile',
      facts: { path: inside(name) },
    });
  });
});

it('device numbers are taken apart as glibc puts them together', () => {
  expect(deviceNumber(0x103n)).toEqual({ major: 1, minor: 3 });
  expect(deviceNumber(0xab_cd_ef_01_23_45n)).toEqual({ major: 0xa1_23, minor: 0xbc_de_f0_45 });
});

it('a device is a node with its number and rights', async () => {
  const { mode } = statSync('/dev/null');
  expect(await deviceNodes([{ source: '/dev/null', destination: '/dev/nothing', access: 'rw' }])).toEqual([
    { path: '/dev/nothing', type: 'c', major: 1, minor: 3, fileMode: mode & 0o7777, uid: 0, gid: 0 },
  ]);
});

describe('what a container is made of', async () => {
  await using world = aWorld();
  const config = (await world.given('web')).config;
  it.each<[string, Partial<typeof config>, object]>([
    [
      'a source',
      { mounts: [{ kind: 'bind', source: '/nope', destination: '/a', readOnly: false, options: [] }] },
      refusal('NoSuchSource', { source: '/nope' }),
    ],
    ['a root', { rootDirectory: '/nope' }, refusal('NoSuchSource', { source: '/nope' })],
    [
      'a folder',
      { rootDirectory: '/dev/null' },
      refusal('InvalidFile', { path: '/dev/null', reason: 'it is no folder' }),
    ],
    [
      'a device',
      { devices: [{ source: '/dev/nope', destination: '/a', access: 'r' }] },
      refusal('NoSuchSource', { source: '/dev/nope' }),
    ],
    [
      'a device that is one',
      { devices: [{ source: '/dev', destination: '/a', access: 'r' }] },
      refusal('InvalidFile', { path: '/dev', reason: 'it is no device' }),
    ],
    ['a zone', { timeZone: 'Out' }, { code: 'InvalidFile' }],
    ['a profile', { seccompProfile: '/nope' }, { code: 'InvalidFile' }],
    ['a namespace', { ipcNamespace: 'path:/nope' }, refusal('NoSuchNamespace', { namespace: 'path:/nope' })],
    [
      'a namespace that is one',
      { ipcNamespace: 'path:/dev/null' },
      refusal('NoSuchNamespace', { namespace: 'path:/dev/null' }),
    ],
    [
      'a namespace that is not the host’s',
      { network: 'path:/proc/self/ns/net', sysctls: { 'net.a': '1' } },
      refusal('InvalidParameter', { parameter: 'configuration.sysctls.net.a' }),
    ],
  ])('has %s', async (_, change, expected) => {
    await expect(demandHostFiles({ ...config, ...change }, paths)).rejects.toMatchObject(expected);
  });

  it('may share what is there', async () => {
    const shared = {
      network: 'path:/proc/self/ns/net',
      rootDirectory: '/',
      devices: [{ source: '/dev/null', destination: '/a', access: 'r' }],
    };
    await demandHostFiles({ ...config, ...shared }, paths);
  });
});

it('is looked at when a container is made, and nothing is left of one that is refused', async () => {
  await using world = aWorld();
  const requests: Request[] = [
    { rootDirectory: '/nope', image: undefined, command: ['a'] },
    { seccompProfile: '/nope' },
  ];
  for (const request of requests) await expect(world.given('web', 'configured', request)).rejects.toThrow('/nope');
  expect(world.index.all()).toEqual([]);
});
