import { mkdir, mkdtemp, readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import * as fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Folders, parseEnd, type Folder } from '../../../../src/container/records/folder.ts';
import { parseContainerId } from '../../../../src/container/names.ts';
import type { Exit } from '../../../../src/container/status.ts';
import { aWorld } from '../../../support/world.ts';

const AT = new Date(1_000_000);
const text = (result: string, code: string, status: string | number, oomKills: number | string = 0): string =>
  `INVOCATION_ID=abc\nSERVICE_RESULT=${result}\nEXIT_CODE=${code}\nEXIT_STATUS=${status}\nOOM_KILLS=${oomKills}\nEND\n`;

describe('parseEnd', () => {
  const ended = (exit: Partial<Exit>) => ({ signal: undefined, oomKilled: false, at: AT, ...exit });

  it.each<[string, string, object]>([
    ['ended well', text('success', 'exited', 0), ended({ code: 0, result: 'success' })],
    ['failed', text('exit-code', 'exited', 255), ended({ code: 255, result: 'exit-code' })],
    ['was killed', text('signal', 'killed', 'KILL'), ended({ code: 137, signal: 'SIGKILL', result: 'signal' })],
    ['was stopped', text('success', 'killed', 'TERM'), ended({ code: 143, signal: 'SIGTERM', result: 'success' })],
    ['dumped core', text('core-dump', 'dumped', 'SEGV'), ended({ code: 139, signal: 'SIGSEGV', result: 'core-dump' })],
    [
      'died of a realtime signal',
      text('signal', 'killed', 'RTMIN+3'),
      ended({ code: 165, signal: 'SIGRTMIN+3', result: 'signal' }),
    ],
    [
      'was killed for want of memory',
      text('oom-kill', 'killed', 'KILL', 1),
      ended({ code: 137, signal: 'SIGKILL', oomKilled: true, result: 'oom-kill' }),
    ],
    [
      'was killed, and the kernel counts it',
      text('signal', 'killed', 'KILL', 2),
      ended({ code: 137, signal: 'SIGKILL', oomKilled: true, result: 'signal' }),
    ],
    [
      'ended by itself after the kernel had killed another',
      text('success', 'exited', 0, 3),
      ended({ code: 0, result: 'success' }),
    ],
    [
      'was terminated after the kernel had killed another',
      text('success', 'killed', 'TERM', 3),
      ended({ code: 143, signal: 'SIGTERM', result: 'success' }),
    ],
    [
      'died of what nobody knows',
      text('signal', 'killed', 'NOSUCH'),
      ended({ code: undefined, signal: 'SIGNOSUCH', result: 'signal' }),
    ],
    [
      'has an odd counter',
      text('signal', 'killed', 'KILL', 'x'),
      ended({ code: 137, signal: 'SIGKILL', result: 'signal' }),
    ],
    ['has no code', text('exit-code', 'exited', ''), ended({ code: undefined, result: 'exit-code' })],
    [
      'has a code that is none',
      text('exit-code', 'exited', 'nonsense'),
      ended({ code: undefined, result: 'exit-code' }),
    ],
  ])('one that %s', (_, record, exit) => {
    expect(parseEnd(record, AT)).toEqual({ invocationId: 'abc', result: (exit as Exit).result, exit });
  });

  it('of a run that never had a process', () => {
    expect(parseEnd(text('resources', '', ''), AT)).toEqual({
      invocationId: 'abc',
      result: 'resources',
      exit: undefined,
    });
  });

  it('written over the room that was kept for it, and over an earlier one', () => {
    const rest = `xit-code\nEXIT_CODE=exited\nEXIT_STATUS=9\nOOM_KILLS=0\nEND\n${'\n'.repeat(300)}`;
    expect(parseEnd(text('success', 'exited', 3) + rest, AT)).toEqual(parseEnd(text('success', 'exited', 3), AT));
  });

  it('refuses a record that is cut short, wherever that is', () => {
    const whole = text('signal', 'killed', 'KILL');
    const cuts = Array.from({ length: whole.length }, (_, length) => whole.slice(0, length));
    expect(cuts.filter((cut) => parseEnd(cut, AT) !== undefined)).toEqual([]);
  });

  it.each(['', 'END\n', 'nonsense\nEND\n', 'INVOCATION_ID=a\nEND\n', 'SERVICE_RESULT=success\nEND\n'])(
    'refuses %j',
    (bad) => {
      expect(parseEnd(bad, AT)).toBeUndefined();
    },
  );

  it('never fails, and never makes up a code', () => {
    const line = fc.constantFrom(
      'INVOCATION_ID=a',
      'SERVICE_RESULT=signal',
      'EXIT_CODE=exited',
      'EXIT_CODE=killed',
      'END',
      '\0',
    );
    const lines = fc.array(
      fc.oneof(
        line,
        fc.string().map((each) => `EXIT_STATUS=${each}`),
        fc.string(),
      ),
    );
    fc.assert(
      fc.property(lines, (all) => {
        const code = parseEnd(`${all.join('\n')}\nEND\n`, AT)?.exit?.code;
        expect(code === undefined || Number.isInteger(code)).toBe(true);
      }),
    );
  });
});

