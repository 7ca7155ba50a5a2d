/** The bus adapter against a real systemd. */
import { closeSync, openSync, readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DbusUnitManager } from '../../src/systemd/units/dbus-unit-manager.ts';
import { bool, byteStrings, exec, exitStatusSet, fd, text, usec } from '../../src/unit-file/properties.ts';
import type { MainProcess } from '../../src/systemd/units/unit-manager.ts';
import type { UnitProperty } from '../../src/unit-file/properties.ts';
import type { UnitChange } from '../../src/systemd/units/unit-status.ts';
import { describeUnitManager } from '../support/unit-manager-contract.ts';
import { Machine } from './machine.ts';

let machine: Machine;
let units: DbusUnitManager;
let following: AbortController;

beforeAll(async () => {
  machine = await Machine.boot();
  units = await DbusUnitManager.open({ address: `unix:path=${machine.path('/run/dbus/system_bus_socket')}` });
  following = new AbortController();
});
afterAll(async () => {
  following.abort();
  await units[Symbol.asyncDispose]();
  await machine[Symbol.asyncDispose]();
});

let count = 0;
const aName = (): string => `berth-test-${(count++).toString()}.service`;
/** Without `no-env-expand`, systemd would make one `$` of two. */
const sh = (script: string): UnitProperty =>
  exec('ExecStart', [{ path: '/bin/sh', argv: ['sh', '-c', script], flags: ['no-env-expand'] }]);
const oneshot = text('Type', 'oneshot');

async function start(...properties: UnitProperty[]): Promise<string> {
  const name = aName();
  await units.startTransient({ name, properties });
  return name;
}

/** The changes of one unit, until one of them is what `last` waits for. */
async function follow(
  name: string,
  last: (change: UnitChange) => boolean,
  act: () => Promise<void>,
): Promise<UnitChange[]> {
  const seen: UnitChange[] = [];
  const changes = units.changes(
    AbortSignal.any([following.signal, AbortSignal.timeout(20_000)]),
    (unit) => unit === name,
  );
  const acted = act();
  for await (const change of changes) {
    seen.push(change);
    if (last(change)) break;
  }
  await acted;
  return seen;
}
const isRemoved = ({ kind }: UnitChange): boolean => kind === 'removed';

