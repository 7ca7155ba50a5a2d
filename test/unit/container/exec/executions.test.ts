import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { Executions } from '../../../../src/container/exec/executions.ts';
import { SessionBook } from '../../../../src/container/exec/session-book.ts';
import { SessionFiles } from '../../../../src/container/exec/session-files.ts';
import { noFaults } from '../../../../src/container/faults.ts';
import { runtimeLog } from '../../../../src/oci/runtime-log.ts';
import type { NewRelay } from '../../../../src/relay/relays.ts';
import { BusDisconnected, UnitJobFailed, UnitNotLoaded } from '../../../../src/systemd/unit-manager.ts';
import type { UnitExit } from '../../../../src/systemd/unit-status.ts';
import { aWorld, type World } from '../../../support/world.ts';

/** A child of berthd that waits at its gate. */
class Child {
  readonly pid = 4711;
  readonly #end = Promise.withResolvers<UnitExit>();
  isLetThrough = false;
  isDisposed = false;
  get ended(): Promise<UnitExit> {
    return this.#end.promise;
  }
  open(): void {
    this.isLetThrough = true;
  }
  exits(exit: UnitExit): void {
    this.#end.resolve(exit);
  }
  [Symbol.dispose](): void {
    this.isDisposed = true;
  }
}

let world: World;
let folder: string;
let book: SessionBook;
let child: Child;
let executions: Executions;
let failure: Error | undefined;

beforeEach(async () => {
  world = aWorld();
  folder = mkdtempSync(join(tmpdir(), 'berth-exec-'));
  failure = undefined;
  const { id } = await world.given('web', 'running');
  const { path } = world.folders.of(id);
  mkdirSync(path, { recursive: true });
  const own = { env: [], cwd: '/', user: { uid: 0, gid: 0 } };
  writeFileSync(join(path, 'config.json'), JSON.stringify({ process: own }));
  daemonStarts();
});
afterEach(async () => {
  await executions[Symbol.asyncDispose]();
  await world[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true });
});

/** As after the death of an earlier one: files and units are as they were. */
function daemonStarts(): void {
  book = new SessionBook(new SessionFiles(folder));
  child = new Child();
  const { registry, folders, log } = world;
  const [crun] = world.runtimes;
  const nothing = async (): Promise<void> => await Promise.resolve();
  const units = {
    startTransient: async () => await (failure === undefined ? Promise.resolve() : Promise.reject(failure)),
    status: async () => await Promise.resolve(undefined),
    kill: nothing,
    stop: async () => await Promise.resolve(undefined),
    changes: world.units.changes.bind(world.units),
  };
  const relay = { resize: () => undefined, attach: () => new DisposableStack() };
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- nobody looks at the rest of a relay here
  const opened = { relay, [Symbol.dispose]: () => undefined } as unknown as NewRelay;
  executions = new Executions({
    registry,
    folders,
    log,
    units,
    runtimes: { preferred: crun, find: () => crun },
    runtimeLog,
    relays: {
      open: async () => await Promise.resolve(opened),
      find: () => undefined,
      recover: async () => await Promise.resolve(undefined),
      finish: nothing,
      remove: nothing,
    },
    readInside: async () => await Promise.resolve(undefined),
    book,
    startGated: async () => await Promise.resolve(child),
    helper: '/usr/lib/berth/exec-session',
    nothing: { fd: 0 },
    lookAt: async (unit) => {
      await world.containers.unitChanged(unit);
    },
    faults: noFaults,
    now: () => world.now(),
  });
}

const create = async (): Promise<string> => (await executions.create('web', { command: ['true'] })).id;
const end = async (id: string) => await executions.ended(id);

it('lets a command through once systemd has its first process, and ends as that does', async () => {
  const id = await create();
  await executions.start(id, undefined, undefined);
  expect([child.isLetThrough, existsSync(book.files.of(id).process)]).toEqual([true, true]);
  child.exits({ code: 3 });
  expect(await end(id)).toMatchObject({ code: 3 });
});

it.each([
  ['is down', new UnitJobFailed('berth-exec-x.scope', 'dependency')],
  ['is not loaded any more', new UnitNotLoaded('berth-exec-x.scope')],
])('knows from systemd that the unit of the container %s, and runs nothing', async (_, refusal) => {
  const id = await create();
  world.units.becomes('berth-web.service', { activeState: 'deactivating', subState: 'stop-sigterm' });
  failure = refusal;
  await expect(executions.start(id, undefined, undefined)).rejects.toMatchObject({
    code: 'WrongState',
    facts: { container: 'web', state: 'stopping', operation: 'exec' },
  });
  expect([child.isLetThrough, child.isDisposed]).toEqual([false, true]);
  expect(await end(id)).toMatchObject({ code: 125 });
});

it('runs nothing where it is not known whether systemd has its first process', async () => {
  const id = await create();
  failure = new BusDisconnected('away');
  await expect(executions.start(id, undefined, undefined)).rejects.toBe(failure);
  expect([child.isLetThrough, child.isDisposed]).toEqual([false, true]);
});

it.each([
  ['what was recorded of its end', { exit: '7\n', pid: '4711' }, { code: 7 }],
  ['nothing, where the record was cut short', { exit: '7', pid: '4711' }, { code: undefined }],
  ['nothing, where the one who records was killed', { pid: '4711' }, { code: undefined }],
  ['that it was not started', {}, { code: 125, message: 'it was not started' }],
])(
  'finds of a session that an earlier berthd has started: %s',
  async (_, { exit, pid }: { exit?: string; pid?: string }, found) => {
    const id = await create();
    await executions.start(id, undefined, undefined);
    const files = book.files.of(id);
    if (pid !== undefined) writeFileSync(files.pidFile, pid);
    if (exit !== undefined) writeFileSync(files.exit, exit);
    await executions[Symbol.asyncDispose]();
    child.exits({ code: 0 }); // the next one hears of it
    daemonStarts();
    await executions.recover();
    expect(await end(id)).toMatchObject(found);
  },
);
