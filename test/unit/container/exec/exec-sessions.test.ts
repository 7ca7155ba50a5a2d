import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ExecSessions } from '../../../../src/container/exec/exec-sessions.ts';
import { SessionStore } from '../../../../src/container/exec/session-store.ts';
import { SessionFiles } from '../../../../src/container/exec/session-files.ts';
import { stateOf } from '../../../../src/container/exec/session.ts';
import { noFaults } from '../../../../src/container/faults.ts';
import { DescriptorUnavailable, type TakenDescriptors } from '../../../../src/lib/peer-descriptors.ts';
import { runtimeLog } from '../../../../src/oci/runtime-log.ts';
import type { NewRelay } from '../../../../src/relay/relay-request.ts';
import { BusDisconnected } from '../../../../src/systemd/errors.ts';
import type { ActiveState, UnitExit } from '../../../../src/systemd/units/unit-status.ts';
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
  kill(): void {
    this.exits({ signal: 'SIGKILL', dumpedCore: false });
  }
  exits(exit: UnitExit): void {
    this.#end.resolve(exit);
  }
  [Symbol.dispose](): void {
    this.isDisposed = true;
  }
}

/** A client's process, and what was taken from it. */
class Caller {
  readonly socket = 7;
  /** What it has open; the copies are a hundred more. */
  readonly descriptors = [0, 1, 2, 3, 4];
  readonly taken = new Set<number>();
  readonly given: (readonly number[])[] = [];

  take(wanted: readonly number[]): TakenDescriptors {
    const closed = wanted.find((descriptor) => !this.descriptors.includes(descriptor));
    if (closed !== undefined) throw new DescriptorUnavailable(closed, 'not-open');
    const fds = wanted.map((descriptor) => 100 + descriptor);
    for (const fd of fds) this.taken.add(fd);
    return {
      fds,
      [Symbol.dispose]: () => {
        for (const fd of fds) this.taken.delete(fd);
      },
    };
  }
}

let world: World;
let folder: string;
let store: SessionStore;
let child: Child;
let sessions: ExecSessions;
let steps: string[] = [];
let failure: Error | undefined;
/** Of the unit of every session. */
let unitState: ActiveState | undefined;
let populated = false;
let caller: Caller;

beforeEach(async () => {
  world = aWorld();
  folder = mkdtempSync(join(tmpdir(), 'berth-exec-'));
  failure = undefined;
  unitState = undefined;
  populated = false;
  caller = new Caller();
  const { id } = await world.given('web', 'running');
  const { path } = world.folders.of(id);
  mkdirSync(path, { recursive: true });
  const own = { env: [], cwd: '/', user: { uid: 0, gid: 0 } };
  writeFileSync(join(path, 'config.json'), JSON.stringify({ process: own }));
  daemonStarts();
});
afterEach(async () => {
  await sessions[Symbol.asyncDispose]();
  await world[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true });
});

/** As after the death of an earlier one: files and units are as they were. */
function daemonStarts(): void {
  steps = [];
  store = new SessionStore(new SessionFiles(folder));
  child = new Child();
  const { index, folders, log } = world;
  const [crun] = world.runtimes;
  const nothing = async (): Promise<void> => await Promise.resolve();
  const units = {
    facts: world.units.facts,
    expectStart: () => steps.push('start expected'),
    startTransient: async () => await (failure === undefined ? Promise.resolve() : Promise.reject(failure)),
    status: async () => {
      const loaded = await world.units.status('berth-web.service');
      return loaded && unitState && { ...loaded, activeState: unitState };
    },
    service: world.units.service.bind(world.units),
    kill: nothing,
    stop: async () => {
      steps.push('unit stopped');
      return await Promise.resolve(undefined);
    },
    changes: world.units.changes.bind(world.units),
  };
  const relay = { resize: () => undefined, attach: () => new DisposableStack() };
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- nobody looks at the rest of a relay here
  const opened = { relay, [Symbol.dispose]: () => undefined } as unknown as NewRelay;
  sessions = new ExecSessions({
    index,
    folders,
    log,
    units,
    runtimes: { preferred: crun, find: () => crun },
    runtimeLog,
    relays: {
      open: async () => await Promise.resolve(opened),
      find: () => undefined,
      recover: async () => await Promise.resolve(undefined),
      finish: async () => await Promise.resolve('done'),
      remove: nothing,
    },
    readInside: () => undefined,
    store,
    start: async (_argv, _streams, _defaults, further) => {
      steps.push('process made');
      caller.given.push(further);
      return await Promise.resolve(child);
    },
    urgently: async () => await Promise.resolve([]),
    takeDescriptors: async (peer, wanted) => {
      expect(peer).toBe(caller);
      return await Promise.resolve(caller.take(wanted));
    },
    isPopulated: async () => await Promise.resolve(populated),
    helper: '/usr/lib/berth/exec-session',
    nothing: { fd: 0 },
    lane: {
      lookAtUnit: async (unit) => {
        await world.recovery.unitChanged(unit);
      },
    },
    faults: noFaults,
    now: () => world.now(),
  });
}

const create = (): string => sessions.create('web', { command: ['true'] }).id;
const end = async (id: string) => await sessions.ended(id);

it('says that a process is going to be moved before there is one, and not of a session that cannot be started', async () => {
  const id = create();
  await sessions.start(id, { caller });
  await expect(sessions.start(id, { caller })).rejects.toMatchObject({ code: 'WrongExecState' });
  expect(steps).toEqual(['start expected', 'process made']);
});

it('lets a command through once systemd has its first process, and ends as that does', async () => {
  const id = create();
  await sessions.start(id, { caller });
  expect([child.isLetThrough, existsSync(store.files.of(id).process)]).toEqual([true, true]);
  child.exits({ code: 3 });
  expect(await end(id)).toMatchObject({ code: 3 });
});