describe('startTransient', () => {
  it('resolves when a service runs, and tells what it is', async () => {
    const before = Date.now() - 1000;
    const name = await start(text('Description', 'sleeps'), text('Type', 'exec'), sh('exec sleep 1000'));
    const status = await units.status(name);
    expect(status).toMatchObject({
      name,
      description: 'sleeps',
      loadState: 'loaded',
      activeState: 'active',
      subState: 'running',
      result: 'success',
      exit: undefined,
      controlGroup: `/system.slice/${name}`,
      transient: true,
      restarts: 0,
    });
    expect(status?.invocationId).toMatch(/^[0-9a-f]{32}$/);
    expect(status?.mainStartedAt?.getTime()).toBeGreaterThan(before);
    expect(await units.processes(name)).toEqual([
      { pid: status?.mainPid, controlGroup: `/system.slice/${name}`, commandLine: 'sleep 1000' },
    ]);
    expect(await units.isTransient(name)).toBe(true);
    expect(await units.stop(name)).toMatchObject({ activeState: 'inactive' });
    expect(await units.status(name)).toBeUndefined();
  });

  it('tells of one that fails while it is stopped, and stays loaded', async () => {
    const name = await start(
      text('Type', 'exec'),
      exec('ExecStopPost', [{ path: '/bin/false', argv: ['false'] }]),
      sh('exec sleep 1000'),
    );
    expect(await units.stop(name)).toMatchObject({ activeState: 'failed' });
    expect(await units.isTransient(name)).toBe(true);
    await units.resetFailed(name);
    expect(await units.isTransient(name)).toBeUndefined();
  });

  it('resolves for a oneshot when it has ended', async () => {
    await start(oneshot, sh('echo done >/run/oneshot-was-here'));
    expect(readFileSync(machine.path('/run/oneshot-was-here'), 'utf8')).toBe('done\n');
  });

  it('rejects with the result and what is known of the unit when the start fails', async () => {
    const failing = start(oneshot, text('CollectMode', 'inactive-or-failed'), sh('exit 7'));
    await expect(failing).rejects.toMatchObject({
      name: 'UnitJobFailed',
      result: 'failed',
      last: { activeState: 'failed', service: { result: 'exit-code', exit: { code: 7 } } },
    });
  });

  it('says that it took too long', async () => {
    const failing = start(
      oneshot,
      usec('TimeoutStartUSec', 200),
      text('CollectMode', 'inactive-or-failed'),
      sh('sleep 1000'),
    );
    await expect(failing).rejects.toMatchObject({ result: 'failed', last: { service: { result: 'timeout' } } });
  });

  it('says dependency when another unit is what failed', async () => {
    const [needed, needing] = [aName(), aName()];
    await units.startTransient({ name: needed, properties: [oneshot, sh('exit 1')] }).catch(() => undefined);
    const requires = (property: string): UnitProperty => ({ name: property, signature: 'as', value: [needed] });
    const properties = [requires('Requires'), requires('After'), oneshot, sh('true')];
    await expect(units.startTransient({ name: needing, properties })).rejects.toMatchObject({ result: 'dependency' });
    await units.resetFailed(needed);
  });

  it('refuses a name that is loaded, also one that failed until it is reset', async () => {
    const name = aName();
    const unit = { name, properties: [oneshot, sh('exit 1')] };
    await expect(units.startTransient(unit)).rejects.toMatchObject({ name: 'UnitJobFailed' });
    await expect(units.startTransient(unit)).rejects.toMatchObject({ name: 'UnitExists', unit: name });
    await units.resetFailed(name);
    await expect(units.startTransient(unit)).rejects.toMatchObject({ name: 'UnitJobFailed' });
    await units.resetFailed(name);
  });

  it.each([
    ['an unknown property', text('Nonsense', 'x'), 'org.freedesktop.DBus.Error.PropertyReadOnly'],
    ['a bad value', text('Type', 'nonsense'), 'org.freedesktop.DBus.Error.InvalidArgs'],
    ['a bad type', text('MemoryMax', '1G'), 'System.Error.ENXIO'],
  ])('refuses %s in the words of systemd', async (_, property, dbusError) => {
    await expect(start(property, sh('true'))).rejects.toMatchObject({ name: 'UnitRefused', dbusError });
  });

  it('passes descriptors on', async () => {
    const path = machine.path('/run/passed');
    const [out, err] = [openSync(path, 'w'), openSync(`${path}-err`, 'w')];
    const streams = [fd('StandardOutputFileDescriptor', out), fd('StandardErrorFileDescriptor', err)];
    await start(oneshot, ...streams, sh('echo to stdout; echo to stderr >&2'));
    closeSync(out);
    closeSync(err);
    expect([readFileSync(path, 'utf8'), readFileSync(`${path}-err`, 'utf8')]).toEqual(['to stdout\n', 'to stderr\n']);
  });

  it('runs commands with their flags, and gives fields to the journal', async () => {
    const name = await start(
      oneshot,
      byteStrings('LogExtraFields', ['BERTH_TEST=ä b']),
      exec('ExecStartPre', [{ path: '/bin/false', argv: ['false'], flags: ['ignore-failure'] }]),
      exec('ExecStart', [{ path: '/bin/echo', argv: ['echo', '$HOME'], flags: ['no-env-expand', 'privileged'] }]),
    );
    await machine.check(['journalctl', '--sync']);
    const { stdout } = await machine.check(['journalctl', '-o', 'cat', 'BERTH_TEST=ä b', `_SYSTEMD_UNIT=${name}`]);
    expect(stdout.toString()).toBe('$HOME\n');
  });

  it('starts fifty at once', async () => {
    const names = Array.from({ length: 50 }, (_, index) => `berth-test-many-${index.toString()}.service`);
    await Promise.all(
      names.map(async (name) => {
        await units.startTransient({ name, properties: [sh('exec sleep 1000')] });
      }),
    );
    const listed = await units.list(['berth-test-many-*.service']);
    expect(new Set(listed.map(({ name }) => name))).toEqual(new Set(names));
    expect(listed.every(({ activeState }) => activeState === 'active')).toBe(true);
    await Promise.all(names.map(async (name) => await units.stop(name)));
    expect(await units.list(['berth-test-many-*.service'])).toEqual([]);
  });

  it('says when the main process is there, long before that is through', async () => {
    const name = aName();
    const seen: MainProcess[] = [];
    const spawned = (main: MainProcess): void => void seen.push(main);
    await units.startTransient({ name, properties: [text('Type', 'exec'), sh('exec sleep 1000')] }, { spawned });
    const { mainPid: pid, invocationId } = (await units.status(name)) ?? {};
    expect(seen).toEqual([{ pid, invocationId }]);
    await units.stop(name);
  });

  it('says nothing where the unit comes to no process', async () => {
    const spawned = (): void => expect.unreachable();
    const value = [['ConditionPathExists', false, false, '/no/such']];
    const condition = { name: 'Conditions', signature: 'a(sbbs)', value };
    await units.startTransient({ name: aName(), properties: [condition, sh('exec sleep 1000')] }, { spawned });
    const bad = units.startTransient({ name: aName(), properties: [text('No', 'such')] }, { spawned });
    await expect(bad).rejects.toMatchObject({ name: 'UnitRefused' });
  });

  it('stops waiting when its signal aborts, and leaves the job alone', async () => {
    const name = aName();
    const abort = new AbortController();
    const properties = [oneshot, bool('RemainAfterExit', true), sh('read line </run/go')];
    await machine.check(['mkfifo', '/run/go']);
    const seen = await follow(
      name,
      (change) => change.kind === 'changed' && change.subState === 'exited',
      async () => {
        const starting = units.startTransient({ name, properties }, { signal: abort.signal });
        await follow(
          name,
          (change) => change.kind === 'changed' && change.subState === 'start',
          async () => {},
        );
        abort.abort(new Error('enough'));
        await expect(starting).rejects.toThrow('enough');
        expect(await units.status(name)).toMatchObject({ activeState: 'activating' });
        await machine.sh('echo >/run/go');
      },
    );
    expect(seen.at(-1)).toMatchObject({ activeState: 'active' });
    await units.stop(name);
    await expect(units.status(name, AbortSignal.abort(new Error('too late')))).rejects.toThrow('too late');
  });
});

