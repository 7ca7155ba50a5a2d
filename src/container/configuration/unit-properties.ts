/** Properties of units that a client gives, as they stand in unit files. */
import { concernsProcesses, propertiesFromAssignment } from '../../unit-file/assignments.ts';
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

/** Of what systemd does to the processes that it starts, what holds for a container, too: what comes of its parent, and of its unit. */
const HOLDS =
  /^(Limit[A-Z]+|Nice|CPUScheduling.+|IOScheduling.+|CPUAffinity|NUMA.+|TimerSlackNSec|CoredumpFilter|OOMScoreAdjust|Log(Level|RateLimit|Filter).+|Syslog.+|(State|Runtime|Cache|Logs|Configuration)Directory.*|(Load|Set|Import)Credential.*)$/;

/** Which option does in the container what such a property would. */
const INSTEAD: readonly (readonly [names: RegExp, option: string])[] = [
  [/^NoNewPrivileges$/, '--security-opt no-new-privileges'],
  [/^(CapabilityBoundingSet|AmbientCapabilities)$/, '--cap-add and --cap-drop'],
  [/^SystemCall/, '--security-opt seccomp=FILE'],
  [/^(PrivateNetwork|NetworkNamespacePath|JoinsNamespaceOf)$/, '--network'],
  [/^(PrivateIPC|IPCNamespacePath)$/, '--ipc'],
  [/^(BindPaths|BindReadOnlyPaths|ReadWritePaths|ReadOnlyPaths|MountImages)$/, '--volume'],
  [/^(InaccessiblePaths|Protect.+)$/, '--security-opt mask=PATHS'],
  [/^TemporaryFileSystem$/, '--tmpfs'],
  [/^SupplementaryGroups$/, '--group-add'],
  [/^(EnvironmentFile|PassEnvironment)$/, '--env-file and --env'],
];

/** With these, nobody could start or stop the container by its unit, and berthd neither. */
const REFUSING = ['RefuseManualStart', 'RefuseManualStop'];

/** Namespaces and file systems of units, by a property that is not one of processes. */
const OF_NAMESPACES = ['JoinsNamespaceOf', 'RootDirectoryStartOnly'];

/** Whether a property would show on the unit and have no effect in the container. */
const isIdle = (name: string): boolean =>
  OF_NAMESPACES.includes(name) || (concernsProcesses(name) && !HOLDS.test(name));

function idleReason(name: string): string {
  const option = INSTEAD.find(([names]) => names.test(name))?.[1];
  return `${name}= has no effect in a container${option === undefined ? '' : `; use ${option}`}`;
}

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

/**
 * As a client gives it, who is told of what would be of no use. What is kept already is only parsed.
 * @throws ContainerError `InvalidProperty`, also for one that has no effect in a container, or would keep berthd from it
 */
export function parseGivenProperty(assignment: string): UnitProperty[] {
  const name = assignmentName(assignment);
  const properties = parseUnitProperty(assignment);
  const refused = (reason: string): ContainerError =>
    new ContainerError('InvalidProperty', { property: assignment, reason });
  if (REFUSING.includes(name)) throw refused(`with ${name}= berthd could not do its work`);
  if (isIdle(name)) throw refused(idleReason(name));
  return properties;
}
