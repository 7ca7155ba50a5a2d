/** Containers and archives that try to have files of the host read or written. */
import { beforeEach, describe, expect, it } from 'vitest';
import { isContainerError } from '../../src/api/io-berth-container.ts';
import type { Berth } from './berth.ts';
import { copyFrom, copyTo } from './copying.ts';
import { Streams } from './streams.ts';
import { useBerth } from './use-berth.ts';
import { useMachine } from './use-machine.ts';

const machine = useMachine();
let berth: Berth;
const reconnect = useBerth(
  machine,
  (connected) => {
    berth = connected;
  },
  'none-soon',
);

/** Of the host, where everything tries to write; a container has a file system of its own there. */
const TARGET = '/tmp/target';
const SECRET = 'only the host knows this';

beforeEach(async () => {
  await machine.sh(
    `rm -rf ${TARGET}; mkdir -m 777 ${TARGET}; echo '${SECRET}' >/etc/berth-secret; umount /usr/lib 2>/dev/null || true`,
  );
});

/** What the host has of it, and whether its own files are as they were. */
async function harm(): Promise<string> {
  const { stdout } = await machine.sh(
    `ls -A ${TARGET}; find /etc/berth-secret -links +1; find /usr -name 'owned*'; grep -v '^${SECRET}$' /etc/berth-secret || true`,
  );
  return stdout.toString();
}

type Entry = readonly [name: string, kind: 'file' | 'link' | 'hard', target?: string];

/** An archive that GNU tar would not make. */
async function archiveOf(...entries: Entry[]): Promise<Buffer> {
  const { stdout } = await machine.check([
    'python3',
    '-c',
    `
import io, json, sys, tarfile
archive = tarfile.open(fileobj=sys.stdout.buffer, mode="w|")
for name, kind, *target in json.loads(sys.argv[1]):
  entry = tarfile.TarInfo(name)
  entry.type = {"file": tarfile.REGTYPE, "link": tarfile.SYMTYPE, "hard": tarfile.LNKTYPE}[kind]
  if target: entry.linkname = target[0]
  data = b"owned" if kind == "file" else b""
  entry.size = len(data)
  archive.addfile(entry, io.BytesIO(data))
archive.close()`,
    JSON.stringify(entries),
  ]);
  return stdout;
}

const FOREVER = 'trap "exit 0" TERM; while :; do sleep 1000 & wait; done';

const refusedAs = async (work: Promise<unknown>): Promise<string> =>
  await work.then(
    () => 'done',
    (error: unknown) => (isContainerError(error, 'CopyFailed') ? 'CopyFailed' : String(error)),
  );

describe.each(['running', 'never started'])('a container that is %s', (state) => {
  async function make(name: string, script = ':', configuration = {}): Promise<void> {
    await berth.create(name, `${script}; ${FOREVER}`, configuration);
    // What it prepares is there as soon as it was run once.
    await berth.containers.start({ container: name });
    await expect
      .poll(async () => await refusedAs(berth.containers.stat({ container: name, path: '/ready' })))
      .toBe('done');
    if (state !== 'running') await berth.containers.stop({ container: name });
  }

  it.each<[string, readonly Entry[]]>([
    ['..', [['../../../../../../tmp/target/owned', 'file']]],
    ['an absolute name', [['/tmp/target/owned', 'file']]],
    [
      'a link that it brings',
      [
        ['l', 'link', '/tmp/target'],
        ['l/owned', 'file'],
      ],
    ],
    [
      'a link with ..',
      [
        ['l', 'link', '../../../../../tmp/target'],
        ['l/owned', 'file'],
      ],
    ],
    [
      'a hard link',
      [
        ['h', 'hard', '/etc/berth-secret'],
        ['h', 'file'],
      ],
    ],
    [
      'a hard link with ..',
      [
        ['h', 'hard', '../../../etc/berth-secret'],
        ['h', 'file'],
      ],
    ],
    [
      'a hard link through a link',
      [
        ['l', 'link', '/etc'],
        ['h', 'hard', 'l/berth-secret'],
        ['h', 'file'],
      ],
    ],
    [
      'a link of the container',
      [
        ['absolute/owned', 'file'],
        ['absolute/berth-secret', 'file'],
      ],
    ],
    ['a link of the container with ..', [['up/owned', 'file']]],
    ['a link of the container to the programs of the host', [['programs/owned', 'file']]],
    ['a link of the container through /proc', [['process/tmp/target/owned', 'file']]],
  ])('unpacks nothing outside by %s', async (_, entries) => {
    await make(
      'attacked',
      'ln -s /tmp/target /absolute; ln -s ../../../../../../tmp/target /up; ln -s /bin /programs; ln -s proc/self/root /process; mkdir /dir; touch /ready',
    );
    for (const path of ['/', '/dir']) await copyTo(berth, 'attacked', path, await archiveOf(...entries));
    expect(await harm()).toBe('');
  });

  it('packs the links that it has, and nothing that they lead to', async () => {
    await make(
      'packed',
      'mkdir /dir; ln -s /etc /dir/etc; ln -s ../../../etc/berth-secret /dir/up; ln -s /proc/1/root /dir/root; touch /ready',
    );
    for (const path of ['/dir', '/dir/up', '/dir/.']) {
      const { archive } = await copyFrom(berth, 'packed', path);
      expect(archive.includes(SECRET)).toBe(false);
    }
    for (const path of [
      '/dir/etc/berth-secret',
      '/dir/up/',
      '/dir/root/etc/berth-secret',
      '/dir/../../../etc/berth-secret',
    ])
      expect(await refusedAs(berth.containers.copyFrom({ container: 'packed', path }))).not.toBe('done');
  });
});

