/** Archives into and out of containers, compared with what GNU tar makes of the same files. */
import { beforeAll, describe, expect, it } from 'vitest';
import { isContainerError } from '../../src/api/io-berth-container.ts';
import type { Berth } from './berth.ts';
import { copyFrom, copyTo, EVERY_KIND, manifest, packed, unpacked } from './copying.ts';
import { Streams } from './streams.ts';
import { useBerth } from './use-berth.ts';
import { useMachine } from './use-machine.ts';

const machine = useMachine();
let berth: Berth;
useBerth(
  machine,
  (connected) => {
    berth = connected;
  },
  'none-soon',
);

const FOREVER = 'trap "exit 0" TERM; while :; do sleep 1000 & wait; done';
const SOURCE = '/srv/copy/source';
const OUT = '/srv/copy/out';
const DONE = { type: 'exit', exitCode: 0 };
let archive: Buffer;

beforeAll(async () => {
  await machine.sh(`mkdir -p ${SOURCE} && cd ${SOURCE} && ${EVERY_KIND}`);
  archive = await packed(machine, SOURCE, '--xattrs-include=*', '.');
});

const freshFolder = async (): Promise<string> => {
  await machine.sh(`rm -rf ${OUT}; mkdir -p ${OUT}`);
  return OUT;
};

const refusal = async (work: Promise<unknown>): Promise<unknown> =>
  await work.then(
    () => 'none',
    (error: unknown) => error,
  );

describe.each([
  ['that runs', 'start'],
  ['that was never started', undefined],
  ['that has ended', 'end'],
] as const)('a container %s', (_, past) => {
  async function make(name: string, configuration = {}): Promise<void> {
    await berth.create(name, past === 'end' ? 'true' : FOREVER, configuration);
    if (past !== undefined) await berth.containers.start({ container: name });
    if (past === 'end') await berth.wait(name);
  }

  it('has everything that went in, and gives it back', async () => {
    await make('round');
    expect(await copyTo(berth, 'round', '/', archive)).toEqual(DONE);
    const out = await freshFolder();
    const { archive: back, last } = await copyFrom(berth, 'round', '/d');
    expect(last).toEqual(DONE);
    await unpacked(machine, out, back);
    expect(await manifest(machine, `${out}/d`)).toBe(await manifest(machine, `${SOURCE}/d`));
  });

  it('has the files of its mounts', async () => {
    await machine.sh('rm -rf /srv/copy/host; mkdir -p /srv/copy/host; echo there >/srv/copy/host/file');
    const bind = { kind: 'bind', source: '/srv/copy/host', destination: '/a/b' } as const;
    await make('mounted', { mounts: [bind] });
    expect((await berth.containers.stat({ container: 'mounted', path: '/a/b/file' })).facts).toMatchObject({ size: 6 });
    expect(await copyTo(berth, 'mounted', '/a/b', archive)).toEqual(DONE);
    expect((await machine.sh('cat /srv/copy/host/d/plain')).stdout.toString()).toBe('text');
  });

  it('has the files of its volumes, also of one that takes over what the image has', async () => {
    await make('kept', { mounts: [{ kind: 'volume', source: 'copied', destination: '/etc' }] });
    expect((await berth.containers.stat({ container: 'kept', path: '/etc/passwd' })).facts).toMatchObject({
      isDir: false,
    });
    expect(await copyTo(berth, 'kept', '/etc', archive)).toEqual(DONE);
    const { stdout } = await machine.sh('cat /var/lib/berth/volumes/copied/_data/d/plain');
    expect(stdout.toString()).toBe('text');
    await berth.containers.remove({ container: 'kept', force: true });
    await machine.sh('berth volume rm copied');
  });

  it('refuses to write where its file system is read-only, but not on a mount that is not', async () => {
    await machine.sh('rm -rf /srv/copy/host; mkdir -p /srv/copy/host');
    const bind = { kind: 'bind', source: '/srv/copy/host', destination: '/srv' } as const;
    await make('readonly', { readOnlyRoot: true, mounts: [bind] });
    const error = await refusal(berth.containers.copyTo({ container: 'readonly', path: '/etc' }));
    expect(isContainerError(error, 'ReadOnlyPath') && error.parameters).toEqual({
      container: 'readonly',
      path: '/etc',
    });
    expect(await copyTo(berth, 'readonly', '/srv', archive)).toEqual(DONE);
  });

  it('gives all of it to the user that it runs as, where that is asked for', async () => {
    await make('owned', { user: '1234:4321' });
    expect(await copyTo(berth, 'owned', '/', archive, { chown: true })).toEqual(DONE);
    const { facts } = await berth.containers.stat({ container: 'owned', path: '/d/absolute' });
    expect(facts).toMatchObject({ uid: 1234, gid: 4321 });
  });

  it('tells what a file is, and where a link leads', async () => {
    await make('looked');
    expect(await copyTo(berth, 'looked', '/', archive)).toEqual(DONE);
    const stat = async (path: string) => await berth.containers.stat({ container: 'looked', path });
    expect(await stat('/d/plain')).toMatchObject({
      name: 'plain',
      facts: { size: 4, mode: 0o104751, isDir: false, uid: 1234, gid: 5678, mtime: { realtime: 981173106789000 } },
    });
    expect(await stat('/d/absolute')).toMatchObject({
      facts: { mode: 0o120777 },
      linkText: '/etc/passwd',
      linkTarget: { path: '/etc/passwd', facts: { isDir: false } },
    });
    const dangling = await stat('/d/dangling');
    expect(dangling).toMatchObject({ linkText: '../nowhere', facts: { size: 10 } });
    expect(dangling.linkTarget).toBeUndefined();
    expect(await stat('/')).toMatchObject({ name: '.', facts: { isDir: true } });
    const missing = await refusal(stat('/d/nothing'));
    expect(isContainerError(missing, 'NoSuchPath')).toBe(true);
    const through = await refusal(stat('/d/plain/x'));
    expect(isContainerError(through, 'NotADirectory')).toBe(true);
  });

  it('is packed without what is mounted in it', async () => {
    await make('exported', { mounts: [{ kind: 'bind', source: '/usr', destination: '/big' }] });
    const out = await freshFolder();
    const streams = new Streams(await berth.containers.export({ container: 'exported' }));
    expect(await streams.last).toEqual(DONE);
    await unpacked(machine, out, streams.bytes(1));
    const { stdout } = await machine.sh(`cd ${out}; ls -d etc/passwd bin/busybox; ls big proc dev | grep -v :`);
    expect(
      stdout
        .toString()
        .trim()
        .split('\n')
        .filter((line) => line !== ''),
    ).toEqual(['bin/busybox', 'etc/passwd']);
  });
});