describe('the end of a service', () => {
  it.each([
    ['an exit code', 'exit 0', { code: 0 }, 'success', 'inactive'],
    ['another exit code', 'exit 42', { code: 42 }, 'exit-code', 'failed'],
    ['a signal', 'kill -TERM $$', { signal: 'SIGTERM', dumpedCore: false }, 'success', 'inactive'],
    ['SIGKILL', 'kill -KILL $$', { signal: 'SIGKILL', dumpedCore: false }, 'signal', 'failed'],
    ['a realtime signal', 'kill -36 $$', { signal: 'SIGRTMIN+2', dumpedCore: false }, 'signal', 'failed'],
  ])('is told with %s, before the unit goes', async (_, script, exit, result, activeState) => {
    const name = aName();
    const properties = [text('CollectMode', 'inactive-or-failed'), sh(script)];
    const seen = await follow(name, isRemoved, async () => {
      await units.startTransient({ name, properties });
    });
    const ends = seen.filter((change) => change.kind === 'changed' && change.service?.exit !== undefined);
    expect(ends.at(-1)).toMatchObject({ activeState, service: { result, exit, mainPid: 0 } });
    expect(seen.at(-1)).toEqual({ kind: 'removed', unit: name });
  });

  it('is a success with the statuses that count as one', async () => {
    const name = aName();
    const properties = [exitStatusSet('SuccessExitStatus', { codes: [42], signals: [9] }), sh('exit 42')];
    const seen = await follow(name, isRemoved, async () => {
      await units.startTransient({ name, properties });
    });
    expect(seen.at(-2)).toMatchObject({ activeState: 'inactive', service: { result: 'success', exit: { code: 42 } } });
  });

  it('is followed by a restart where the unit says so', async () => {
    const name = aName();
    const properties = [
      text('Restart', 'on-failure'),
      usec('RestartUSec', 10),
      sh('test -e /run/second || { touch /run/second; exit 3; }; exec sleep 1000'),
    ];
    const seen = await follow(
      name,
      (change) => change.kind === 'changed' && change.service?.restarts === 1 && change.subState === 'running',
      async () => {
        await units.startTransient({ name, properties });
      },
    );
    const states = seen.flatMap((change) => (change.kind === 'changed' ? [change.subState] : []));
    expect(states.at(-1)).toBe('running');
    expect(states).toContain('auto-restart');
    await units.stop(name);
  });
});

