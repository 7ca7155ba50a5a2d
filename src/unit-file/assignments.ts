/**
 * What a person writes into a unit file, as properties for StartTransientUnit and SetUnitProperties: `MemoryMax=1G`,
 * `Environment="A=1 2" B=3`, `DeviceAllow=`. It takes what `systemd-run -p` takes for a service
 * (`bus_append_unit_property_assignment()` of systemd's src/shared/bus-unit-util.c), with the meaning it has there: for
 * lists, an assignment adds and the empty one empties. Whether the running systemd knows a property is for it to say.
 */
import { CGROUP } from './assignment/cgroup-table.ts';
import { EXECUTION } from './assignment/execution-table.ts';
import { SERVICE } from './assignment/service-table.ts';
import { KILL, UNIT } from './assignment/unit-table.ts';
import { Unparsable } from './assignment/unparsable.ts';
import type { UnitProperty } from './properties.ts';

const ENCODERS = new Map([...CGROUP, ...EXECUTION, ...KILL, ...SERVICE, ...UNIT]);

/** Every name that can be assigned to, as unit files spell it. */
export const ASSIGNABLE: readonly string[] = [...ENCODERS.keys()];

/** Whether what can be assigned to this name is done to each process that systemd starts for the unit, and not to the unit. */
export const concernsProcesses = (name: string): boolean => EXECUTION.has(name);

/** Not an assignment that systemd would take. */
export class BadAssignment extends Error {
  override readonly name = 'BadAssignment';
  readonly assignment: string;
  /** For people. */
  readonly reason: string;
  constructor(assignment: string, reason: string, options?: ErrorOptions) {
    super(`${assignment}: ${reason}`, options);
    this.assignment = assignment;
    this.reason = reason;
  }
}

/**
 * @param assignment `NAME=VALUE`
 * @returns one property, for a few names two
 * @throws BadAssignment
 */
export function propertiesFromAssignment(assignment: string): UnitProperty[] {
  const equals = assignment.indexOf('=');
  if (equals < 1) throw new BadAssignment(assignment, 'not of the form NAME=VALUE');
  const name = assignment.slice(0, equals);
  const value = assignment.slice(equals + 1);
  const encode = ENCODERS.get(name);
  if (encode === undefined) throw new BadAssignment(assignment, `unknown property ${name}`);
  if (value.includes('\0') || !value.isWellFormed())
    throw new BadAssignment(assignment, 'characters that D-Bus cannot carry');
  try {
    return encode(value, name);
  } catch (cause) {
    if (cause instanceof Unparsable) throw new BadAssignment(assignment, cause.message, { cause });
    throw cause;
  }
}
