/** What a container may use of the host: each limit is a property of its unit, written as in a unit file. */
import type { Controller } from '../../unit-file/assignment/controllers.ts';
import { propertiesFromAssignment } from '../../unit-file/assignments.ts';
import { ContainerError } from '../errors.ts';
import type { Resources } from './configuration.ts';

interface Rule<V> {
  /** As systemd spells it in unit files. */
  readonly property: string;
  /** What stands after `=`; undefined for a value that systemd would not take. */
  readonly write: (value: V) => string | undefined;
  /** What enforces it. */
  readonly controller: Controller;
}

const MAX_WEIGHT = 10_000;
const CPU_QUOTA_STEP_USEC = 100;

const within =
  (least: number, most = Number.MAX_SAFE_INTEGER) =>
  (value: number): string | undefined =>
    Number.isSafeInteger(value) && value >= least && value <= most ? String(value) : undefined;

/** systemd takes hundredths of a per cent of a CPU; a quota between two of these becomes the greater one. */
function quota(usec: number): string | undefined {
  if (within(1)(usec) === undefined) return undefined;
  const hundredths = Math.ceil(usec / CPU_QUOTA_STEP_USEC);
  return `${Math.floor(hundredths / 100)}.${String(hundredths % 100).padStart(2, '0')}%`;
}

const ranges = (text: string): string | undefined => (/^[0-9][0-9, -]{0,4095}$/.test(text) ? text : undefined);

const NUMBERS = {
  memoryMaxBytes: { property: 'MemoryMax', controller: 'memory', write: within(1) },
  memoryLowBytes: { property: 'MemoryLow', controller: 'memory', write: within(0) },
  memorySwapMaxBytes: { property: 'MemorySwapMax', controller: 'memory', write: within(0) },
  cpuQuotaPerSecUSec: { property: 'CPUQuota', controller: 'cpu', write: quota },
  cpuWeight: { property: 'CPUWeight', controller: 'cpu', write: within(1, MAX_WEIGHT) },
  tasksMax: { property: 'TasksMax', controller: 'pids', write: within(1) },
  ioWeight: { property: 'IOWeight', controller: 'io', write: within(1, MAX_WEIGHT) },
} as const satisfies Record<string, Rule<number>>;
const RANGES = {
  allowedCpus: { property: 'AllowedCPUs', controller: 'cpuset', write: ranges },
  allowedMemoryNodes: { property: 'AllowedMemoryNodes', controller: 'cpuset', write: ranges },
} as const satisfies Record<string, Rule<string>>;

const keysOf = <T extends object>(table: T): (keyof T)[] => {
  const isKey = (name: string): name is Extract<keyof T, string> => Object.hasOwn(table, name);
  return Object.keys(table).filter(isKey);
};

/** Every limit, with what enforces it. */
export const RESOURCE_CONTROLLERS: readonly (readonly [name: string, Controller])[] = Object.entries({
  ...NUMBERS,
  ...RANGES,
}).map(([name, { controller }]) => [name, controller]);

/** One limit as it stands in unit files, and in the parameters of the call. */
export interface ResourceAssignment {
  readonly parameter: string;
  readonly assignment: string;
}

/** As they stand in unit files: `MemoryMax=1048576`. @throws ContainerError `InvalidParameter` */
export const resourcesAssignments = (resources: Resources): string[] =>
  resourceAssignments(resources, 'resources').map(({ assignment }) => assignment);

/**
 * @param at where the resources stand in the parameters of the call
 * @throws ContainerError `InvalidParameter`
 */
export function resourceAssignments(resources: Resources, at: string): ResourceAssignment[] {
  return [
    ...keysOf(NUMBERS).flatMap((name) => assignmentOf(NUMBERS[name], resources[name], `${at}.${name}`)),
    ...keysOf(RANGES).flatMap((name) => assignmentOf(RANGES[name], resources[name], `${at}.${name}`)),
  ];
}

function assignmentOf<V>({ property, write }: Rule<V>, value: V | undefined, parameter: string): ResourceAssignment[] {
  if (value === undefined) return [];
  const text = write(value);
  if (text === undefined) throw new ContainerError('InvalidParameter', { parameter });
  const assignment = `${property}=${text}`;
  try {
    propertiesFromAssignment(assignment);
  } catch (error) {
    throw new ContainerError('InvalidParameter', { parameter }, { cause: error });
  }
  return [{ parameter, assignment }];
}

/** `now`, and of `before` what `now` leaves out. */
export function mergedResources(before: Resources, now: Resources): Resources {
  const names = [...keysOf(NUMBERS), ...keysOf(RANGES)];
  return Object.fromEntries(
    names.flatMap((name) => ((value) => (value === undefined ? [] : [[name, value]]))(now[name] ?? before[name])),
  );
}
