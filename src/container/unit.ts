/**
 * The unit that a container is: pure, from what the container is made of to the properties of StartTransientUnit. The
 * contract, and why each property has its value, is in README.md, *How containers map onto systemd*.
 */
import { join } from 'node:path';
import { propertiesFromAssignment } from '../systemd/assignments.ts';
import * as property from '../systemd/properties.ts';
import type { TransientUnit, UnitProperty } from '../systemd/unit-manager.ts';
import type { Configuration, Container, RestartPolicy } from './container.ts';
import { ContainerError } from './errors.ts';
import type { Folder } from './folder.ts';
import { shortId, type ContainerName } from './names.ts';
import { resourcesAssignments } from './resources.ts';

export const SLICE = 'berth.slice';

export const unitNameFor = (name: ContainerName): string => `berth-${name}.service`;

/** The commands of the unit, as argument vectors. */
export interface UnitCommands {
  readonly mount: readonly string[];
  /** What has to be done before all of them. */
  readonly prepare?: readonly (readonly string[])[];
  /**
   * Where `mount` runs: its paths are relative to this. Not the unit's WorkingDirectory=, for which systemd would load a mount
   * unit for each folder of the path.
   */
  readonly mountDirectory: string;
  readonly create: readonly string[];
  readonly start: readonly string[];
  /** Makes the runtime forget the container. */
  readonly forget: readonly string[];
  /** Where `unit-start` and `unit-stopped` are, the programs that every container's unit runs. */
  readonly helpers: string;
}

/** Descriptors, which systemd keeps for the runs that it starts by itself. */
export interface UnitStreams {
  /** /dev/null if left out. */
  readonly stdin?: number | undefined;
  readonly stdout: number;
  readonly stderr: number;
}

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

/** The control group of a unit, below the cgroup root. */
export const unitGroup = (unit: string): string => `/${SLICE}/${unit}`;

/** The runtime puts the container into a group of its own below the unit's, which is the unit's to limit. */
export const controlGroupFor = (unit: string): string => `${unitGroup(unit)}/container`;

/**
 * The unit starts the process by itself unless the mark in the folder keeps it waiting, at each of its runs.
 * @param systemd its version
 */
export function unitFor(
  container: Container,
  folder: Folder,
  commands: UnitCommands,
  streams: UnitStreams,
  systemd: number,
): TransientUnit {
  const { config, name } = container;
  return {
    name: container.unit,
    properties: [
      property.text('Description', `Container ${name} (${config.rootDirectory ?? config.image})`),
      property.text('Slice', SLICE),
      property.text('CollectMode', 'inactive'),
      property.text('Type', 'notify'),
      property.text('NotifyAccess', 'main'),
      property.bool('Delegate', true),
      // What unit-start has to do for itself otherwise, with a program more.
      ...(systemd < 254 ? [] : [property.text('DelegateSubgroup', 'start')]),
      // The kernel's killer chose one process; the others of a delegated unit are not systemd's to end for it.
      property.text('OOMPolicy', 'continue'),
      // util-linux's new mount interface cuts lowerdir= off at 256 bytes.
      property.strings('Environment', ['LIBMOUNT_FORCE_MOUNT2=always']),
      ...execProperties(folder, commands),
      ...stopProperties(config),
      ...restartProperties(config.restartPolicy, config.restartLimit),
      ...logProperties(container, streams),
      ...deviceProperties(config),
      ...(config.oomScoreAdjust === undefined ? [] : [property.i32('OOMScoreAdjust', config.oomScoreAdjust)]),
      ...resourcesAssignments(config.resources).flatMap(parseUnitProperty),
      ...config.unitProperties.flatMap(parseUnitProperty),
    ],
  };
}

/** Sandboxing properties of the unit would hide the mount from the next command: these run with full privileges. */
const command = (argv: readonly string[]): property.ExecCommand => ({
  path: argv[0] ?? '',
  argv,
  flags: ['privileged', 'no-env-expand'],
});

