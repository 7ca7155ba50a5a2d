import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Container } from '../../../../src/container/container.ts';
import { noFaults } from '../../../../src/container/faults.ts';
import { Folders } from '../../../../src/container/folder.ts';
import { prepareSetUp } from '../../../../src/container/operations/set-up.ts';
import type { Ports } from '../../../../src/container/ports.ts';
import type { UnitCommands } from '../../../../src/container/unit.ts';
import { makeLocked } from '../../../../src/lib/file-lock.ts';
import type { UnitExit } from '../../../../src/systemd/unit-status.ts';
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
beforeEach(() => {
  run = mkdtempSync(join(tmpdir(), 'berth-unit-'));
  world = aWorld();
  did = [];
  end = Promise.withResolvers();
});
afterEach(async () => {
  await world[Symbol.asyncDispose]();
  rmSync(run, { recursive: true });
});

async function prepare(request: object = {}, version = 257): ReturnType<typeof prepareSetUp> {
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
    lastTold: () => ({ mainPid: 200 }),
    handOver: async (from: number, to: number) => {
      did.push(`${from} is ${to} now`);
      await Promise.resolve();
    },
  };
  const handle = { signal: (number: number) => void did.push(`signal ${number}`), [Symbol.dispose]: () => undefined };
  const ports = {
    units,
    log: world.log,
    faults: noFaults,
    setUps: {
      helper: '/usr/lib/berth/set-up',
      nothing: { fd: 6 },
      start: async (argv: readonly string[], fds: object, { oomScoreAdjust }: { oomScoreAdjust: number }) => {
        did.push(`${argv.slice(3).join(' ')}; ${JSON.stringify(fds)}; ${oomScoreAdjust}`);
        return await Promise.resolve(program);
      },
      lock: async (path: string, content: string) => await Promise.resolve(makeLocked(path, content)),
      open: async (pid: number, unit: string) => {
        did.push(`open ${pid} of ${unit}`);
        return await Promise.resolve(handle);
      },
    },
  };
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- it looks at nothing else
  return await prepareSetUp(ports as unknown as Ports, container, folder, commands, streams);
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
