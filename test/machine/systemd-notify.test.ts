/** sd_notify and the fd store, as a service in the machine sees them. */
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { propertiesFromAssignment } from '../../src/unit-file/assignments.ts';
import { DbusUnitManager } from '../../src/systemd/units/dbus-unit-manager.ts';
import { exec } from '../../src/unit-file/properties.ts';
import type { UnitChange } from '../../src/systemd/units/unit-status.ts';
import { Machine } from './machine.ts';

const TREE = join(import.meta.dirname, '../..');
const SERVICE = join(import.meta.dirname, 'systemd-notify-service.ts');
const UNIT = 'berth-test-notify.service';
const PROPERTIES = [
  'Type=notify',
  'Restart=on-failure',
  'RestartSec=0',
  'FileDescriptorStoreMax=8',
  'WatchdogSec=20',
  'NotifyAccess=main',
];
let machine: Machine;
let units: DbusUnitManager;

beforeAll(async () => {
  machine = await Machine.boot({ show: { [TREE]: TREE } });
  units = await DbusUnitManager.open({ address: `unix:path=${machine.path('/run/dbus/system_bus_socket')}` });
});
afterAll(async () => {
  await units[Symbol.asyncDispose]();
  await machine[Symbol.asyncDispose]();
});

it('tells systemd how it stands, and finds its descriptors again after it was killed', async () => {
  await machine.check(['mkfifo', '/run/kept.fifo']);
  const command = exec('ExecStart', [{ path: process.execPath, argv: [process.execPath, SERVICE, '/run/kept.fifo'] }]);
  const properties = [...PROPERTIES.flatMap(propertiesFromAssignment), command];
  await units.startTransient({ name: UNIT, properties });
  expect(await units.status(UNIT)).toMatchObject({ statusText: 'first run', subState: 'running' });
  const stored = await machine.check(['systemctl', 'show', UNIT, '--property=NFileDescriptorStore', '--value']);
  expect(stored.text()).toBe('1');

  const changes = units.changes(AbortSignal.timeout(30_000), (unit) => unit === UNIT);
  await units.kill(UNIT, 'main', 9);
  const isSecond = (change: UnitChange): boolean =>
    change.kind === 'changed' &&
    change.service?.restarts === 1 &&
    change.subState === 'running' &&
    change.jobId === undefined;
  for await (const change of changes) if (isSecond(change)) break;
  expect(await units.status(UNIT)).toMatchObject({
    statusText: 'second run, of kept: from the first run watchdog 20000',
  });
  await units.stop(UNIT);
});

it('does nothing where nobody listens', async () => {
  const script = 'mkfifo /run/up; "$@" >/run/up & read line </run/up; kill -TERM $!; wait $!; echo "$line"';
  const { stdout } = await machine.check(['sh', '-euc', script, 'sh', process.execPath, SERVICE, '/run/kept.fifo']);
  expect(stdout.toString()).toBe('up\n');
});