function execProperties(folder: Folder, commands: UnitCommands): UnitProperty[] {
  const { mount, mountDirectory, prepare = [], create, start, forget, helpers } = commands;
  const run = [mountDirectory, ...forget, '--', ...mount, '--', ...create, '--', ...start];
  return [
    ...(prepare.length === 0 ? [] : [property.exec('ExecStartPre', prepare.map(command))]),
    property.exec('ExecStart', [
      command(['/bin/sh', join(helpers, 'unit-start'), folder.path, folder.pidFile, ...run]),
    ]),
    property.exec('ExecStopPost', [
      command(['/bin/sh', join(helpers, 'unit-stopped'), folder.path, folder.pidFile, ...forget]),
    ]),
  ];
}

const SIGKILL = 9;
/** systemd gives `unit-stopped` the same time as the stop itself, and kills it after that. */
const LEAST_STOP_TIMEOUT_USEC = 2_000_000;

/** How long the unit may take to stop; a container that may take less is killed by berth when that is over. */
export const unitStopTimeoutUsec = ({ stopTimeoutUsec }: Pick<Configuration, 'stopTimeoutUsec'>): number =>
  Math.max(LEAST_STOP_TIMEOUT_USEC, stopTimeoutUsec);

function stopProperties(config: Configuration): UnitProperty[] {
  const { stopSignal } = config;
  return [
    property.text('KillMode', 'mixed'),
    property.i32('KillSignal', config.stopTimeoutUsec === 0 ? SIGKILL : stopSignal),
    property.usec('TimeoutStopUSec', unitStopTimeoutUsec(config) / 1000),
    // Dying of the stop signal, or saying so with an exit code as shells do, is no failure.
    property.exitStatusSet('SuccessExitStatus', {
      codes: stopSignal < 128 ? [128 + stopSignal] : [],
      signals: [stopSignal],
    }),
  ];
}

const RESTART: Readonly<Record<RestartPolicy, string>> = { no: 'no', on_failure: 'on-failure', always: 'always' };
const LIMIT_INTERVAL_MS = 10 * 60 * 1000;

function restartProperties(policy: RestartPolicy, limit: number | undefined): UnitProperty[] {
  const restart = property.text('Restart', RESTART[policy]);
  if (limit === undefined) return [restart];
  // The first start counts too.
  return [
    restart,
    property.usec('StartLimitIntervalUSec', LIMIT_INTERVAL_MS),
    property.u32('StartLimitBurst', limit + 1),
  ];
}

/**
 * What every OCI container may use: `closed` has null, zero, full, random and urandom; to make a node of any device is not
 * to use it.
 */
const STANDARD_DEVICES = [
  ['char-*', 'm'],
  ['block-*', 'm'],
  ['char-pts', 'rw'],
  ...['/dev/ptmx', '/dev/tty', '/dev/console'].map((node) => [node, 'rwm']),
];

/** Which devices it may use is the unit's to say, and not the OCI runtime's. */
function deviceProperties({ privileged, devices }: Configuration): UnitProperty[] {
  if (privileged) return [];
  const given = devices.map(({ source, access }) => [source, access]);
  return [
    property.text('DevicePolicy', 'closed'),
    { name: 'DeviceAllow', signature: 'a(ss)', value: [...STANDARD_DEVICES, ...given] },
  ];
}

function logProperties({ id, name, config }: Container, { stdin, stdout, stderr }: UnitStreams): UnitProperty[] {
  return [
    ...(stdin === undefined ? [] : [property.fd('StandardInputFileDescriptor', stdin)]),
    property.fd('StandardOutputFileDescriptor', stdout),
    property.fd('StandardErrorFileDescriptor', stderr),
    // systemd keeps the descriptors for the runs that it starts by itself (seen with 257); this is for one that has let go of them.
    property.text('StandardOutput', 'journal'),
    property.text('StandardError', 'journal'),
    property.text('SyslogIdentifier', name),
    property.bool('SyslogLevelPrefix', false),
    // 0 would be journald's own limit, which systemd does not tell it to lift: this one cannot be reached.
    property.u64('LogRateLimitIntervalUSec', 1000),
    property.u32('LogRateLimitBurst', 100_000_000),
    property.byteStrings('LogExtraFields', [
      `CONTAINER_ID=${shortId(id)}`,
      `CONTAINER_ID_FULL=${id}`,
      `CONTAINER_NAME=${name}`,
      ...(config.image === '' ? [] : [`IMAGE_NAME=${config.image}`]),
    ]),
  ];
}
