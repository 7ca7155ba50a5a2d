/** What the bus adapter does when the bus or PID 1 goes away under it. Each test may leave the machine limping. */
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DbusUnitManager } from '../../src/systemd/units/dbus-unit-manager.ts';
import { bool, exec, text } from '../../src/unit-file/properties.ts';
import type { TransientUnit } from '../../src/systemd/units/unit-manager.ts';
import type { UnitChange } from '../../src/systemd/units/unit-status.ts';
import { Machine } from './machine.ts';

let machine: Machine;
const address = (): string => `unix:path=${machine.path('/run/dbus/system_bus_socket')}`;

beforeAll(async () => {
  machine = await Machine.boot();
});
afterAll(async () => {
  await machine[Symbol.asyncDispose]();
});

/** Starts when somebody writes to the fifo. */
async function waiting(name: string): Promise<TransientUnit> {
  await machine.check(['mkfifo', `/run/${name}.fifo`]);
  const command = exec('ExecStart', [{ path: '/bin/sh', argv: ['sh', '-c', `read line </run/${name}.fifo`] }]);
  return { name, properties: [text('Type', 'oneshot'), bool('RemainAfterExit', true), command] };
}

async function until(changes: AsyncIterable<UnitChange>, last: (change: UnitChange) => boolean): Promise<UnitChange> {
  for await (const change of changes) if (last(change)) return change;
  throw new Error('the changes ended');
}
const isResync = ({ kind }: UnitChange): boolean => kind === 'resync';
const isStarting = (change: UnitChange): boolean => change.kind === 'changed' && change.subState === 'start';

describe.each([
  ['systemctl daemon-reexec', 'systemctl daemon-reexec'],
  ['a restart of the bus', 'systemctl reset-failed dbus.service; systemctl restart dbus.service'],
  // Whoever connects next starts it again: its socket stays, as long as the start limit is not hit.
  ['the death of the bus', 'systemctl reset-failed dbus.service; systemctl kill --signal=KILL dbus.service'],
])('%s', (_, disrupt) => {
  it('is told as resync; waiting starts go on, and so does everything else', async () => {
    await using units = await DbusUnitManager.open({ address: address() });
    const end = AbortSignal.timeout(30_000);
    const name = `berth-test-${crypto.randomUUID()}.service`;
    const unit = await waiting(name);
    const starting = until(units.changes(end), isStarting);
    const started = units.startTransient(unit);
    await starting;
    const resync = until(units.changes(end), isResync);
    await machine.sh(disrupt);
    await resync;
    await machine.sh(`echo >/run/${name}.fifo`);
    await started;
    expect(await units.status(name)).toMatchObject({ activeState: 'active', subState: 'exited' });
    const removed = until(units.changes(end), (change) => change.kind === 'removed' && change.unit === name);
    await units.stop(name);
    await removed;
  });

  it('loses no end of a job that comes meanwhile', async () => {
    await using units = await DbusUnitManager.open({ address: address() });
    const end = AbortSignal.timeout(30_000);
    const name = `berth-test-${crypto.randomUUID()}.service`;
    const unit = await waiting(name);
    const starting = until(units.changes(end), isStarting);
    const started = units.startTransient(unit);
    await starting;
    await machine.sh(`${disrupt} & echo >/run/${name}.fifo; wait`);
    await started;
    await units.stop(name); // whether the bus is gone by now or not
  });

  it('fails only calls that were under way, and only as BusDisconnected; questions are asked again', async () => {
    await using units = await DbusUnitManager.open({ address: address() });
    const end = AbortSignal.timeout(30_000);
    const resync = until(units.changes(end), isResync);
    const over = new AbortController();
    const asking = (async () => {
      let answers = 0;
      while (!over.signal.aborted) {
        expect((await units.list(['init.scope']))[0]).toMatchObject({ activeState: 'active' });
        expect(await units.status('init.scope')).toMatchObject({ activeState: 'active' });
        await units.setProperties('init.scope', 'runtime', []).catch((error: unknown) => {
          expect(error).toMatchObject({ name: 'BusDisconnected' });
        });
        answers++;
      }
      return answers;
    })();
    await machine.sh(disrupt);
    await resync;
    over.abort();
    expect(await asking).toBeGreaterThan(0);
  });
});

describe('daemon-reload', () => {
  it('is told as resync', async () => {
    await using units = await DbusUnitManager.open({ address: address() });
    const resync = until(units.changes(AbortSignal.timeout(30_000)), isResync);
    await machine.check(['systemctl', 'daemon-reload']);
    await resync;
  });
});

describe('a bus that stays away', () => {
  it('fails a call when patience is at an end, and works again when it is back', async () => {
    await using units = await DbusUnitManager.open({ address: address(), patienceMs: 300 });
    await machine.check(['systemctl', 'stop', 'dbus.socket', 'dbus.service']);
    await expect(units.list(['init.scope'])).rejects.toMatchObject({ name: 'BusUnavailable' });
    const resync = until(units.changes(AbortSignal.timeout(30_000)), isResync);
    await machine.check(['systemctl', 'start', 'dbus.socket', 'dbus.service']);
    await resync;
    expect(await units.list(['init.scope'])).toHaveLength(1);
  });

  it('is an error at the start', async () => {
    await expect(DbusUnitManager.open({ address: 'unix:path=/nowhere/bus' })).rejects.toMatchObject({
      name: 'BusUnavailable',
    });
  });

  it('is an error at the start also when something else answers', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'berth-'));
    const path = join(folder, 'bus');
    const server = createServer((client) => client.end('HTTP/1.1 400 Bad Request\r\n\r\n')).listen(path);
    await expect(DbusUnitManager.open({ address: `unix:path=${path}`, patienceMs: 2000 })).rejects.toMatchObject({
      name: 'BusUnavailable',
    });
    server.close();
    rmSync(folder, { recursive: true });
  });
});

describe('closing', () => {
  it('ends the changes, fails what waits, and leaves no descriptor', async () => {
    const units = await DbusUnitManager.open({ address: address() });
    const unit = await waiting('berth-test-close.service');
    const changes = units.changes(new AbortController().signal);
    const started = units.startTransient(unit);
    const failed = expect(started).rejects.toMatchObject({ name: 'BusDisconnected' });
    await until(changes, isStarting);
    const next = units.changes(new AbortController().signal)[Symbol.asyncIterator]().next();
    await units[Symbol.asyncDispose]();
    await failed;
    expect(await next).toEqual({ done: true, value: undefined });
    await expect(units.list(['*'])).rejects.toMatchObject({ name: 'BusDisconnected' });
  });
});