it('leads nowhere by the processes of the host, which a container may have in its /proc', async () => {
  await berth.run('pids', `ln -s proc/1/root/tmp/target /process; touch /ready; ${FOREVER}`, { pidNamespace: 'host' });
  await expect
    .poll(async () => await refusedAs(berth.containers.stat({ container: 'pids', path: '/ready' })))
    .toBe('done');
  expect(await copyTo(berth, 'pids', '/', await archiveOf(['process/owned', 'file']))).toMatchObject({ type: 'error' });
  for (const path of ['/proc/1/root/tmp/target', '/proc/self/root', '/process'])
    expect(await refusedAs(berth.containers.copyTo({ container: 'pids', path }))).not.toBe('done');
  expect(await refusedAs(berth.containers.stat({ container: 'pids', path: '/proc/1/root/etc/berth-secret' }))).toBe(
    'CopyFailed',
  );
  expect((await copyFrom(berth, 'pids', '/proc/1/root')).archive.includes(SECRET)).toBe(false);
  expect(await harm()).toBe('');
});

it('is not led out by links that change meanwhile', async () => {
  await berth.run(
    'race',
    `mkdir /race; cd /race; ln -s /tmp/target abs; ln -s ../../../../tmp/target up; ln -s /etc etc; mkdir real; touch /ready
     while :; do mv real d; mv d real; mv abs d; mv d abs; mv up d; mv d up; mv etc d; mv d etc; done`,
  );
  await expect
    .poll(async () => await refusedAs(berth.containers.stat({ container: 'race', path: '/ready' })))
    .toBe('done');
  const archive = await archiveOf(['d/owned', 'file'], ['owned', 'file']);
  for (let round = 0; round < 10; round++) {
    await copyTo(berth, 'race', '/race/d', archive).catch(() => undefined); // it is not there each time
    await copyTo(berth, 'race', '/race', archive);
    const found = await copyFrom(berth, 'race', '/race/d/berth-secret').catch(() => undefined);
    expect(found?.archive.includes(SECRET)).not.toBe(true);
  }
  expect(await harm()).toBe('');
});

it('loads no programs, libraries or configuration of the container', async () => {
  await berth.run(
    'empty',
    `echo /evil.so >/etc/ld.so.preload; mkdir -p /lib64 /usr/lib/gconv; echo no >/lib64/ld-linux-x86-64.so.2; touch /ready; ${FOREVER}`,
  );
  await expect
    .poll(async () => await refusedAs(berth.containers.stat({ container: 'empty', path: '/ready' })))
    .toBe('done');
  expect(await copyTo(berth, 'empty', '/', await archiveOf(['file-ä', 'file']))).toEqual({ type: 'exit', exitCode: 0 });
  expect((await copyFrom(berth, 'empty', '/file-ä')).archive.includes('owned')).toBe(true);
});

const helpers = async (): Promise<string> =>
  (
    await machine.sh(`ps -eo args= | grep -E '^(/bin/[t]ar|/bin/[s]etpriv|.*archive/[h]elper)' || true`)
  ).stdout.toString();

describe.each(['running', 'never started'])('a copy of a container that is %s', (state) => {
  beforeEach(async () => {
    await berth.create('big', FOREVER);
    if (state === 'running') await berth.containers.start({ container: 'big' });
    await machine.sh('mkdir -p /srv/big; [ -e /srv/big/file ] || head -c 100M /dev/urandom >/srv/big/file');
    const { stdout } = await machine.check(['tar', '-C', '/srv/big', '-cf', '-', 'file']);
    await copyTo(berth, 'big', '/', stdout);
  });

  it('ends with its client', async () => {
    const out = await berth.containers.copyFrom({ container: 'big', path: '/file' });
    expect(await helpers()).not.toBe('');
    out.stream.destroy();
    await expect.poll(helpers).toBe('');
    const into = new Streams(await berth.containers.copyTo({ container: 'big', path: '/' }));
    into.type('x');
    expect(await helpers()).not.toBe('');
    into.hangUp();
    await expect.poll(helpers).toBe('');
    if (state !== 'running') await berth.containers.start({ container: 'big' }); // nothing is in the way of it any more
  });

  it('leaves nothing where berthd is killed', async () => {
    await berth.containers.copyFrom({ container: 'big', path: '/file' });
    await machine.sh('systemctl kill --signal=KILL --kill-whom=main berthd.service');
    await expect.poll(helpers).toBe('');
    await reconnect();
    if (state !== 'running') await berth.containers.start({ container: 'big' });
  });
});
