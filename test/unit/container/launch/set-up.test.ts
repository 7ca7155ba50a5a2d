import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Container } from '../../../../src/container/container.ts';
import { noFaults } from '../../../../src/container/faults.ts';
import { Folders, type Next } from '../../../../src/container/records/folder.ts';
import { prepareSetUp } from '../../../../src/container/launch/set-up.ts';
import type { LaunchPorts } from '../../../../src/container/launch/ports.ts';
import type { UnitCommands } from '../../../../src/container/launch/unit.ts';
import { makeLocked } from '../../../../src/lib/file-lock.ts';
import type { UnitExit } from '../../../../src/systemd/units/unit-status.ts';
import { aWorld, type World } from '../../../support/world.ts';

const commands: UnitCommands = {
  mount: ['/usr/bin/mount', 'it'],
  mountDirectory: '/store',
  create: ['/usr/bin/crun', 'create'],
  start: [],
  forget: [],
  helpers: '/usr/lib/berth',
};
const streams = { stdout: 7, stderr: 8 };
const main = { pid: 100, invocationId: 'abc' };
const UNIT = 'berth-web.service';

let run: string;
let world: World;
let did: string[];
let end: PromiseWithResolvers<UnitExit>;
/** The kernel tells that the unit's group is there. */
let groupMade: () => void;
/** Why the program cannot be run. */
let failure: Error | undefined;
/** What can be executed in the runtime's place. */
let lease: { fd: number; path: string; [Symbol.dispose]: () => void } | undefined;
beforeEach(() => {
  run = mkdtempSync(join(tmpdir(), 'berth-unit-'));
  world = aWorld();
  did = [];
  end = Promise.withResolvers();
  failure = undefined;
  lease = undefined;
});
afterEach(async () => {
  await world[Symbol.asyncDispose]();
  rmSync(run, { recursive: true });
});

async function prepare(request: object = {}, version = 257, next: Next = 'start'): ReturnType<typeof prepareSetUp> {
  const container: Container = await world.given('web', 'configured', request);
  const folders = new Folders(run, run);
  const folder = { ...folders.of(container.id), pidFile: join(run, 'pid'), setupFile: join(run, 'setup') };
  const program = {
    pid: 99,
    ended: end.promise,
    open: () => void did.push('let through'),
    kill: () => {
      did.push('killed');
      end.resolve({ signal: 'SIGKILL', dumpedCore: false });
    },
    [Symbol.dispose]: () => {
      did.push('sent home');
      end.resolve({ code: 1 });
    },
  };
  const units = {
    facts: { ...world.units.facts, version },
    expectStart: () => undefined,
    lastTold: () => ({ mainPid: 200 }),
    handOver: async (from: number, to: number) => {
      did.push(`${from} is ${to} now`);
      await Promise.resolve();
    },
  };
  const handle = { signal: (number: number) => void did.push(`signal ${number}`), [Symbol.dispose]: () => undefined };
  const runtime = {
    lease: async () => await Promise.resolve(lease),
    delete: async (_: string, { ifRunning }: { ifRunning: string }) => {
      did.push(`delete, ${ifRunning}`);
      await Promise.resolve();
    },
  };
  const unmountAll = async (): Promise<void> => {
    did.push('unmount');
    await Promise.resolve();
  };
  const ports = {
    units,
    log: world.log,
    faults: noFaults,
    runtimes: { find: () => runtime },
    mounts: { unmountAll },
    folders,
    network: world.network,
    setUps: {
      helper: '/usr/lib/berth/set-up',
      nothing: { fd: 6 },
      start: async (
        argv: readonly string[],
        fds: object,
        { oomScoreAdjust }: { oomScoreAdjust: number },
        [, ...further]: readonly number[],
      ) => {
        did.push([argv.slice(4).join(' '), JSON.stringify(fds), oomScoreAdjust, ...further].join('; '));
        await Promise.resolve();
        if (failure !== undefined) throw failure;
        return program;
      },
      groups: {
        expect: (_: string, made: () => void) => {
          groupMade = made;
          return { [Symbol.dispose]: () => undefined };
        },
      },
      lock: async (path: string, content: string) => await Promise.resolve(makeLocked(path, content)),
      open: async (pid: number, unit: string) => {
        did.push(`open ${pid} of ${unit}`);
        return await Promise.resolve(handle);
      },
    },
  };
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- it looks at nothing else
  return await prepareSetUp(ports as unknown as LaunchPorts, container, folder, commands, streams, next);
}
const mark = (): string => readFileSync(join(run, 'setup'), 'utf8');
const STARTED = '/store /usr/bin/mount it -- /usr/bin/crun create; {"stdin":6,"stdout":7,"stderr":8}; 0';

