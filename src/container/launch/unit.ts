/**
 * The unit that a container is: pure, from what the container is made of to the properties of StartTransientUnit. The
 * contract, and why each property has its value, is in berth-units(7).
 */
import { join } from 'node:path';
import * as property from '../../unit-file/properties.ts';
import type { TransientUnit } from '../../systemd/units/unit-manager.ts';
import type { UnitProperty } from '../../unit-file/properties.ts';
import type { Container } from '../container.ts';
import type { Configuration } from '../configuration/configuration.ts';
import { parseUnitProperty } from '../configuration/unit-properties.ts';
import type { Folder, Next } from '../records/folder.ts';
import { shortId } from '../names.ts';
import { DAEMON_UNIT, SLICE } from '../unit-names.ts';
import { resourcesAssignments } from '../configuration/resources.ts';
import { restartProperties } from './restart-properties.ts';

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

/**
 * The unit starts the process by itself unless the mark in the folder keeps it waiting, at each of its runs.
 * @param systemd its version
 * @param next what becomes of the process once it is there
 */
export function unitFor(
  container: Container,
  folder: Folder,
  commands: UnitCommands,
  streams: UnitStreams,
  systemd: number,
  next: Next = 'start',
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
      ...(config.terminal ? terminalProperties() : []),
      ...execProperties(folder, commands),
      ...(next === 'wait'
        ? [property.exec('ExecStop', [command(['/bin/sh', '-c', KILL_HELD, 'sh', folder.hold])])]
        : []),
      ...stopProperties(config),
      ...restartProperties(config, systemd),
      ...logProperties(container, streams),
      ...deviceProperties(config),
      ...(config.oomScoreAdjust === undefined ? [] : [property.i32('OOMScoreAdjust', config.oomScoreAdjust)]),
      ...resourcesAssignments(config.resources).flatMap(parseUnitProperty),
      ...config.unitProperties.flatMap(parseUnitProperty),
    ],
  };
}

/** Each run sends its terminal to berthd, which systemd has to start first where it is away. */
const terminalProperties = (): UnitProperty[] => [
  property.strings('Wants', [DAEMON_UNIT]),
  property.strings('After', [DAEMON_UNIT]),
];

/** Sandboxing properties of the unit would hide the mount from the next command: these run with full privileges. */
const command = (argv: readonly string[]): property.ExecCommand => ({
  path: argv[0] ?? '',
  argv,
  flags: ['privileged', 'no-env-expand'],
});

/** What waits to be started is the runtime's own, which heeds no signal: a stop, and a power-off, would wait out its whole time. */
const KILL_HELD = '[ ! -e "$1" ] || kill -s KILL "$MAINPID" 2>/dev/null || :';

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
const MIN_STOP_TIMEOUT_USEC = 2_000_000;

/** How long the unit may take to stop; a container that may take less is killed by berth when that is over. */
export const unitStopTimeoutUsec = ({ stopTimeoutUsec }: Pick<Configuration, 'stopTimeoutUsec'>): number =>
  Math.max(MIN_STOP_TIMEOUT_USEC, stopTimeoutUsec);

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
