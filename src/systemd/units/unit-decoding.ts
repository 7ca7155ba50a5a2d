/**
 * From D-Bus properties to `UnitStatus` and `UnitFacts`. systemd sends the properties it marks as changing, all of
 * them, with every change: first those of the unit's type, then those every unit has.
 */
import { Variant } from 'dbus-next';
import { RESOURCES } from '../../lib/resource-limits.ts';
import { signalName } from '../../lib/signals.ts';
import type {
  ActiveState,
  ListedUnit,
  ManagerFacts,
  ServiceFacts,
  UnitExit,
  UnitFacts,
  UnitLimits,
  UnitProcess,
  UnitStatus,
} from './unit-status.ts';

/** `si_code` of SIGCHLD in <signal.h>. */
const EXITED = 1;
const KILLED = 2;
const DUMPED = 3;

const USEC_INFINITY = 2n ** 64n - 1n;
const ACTIVE_STATES: readonly ActiveState[] = [
  'active',
  'reloading',
  'inactive',
  'failed',
  'activating',
  'deactivating',
  'maintenance',
  'refreshing',
];

/** An `a{sv}` as dbus-next has it; what is missing or of another type reads as empty. */
export class PropertyReader {
  readonly #properties: ReadonlyMap<string, unknown>;

  constructor(dictionary: unknown) {
    this.#properties = new Map(Object.entries(isObject(dictionary) ? dictionary : {}));
  }

  value(name: string): unknown {
    const variant = this.#properties.get(name);
    return variant instanceof Variant ? (variant.value satisfies unknown) : undefined;
  }

  text(name: string): string {
    return textOf(this.value(name));
  }

  number(name: string): number {
    return numberOf(this.value(name));
  }

  flag(name: string): boolean {
    return this.value(name) === true;
  }

  /** `…USec`; Infinity where systemd has that. */
  durationMs(name: string): number {
    const usec = this.value(name);
    if (typeof usec !== 'bigint') return 0;
    return usec === USEC_INFINITY ? Infinity : Number(usec) / 1000;
  }

  /** `…Timestamp`: microseconds since 1970; undefined where systemd has 0, never. */
  date(name: string): Date | undefined {
    const usec = this.value(name);
    return typeof usec === 'bigint' && usec > 0n ? new Date(Number(usec / 1000n)) : undefined;
  }
}

export function decodeUnitFacts(unit: PropertyReader, service: ServiceFacts | undefined): UnitFacts {
  return { ...decodeCommonFacts(unit), service };
}

function decodeCommonFacts(unit: PropertyReader): Omit<UnitFacts, 'service'> {
  const invocation = unit.value('InvocationID');
  return {
    activeState: activeStateOf(unit.text('ActiveState')),
    subState: unit.text('SubState'),
    jobId: jobIdOf(unit.value('Job')),
    activeEnteredAt: unit.date('ActiveEnterTimestamp'),
    inactiveEnteredAt: unit.date('InactiveEnterTimestamp'),
    invocationId: isBytes(invocation) ? Buffer.from(invocation).toString('hex') : '',
  };
}

export function decodeServiceFacts(service: PropertyReader): ServiceFacts {
  return {
    mainPid: service.number('MainPID'),
    result: service.text('Result'),
    exit: exitOf(service.number('ExecMainCode'), service.number('ExecMainStatus')),
    mainStartedAt: service.date('ExecMainStartTimestamp'),
    mainExitedAt: service.date('ExecMainExitTimestamp'),
    restarts: service.number('NRestarts'),
    statusText: service.text('StatusText'),
  };
}

/** How long systemd waits before it brings a service back; before 254 that is always the same. */
export const decodeRestartDelay = (service: PropertyReader): number =>
  service.durationMs(service.value('RestartUSecNext') === undefined ? 'RestartUSec' : 'RestartUSecNext');

export function decodeUnitStatus(unit: PropertyReader): UnitStatus {
  return {
    ...decodeCommonFacts(unit),
    ...decodeServiceFacts(unit),
    name: unit.text('Id'),
    description: unit.text('Description'),
    loadState: unit.text('LoadState'),
    controlGroup: unit.text('ControlGroup'),
    transient: unit.flag('Transient'),
  };
}