it.each<[string, string, () => void]>([
  [
    'goes down',
    'stopping',
    () => {
      world.units.becomes('berth-web.service', { activeState: 'deactivating', subState: 'stop-sigterm' });
    },
  ],
  [
    'is not loaded any more',
    'exited',
    () => {
      world.units.reboot();
    },
  ],
])('knows from systemd that the unit of the container %s, and runs nothing', async (_, state, meanwhile) => {
  const id = create();
  meanwhile();
  await expect(sessions.start(id, { caller })).rejects.toMatchObject({
    code: 'WrongState',
    facts: { container: 'web', state, operation: 'exec' },
  });
  expect([child.isLetThrough, child.isDisposed]).toEqual([false, true]);
  expect(await end(id)).toMatchObject({ code: 125 });
});

it('runs nothing where it is not known whether systemd has its first process', async () => {
  const id = create();
  failure = new BusDisconnected('away');
  await expect(sessions.start(id, { caller })).rejects.toBe(failure);
  expect([child.isLetThrough, child.isDisposed]).toEqual([false, true]);
});

it('gives up waiting for a caller who has hung up, which is no fault, once the command was let through', async () => {
  const id = create();
  const call = new AbortController();
  const started = sessions.startDetached(id, caller, call.signal);
  await expect.poll(() => child.isLetThrough).toBe(true);
  call.abort();
  await expect(started).rejects.toMatchObject({ name: 'AbortError' });
});

it('runs for a caller who has hung up meanwhile, and nobody misses him', async () => {
  const id = create();
  const call = new AbortController();
  const started = sessions.startDetached(id, caller, call.signal);
  call.abort();
  writeFileSync(store.files.of(id).pidFile, '4711');
  await started;
  expect(child.isLetThrough).toBe(true);
});

it.each([
  ['what was recorded of its end', { exit: '7\n', pid: '4711' }, { code: 7 }],
  ['nothing, where the record was cut short', { exit: '7', pid: '4711' }, { code: undefined }],
  ['nothing, where the one who records was killed', { pid: '4711' }, { code: undefined }],
  ['that it was not started', {}, { code: 125, message: 'it was not started' }],
])(
  'finds of a session that an earlier berthd has started: %s',
  async (_, { exit, pid }: { exit?: string; pid?: string }, found) => {
    const id = create();
    await sessions.start(id, { caller });
    const files = store.files.of(id);
    if (pid !== undefined) writeFileSync(files.pidFile, pid);
    if (exit !== undefined) writeFileSync(files.exit, exit);
    await sessions[Symbol.asyncDispose]();
    child.exits({ code: 0 }); // the next one hears of it
    daemonStarts();
    await sessions.recover();
    expect(await end(id)).toMatchObject(found);
  },
);

it('ends a session whose unit systemd calls active for ever, because its process ended while it was adopted', async () => {
  const id = create();
  await sessions.start(id, { caller });
  await sessions[Symbol.asyncDispose]();
  child.exits({ code: 0 }); // the next one hears of it
  unitState = 'active';
  daemonStarts();
  await sessions.recover();
  expect(await end(id)).toMatchObject({ code: 125, message: 'it was not started' });
  expect(steps).toEqual(['unit stopped']);
});

it('waits for a session that an earlier berthd has started, and that has a process', async () => {
  const id = create();
  await sessions.start(id, { caller });
  await sessions[Symbol.asyncDispose]();
  child.exits({ code: 0 }); // the next one hears of it
  [unitState, populated] = ['active', true];
  daemonStarts();
  await sessions.recover();
  expect([stateOf(store.find(id)), steps]).toEqual(['running', []]);
});

it('ends what a first process that was killed has left of its session', async () => {
  const id = create();
  await sessions.start(id, { caller });
  child.kill();
  expect(await end(id)).toMatchObject({ code: 137 });
  expect(steps).toContain('unit stopped');
});

describe('descriptors of the caller', () => {
  const createWith = (preservedDescriptors: number): string =>
    sessions.create('web', { command: ['true'], preservedDescriptors }).id;

  it('are taken when the session is started, go to its first process from 3 on, and are not kept', async () => {
    const id = createWith(2);
    expect(caller.taken.size).toBe(0);
    await sessions.start(id, { caller });
    expect(caller.given).toEqual([[103, 104]]);
    expect(caller.taken.size).toBe(0);
  });

  it('are let go where the session cannot be started after all', async () => {
    const id = createWith(2);
    failure = new BusDisconnected('away');
    await expect(sessions.start(id, { caller })).rejects.toBe(failure);
    expect(caller.taken.size).toBe(0);
  });

  it('that are not open leave the session to be started yet', async () => {
    const id = createWith(3);
    await expect(sessions.start(id, { caller })).rejects.toMatchObject({ descriptor: 5, reason: 'not-open' });
    expect(stateOf(store.find(id))).toBe('created');
    caller.descriptors.push(5);
    await sessions.start(id, { caller });
    expect(caller.given).toEqual([[103, 104, 105]]);
  });

  it('are those of the first of two who start it at the same time', async () => {
    const id = createWith(1);
    const [first, second] = await Promise.allSettled([sessions.start(id, { caller }), sessions.start(id, { caller })]);
    expect([first.status, second]).toMatchObject(['fulfilled', { reason: { code: 'WrongExecState' } }]);
    expect([caller.given, caller.taken.size]).toEqual([[[103]], 0]);
  });

  it.each([-1, 7, 0.5])('are not %d', (count) => {
    expect(() => createWith(count)).toThrow(
      expect.objectContaining({
        code: 'InvalidParameter',
        facts: { parameter: 'configuration.preservedDescriptors' },
      }),
    );
  });
});
