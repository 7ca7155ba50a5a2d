/** Whether berth, systemd and the OCI runtimes say the same of all containers. */
import type { InspectOutput, Runtime, Summary } from '../../src/api/io-berth-container.ts';
import type { Berth } from './berth.ts';
import type { Machine } from './machine.ts';

const PROPERTIES = [
  'Id',
  'LoadState',
  'ActiveState',
  'MainPID',
  'FreezerState',
  'StatusText',
  'CPUQuotaPeriodUSec',
  'InvocationID',
];

interface RuntimeRecord {
  readonly id: string;
  readonly pid: number;
  readonly status: string;
}

/** What the runtimes know, by the beginning of the ID. One whose unit somebody has frozen runs, as far as runtimes can tell. */
async function runtimeRecords(machine: Machine): Promise<Map<string, RuntimeRecord>> {
  const { stdout } = await machine.sh(`for folder in /run/berth/runtimes/*/*/; do
    [ -e "$folder" ] || continue
    root=$(dirname "$folder")
    "$(basename "$root")" --root "$root" state "$(basename "$folder")" | jq -c '{id, pid, status}'
  done`);
  const lines = stdout.toString().split('\n');
  const records = lines.filter((line) => line !== '').map((line) => JSON.parse(line) as RuntimeRecord);
  return new Map(records.map((record) => [record.id, record]));
}

/** What systemd says of units, by their names. */
export async function unitsOf(
  machine: Machine,
  units: readonly string[],
): Promise<Map<string, Record<string, string>>> {
  if (units.length === 0) return new Map(); // systemctl would show its own
  const { stdout } = await machine.check(['systemctl', 'show', `--property=${PROPERTIES.join()}`, '--', ...units]);
  const blocks = stdout.toString().trim().split('\n\n');
  const shown = blocks.map((block) =>
    Object.fromEntries(
      block.split('\n').map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]),
    ),
  );
  return new Map(shown.map((unit) => [unit['Id'] ?? '', unit]));
}

/** Resolves when systemd has nothing under way with any container. */
export async function quiet(machine: Machine): Promise<void> {
  await machine.sh(`while systemctl list-units --no-legend --state=activating,deactivating 'berth-*' | grep -q .; do :; done
    while [ -n "$(systemctl list-jobs --no-legend 'berth-*')" ]; do :; done`);
}

/** Syncs every container, once all are quiet, and returns what contradicts something else. */
export async function disagreements(machine: Machine, berth: Berth): Promise<string[]> {
  await quiet(machine);
  const listed: Summary[] = [];
  for await (const { container } of berth.containers.list()) if (container !== undefined) listed.push(container);
  const synced = await Promise.all(
    listed.map(async ({ id }) => (await berth.containers.sync({ container: id })).state),
  );
  const inspected = await Promise.all(listed.map(async ({ id }) => await berth.containers.inspect({ container: id })));
  const again = new Map<string, Runtime>();
  for await (const { container } of berth.containers.list())
    if (container !== undefined) again.set(container.id, container.runtime);
  const units = await unitsOf(
    machine,
    inspected.map(({ unit }) => unit),
  );
  const records = await runtimeRecords(machine);
  const found: string[] = [];
  for (const [index, container] of inspected.entries()) {
    const complain = (what: string): void => {
      found.push(`${container.name} (${container.id.slice(0, 12)}) is ${container.runtime.state}: ${what}`);
    };
    if (synced[index] !== container.runtime.state) complain(`Sync said ${synced[index] ?? 'nothing'}`);
    const summary = again.get(container.id);
    if (summary === undefined || !isSame(summary, container.runtime)) complain(`List says ${JSON.stringify(summary)}`);
    compare(container, units.get(container.unit), records.get(container.id.slice(0, 12)), complain);
    records.delete(container.id.slice(0, 12));
  }
  for (const record of records.values()) found.push(`a runtime has ${JSON.stringify(record)}, berth has not`);
  return found;
}

const isSame = (summary: Runtime, runtime: Runtime): boolean =>
  summary.state === runtime.state &&
  summary.process?.pid === runtime.process?.pid &&
  summary.invocationId === runtime.invocationId;

function compare(
  { runtime, configuration }: InspectOutput,
  unit: Record<string, string> | undefined,
  record: RuntimeRecord | undefined,
  complain: (what: string) => void,
): void {
  const pid = runtime.process?.pid ?? 0;
  const alive = ['created', 'running', 'paused'].includes(runtime.state);
  const period = /^CPUQuotaPeriodSec=(.*)$/m.exec((configuration.unitProperties ?? []).join('\n'))?.[1];
  const expected = {
    ActiveState: alive ? ['active'] : ['inactive', 'failed'],
    MainPID: [pid.toString()],
    FreezerState: ['running'],
    ...(alive && { StatusText: [runtime.state === 'paused' ? 'paused' : ''] }), // a failed unit keeps what it said last
    ...(alive && runtime.invocationId !== undefined && { InvocationID: [runtime.invocationId] }),
    ...(alive && period !== undefined && { CPUQuotaPeriodUSec: [period] }),
  };
  for (const [name, values] of Object.entries(expected)) {
    const value = unit?.[name] ?? '';
    if (!values.includes(value)) complain(`systemd says ${name}=${value}`);
  }
  if (alive !== pid > 0) complain(`its process is ${pid.toString()}`);
  const statuses = { created: ['created'], running: ['running'], paused: ['running', 'paused'] }[
    runtime.state as string
  ];
  if (statuses === undefined) {
    if (record !== undefined) complain(`the runtime says ${JSON.stringify(record)}`);
  } else if (record === undefined || !statuses.includes(record.status) || record.pid !== pid) {
    complain(`the runtime says ${JSON.stringify(record)}`);
  }
}