/** Of the properties of a service. */
export function decodeUnitLimits(service: PropertyReader): UnitLimits {
  const limit = (name: string): number | undefined => limitOf(service.value(name));
  return {
    memoryMaxBytes: limit('MemoryMax'),
    memoryLowBytes: limit('MemoryLow') === 0 ? undefined : limit('MemoryLow'),
    memorySwapMaxBytes: limit('MemorySwapMax'),
    cpuQuotaPerSecUSec: limit('CPUQuotaPerSecUSec'),
    cpuWeight: limit('CPUWeight'),
    allowedCpus: maskOf(service.value('AllowedCPUs')),
    allowedMemoryNodes: maskOf(service.value('AllowedMemoryNodes')),
    tasksMax: limit('TasksMax'),
    ioWeight: limit('IOWeight'),
  };
}

/** systemd has 2^64 − 1 for what is not set or not limited. */
const limitOf = (value: unknown): number | undefined =>
  typeof value === 'bigint' && value !== USEC_INFINITY ? Number(value) : undefined;

/** A bit mask, the lowest bits first, as ranges; undefined for none at all. */
function maskOf(value: unknown): string | undefined {
  if (!isBytes(value)) return undefined;
  const set = [...value].flatMap((byte, index) =>
    [0, 1, 2, 3, 4, 5, 6, 7].filter((bit) => (byte & (1 << bit)) !== 0).map((bit) => index * 8 + bit),
  );
  const ranges: [number, number][] = [];
  for (const number of set) {
    const last = ranges.at(-1);
    if (last !== undefined && last[1] === number - 1) last[1] = number;
    else ranges.push([number, number]);
  }
  return ranges.length === 0
    ? undefined
    : ranges.map(([from, to]) => (from === to ? `${from}` : `${from}-${to}`)).join(',');
}

/** One `(ssssssouso)` of ListUnitsByPatterns. */
export function decodeListedUnit(row: unknown): ListedUnit {
  const [name, description, loadState, activeState, subState, , , job] = itemsOf(row);
  return {
    name: textOf(name),
    description: textOf(description),
    loadState: textOf(loadState),
    activeState: activeStateOf(textOf(activeState)),
    subState: textOf(subState),
    jobId: jobIdOf([job]),
  };
}

/** One `(sus)` of GetUnitProcesses. */
export function decodeUnitProcess(row: unknown): UnitProcess {
  const [controlGroup, pid, commandLine] = itemsOf(row);
  return { pid: numberOf(pid), controlGroup: textOf(controlGroup), commandLine: textOf(commandLine) };
}

export function decodeManagerFacts(manager: PropertyReader): ManagerFacts {
  return {
    version: Number.parseInt(manager.text('Version'), 10),
    features: manager.text('Features').split(' '),
    processDefaults: {
      oomScoreAdjust: manager.number('DefaultOOMScoreAdjust'),
      limits: RESOURCES.flatMap((resource) => {
        const [soft, hard] = [manager.value(`DefaultLimit${resource}Soft`), manager.value(`DefaultLimit${resource}`)];
        return typeof soft === 'bigint' && typeof hard === 'bigint' ? [{ resource, soft, hard }] : [];
      }),
    },
  };
}

export function itemsOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

export function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

function numberOf(value: unknown): number {
  return typeof value === 'number' ? value : 0;
}

/** A state that a newer systemd may invent counts as one on the way: nothing is concluded from it. */
function activeStateOf(state: string): ActiveState {
  return ACTIVE_STATES.find((known) => known === state) ?? 'refreshing';
}

function exitOf(code: number, status: number): UnitExit | undefined {
  if (code === EXITED) return { code: status };
  if (code === KILLED || code === DUMPED) return { signal: signalName(status), dumpedCore: code === DUMPED };
  return undefined;
}

function jobIdOf(job: unknown): number | undefined {
  const id = numberOf(itemsOf(job)[0]);
  return id > 0 ? id : undefined;
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}

function isBytes(value: unknown): value is Uint8Array | number[] {
  return value instanceof Uint8Array || (Array.isArray(value) && value.every((byte) => typeof byte === 'number'));
}