describe('a running unit', () => {
  it('is signalled and thawed', async () => {
    const name = await start(sh('exec sleep 1000'));
    await machine.check(['systemctl', 'freeze', name]);
    const freezer = ['systemctl', 'show', '--value', '--property=FreezerState', name];
    expect((await machine.check(freezer)).text()).toBe('frozen');
    await units.thaw(name);
    expect((await machine.check(freezer)).text()).toBe('running');
    await expect(units.kill(name, 'control', 15)).rejects.toMatchObject({ name: 'NoSuchProcess' });
    await follow(name, isRemoved, async () => {
      await units.kill(name, 'main', 15);
    });
    expect(await units.status(name)).toBeUndefined();
  });

  it('is started and stopped again by name', async () => {
    await machine.sh(
      'printf "[Service]\\nExecStart=sleep 1000\\n" >/run/systemd/system/filed.service; systemctl daemon-reload',
    );
    await units.start('filed.service');
    expect(await units.status('filed.service')).toMatchObject({ activeState: 'active', transient: false });
    expect(await units.isTransient('filed.service')).toBe(false);
    await units.stop('filed.service', { mode: 'fail' });
  });
});

describe('a unit that is not there', () => {
  const absent = 'berth-test-absent.service';
  it('is no status, and an error for everything that needs it', async () => {
    expect(await units.status(absent)).toBeUndefined();
    expect(await units.isTransient(absent)).toBeUndefined();
    expect(await units.list([absent])).toEqual([]);
    const notLoaded = { name: 'UnitNotLoaded', unit: absent };
    await expect(units.start(absent)).rejects.toMatchObject(notLoaded);
    await expect(units.stop(absent)).rejects.toMatchObject(notLoaded);
    await expect(units.kill(absent, 'all', 15)).rejects.toMatchObject(notLoaded);
    await expect(units.thaw(absent)).rejects.toMatchObject(notLoaded);
    await expect(units.processes(absent)).rejects.toMatchObject(notLoaded);
    await expect(units.setProperties(absent, 'runtime', [])).rejects.toMatchObject(notLoaded);
    await units.resetFailed(absent);
  });
});

/** Ends with the code that it reads, once somebody writes one. */
const UNTIL_TOLD =
  'mkfifo /run/contract-$$; exec 3<>/run/contract-$$; read -r code <&3; rm /run/contract-$$; exit "$code"';

describeUnitManager(() => ({
  units,
  folder: '/run',
  command: { path: '/bin/sh', argv: ['sh', '-c', UNTIL_TOLD] },
  exit: async (unit, code) => {
    const { mainPid = 0 } = (await units.status(unit)) ?? {};
    await machine.sh(`until [ -p /run/contract-${mainPid} ]; do :; done; echo ${code} >/run/contract-${mainPid}`);
  },
  failNext: () => ({ path: '/bin/false', argv: ['false'] }),
}));
