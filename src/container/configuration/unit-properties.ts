/** Properties of units that a client gives, as they stand in unit files. */
import { propertiesFromAssignment } from '../../unit-file/assignments.ts';
import type { UnitProperty } from '../../unit-file/properties.ts';
import { ContainerError } from '../errors.ts';

/** Properties that make a unit a container. To set one of these by hand would break it. */
const OURS = new Set(
  [
    'Type PIDFile GuessMainPID RemainAfterExit NotifyAccess CollectMode Delegate DelegateSubgroup KillMode',
    'ExecCondition ExecStartPre ExecStart ExecStartPost ExecReload ExecStop ExecStopPost WorkingDirectory',
    'StandardInput StandardOutput StandardError SyslogIdentifier LogExtraFields SyslogLevelPrefix',
    'User Group DynamicUser RootDirectory RootImage Slice Environment',
  ].flatMap((line) => line.split(' ')),
);

/** The name of a property in what stands in a unit file. */
export const assignmentName = (assignment: string): string => assignment.slice(0, Math.max(0, assignment.indexOf('=')));

/** @throws ContainerError `InvalidProperty` for one that systemd does not know, or that berth sets */
export function parseUnitProperty(assignment: string): UnitProperty[] {
  const name = assignmentName(assignment);
  if (OURS.has(name)) {
    throw new ContainerError('InvalidProperty', {
      property: assignment,
      reason: `${name}= is what makes the unit a container`,
    });
  }
  try {
    return propertiesFromAssignment(assignment);
  } catch (error) {
    const reason = error instanceof Error && 'reason' in error ? String(error.reason) : String(error);
    throw new ContainerError('InvalidProperty', { property: assignment, reason }, { cause: error });
  }
}