describe('a set-up', () => {
  it('names the process, leaves the mark, and then ends the program that it was to spare', async () => {
    {
      await using setUp = await prepare();
      expect(mark()).toBe('berthd\n');
      setUp?.spawned(main);
      writeFileSync(join(run, 'pid'), '200');
      end.resolve({ code: 0 });
      await expect.poll(mark).toBe('done abc\n');
      expect(did).toEqual([STARTED, 'let through', `open 100 of ${UNIT}`, '100 is 200 now']);
    }
    expect(did.slice(4)).toEqual(['killed', 'signal 9']);
  });

  it('goes on as soon as the group is there, and once', async () => {
    await using setUp = await prepare();
    groupMade();
    await expect.poll(() => did.slice(1)).toEqual(['let through']);
    setUp?.spawned(main);
    writeFileSync(join(run, 'pid'), '200');
    end.resolve({ code: 0 });
    await expect.poll(mark).toBe('done abc\n');
    expect(did.slice(1)).toEqual(['let through', `open 100 of ${UNIT}`, '100 is 200 now']);
  });

  it('gives up what it has made in a group that no process came to', async () => {
    {
      await using _ = await prepare();
      groupMade();
      await expect.poll(() => did.at(-1)).toBe('let through');
    }
    expect(did.slice(2)).toEqual(['killed', 'delete, kill', 'unmount']);
    expect(mark()).toBe('berthd\n');
  });

  it('has what can be executed in the runtime’s place, until it is', async () => {
    lease = { fd: 33, path: '', [Symbol.dispose]: () => void did.push('given back') };
    await using _ = await prepare();
    expect(did[0]).toBe(STARTED.replace('/usr/bin/crun', '/proc/self/fd/4') + '; 33');
    await expect.poll(() => did[1]).toBe('given back');
  });

  it('has the runtime itself where its process is going to wait under that name', async () => {
    lease = { fd: 33, path: '', [Symbol.dispose]: () => undefined };
    await using _ = await prepare({}, 257, 'wait');
    expect(did[0]).toBe(STARTED);
  });

  it('is left to the unit where its program cannot be run', async () => {
    failure = new Error('EAGAIN');
    {
      await using setUp = await prepare();
      groupMade();
      setUp?.spawned(main);
    }
    expect(did).toEqual([STARTED]);
    expect(world.log.entries).toContainEqual(expect.objectContaining({ level: 'warn' }));
  });

  it('is taken back where the unit never came to a process', async () => {
    {
      await using _ = await prepare();
    }
    expect([did.slice(1), mark()]).toEqual([['sent home'], 'berthd\n']);
  });

  it('is left to the unit where it fails', async () => {
    {
      await using setUp = await prepare();
      setUp?.spawned(main);
      end.resolve({ code: 1 });
    }
    expect(did).not.toContain('100 is 200 now');
    expect(did).not.toContain('signal 9');
    expect(mark()).toBe('berthd\n');
  });

  it('is ended where the start of the unit fails meanwhile', async () => {
    {
      await using setUp = await prepare();
      setUp?.spawned(main);
    }
    expect(did.at(-1)).toBe('killed');
    expect(mark()).toBe('berthd\n');
  });

  it.each([
    ['systemd knows no group for unit-start', {}, 253],
    ['something is asked for processes', { unitProperties: ['Nice=3'] }, 257],
  ])('is the unit’s where %s', async (_, request, version) => {
    expect(await prepare(request, version)).toBeUndefined();
    expect(did).toEqual([]);
  });

  it('has the OOM score that the container is to have', async () => {
    await using _ = await prepare({ oomScoreAdjust: 7, unitProperties: ['MemoryMax=1G'] });
    expect(did[0]).toMatch(/; 7$/);
  });
});