describe('Folders', () => {
  const id = parseContainerId('ab'.repeat(32));
  let directory: string;
  let folders: Folders;
  let folder: Folder;
  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'berth-folder-'));
    await mkdir(join(directory, 'run', 'pids'), { recursive: true });
    await mkdir(join(directory, 'data', 'containers'), { recursive: true });
    folders = new Folders(join(directory, 'data'), join(directory, 'run'));
    folder = folders.of(id);
  });
  afterAll(async () => {
    await rm(directory, { recursive: true });
  });

  it('prepares for a run: what the container wrote stays, what the last run left goes', async () => {
    folders.prepare(folder);
    await writeFile(join(folder.upper, 'kept'), '');
    const ofLastRun = [folder.exitAside, folder.hold, folder.runtimeLog, folder.pidFile];
    await Promise.all(ofLastRun.map(async (path) => await writeFile(path, '')));
    folders.prepare(folder);
    await expect(stat(join(folder.upper, 'kept'))).resolves.toBeDefined();
    for (const path of ofLastRun) await expect(stat(path)).rejects.toMatchObject({ code: 'ENOENT' });
    expect(folders.endOf(folder)).toBeUndefined();
    // Room for the next record.
    expect((await stat(folder.exit)).size).toBeGreaterThan(text('exit-code', 'exited', 255).length);
    expect((await stat(folder.path)).mode & 0o777).toBe(0o700);
  });

  it('holds and releases', async () => {
    expect(folders.isHeld(folder)).toBe(false);
    expect(folders.isToStart(folder)).toBe(false);
    folders.hold(folder, 'wait');
    expect([folders.isHeld(folder), folders.isToStart(folder)]).toEqual([true, false]);
    folders.hold(folder, 'start');
    expect([folders.isHeld(folder), folders.isToStart(folder)]).toEqual([true, true]);
    folders.release(folder);
    folders.release(folder);
    expect(folders.isHeld(folder)).toBe(false);
  });

  it('finds how the last run ended, and when', async () => {
    expect(folders.endOf(folder)).toBeUndefined();
    await writeFile(folder.exit, text('exit-code', 'exited', 3));
    const end = folders.endOf(folder);
    expect(end?.exit).toMatchObject({ code: 3, at: (await stat(folder.exit)).mtime });
  });

  it('finds the end that could not be written to its place, if that is the last', async () => {
    await writeFile(folder.exitAside, text('exit-code', 'exited', 4));
    await utimes(folder.exit, 10, 10);
    await utimes(folder.exitAside, 20, 20);
    expect(folders.endOf(folder)?.exit?.code).toBe(4);
    await utimes(folder.exit, 30, 30);
    expect(folders.endOf(folder)?.exit?.code).toBe(3);
  });

  it('writes down what a lost database can be filled from', async () => {
    await using world = aWorld();
    const container = await world.given('web', 'configured', { labels: { a: 'b' } });
    const own = world.folders.of(container.id);
    world.folders.describeAgain(container); // it has no folder yet, and gets none
    expect(await world.folders.names()).toEqual([]);
    world.folders.prepare(own);
    world.folders.describe(own, { ociVersion: '1' }, container);
    expect(JSON.parse(await readFile(join(own.path, 'config.json'), 'utf8'))).toEqual({ ociVersion: '1' });
    const [name = ''] = await world.folders.names();
    expect(await world.folders.described(name)).toEqual(container);
    await rename(own.path, join(dirname(own.path), 'other'));
    await expect(world.folders.described('other')).rejects.toThrow(container.id);
  });

  it('removes everything, and what is not there is no error', async () => {
    await folders.remove(folder);
    await folders.remove(folder);
    await expect(stat(folder.path)).rejects.toMatchObject({ code: 'ENOENT' });
  });
});
