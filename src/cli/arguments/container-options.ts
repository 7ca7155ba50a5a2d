import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Configuration } from '../../api/io-berth-container.ts';
import { UsageError, type Given, type Options } from './args.ts';
import { DETACH_KEYS_OPTION, STREAM_VALUE, streamsFrom } from './attach-options.ts';
import type { Context } from '../command.ts';
import { parseDeviceRule } from './device-rules.ts';
import {
  parseDevice,
  parseHosts,
  parseNamespace,
  parseOomScore,
  resourceLimitsFrom,
  parseSharedMemory,
} from './host-options.ts';
import { networkingFrom, NETWORKING_OPTIONS } from './networking-options.ts';
import { parseMount, parseTmpfs, parseVolume, parseVolumesFrom } from './mounts.ts';
import { parseSeconds } from './quantities.ts';
import { limitsFrom, RESOURCE_OPTIONS } from './resource-options.ts';
import { parseRestart, RESTART_OPTION } from './restart.ts';
import { SECURITY_OPTIONS, securityFrom } from './security-options.ts';
import { assignmentsIn, labelsFrom, variablesFrom } from './variables.ts';

/** What `run` and `create` take, and what Create makes of it. Nothing is sent that was not given: the image decides then. */
// prettier-ignore
export const CONTAINER_OPTIONS = {
  name: { kind: 'text', value: 'NAME', help: 'Call the container NAME, and its unit berth-NAME.service', member: 'name', refusal: 'must be a letter or digit, then letters, digits, _ . and -, 200 at most, and not exec-ID' },
  interactive: { kind: 'flag', short: 'i', help: 'Keep its standard input open, so that clients can write to it' },
  tty: { kind: 'flag', short: 't', help: 'Give it a terminal' },
  attach: { kind: 'texts', short: 'a', value: STREAM_VALUE, help: 'With run, be at this stream only; stdin is kept open' },
  streams: { kind: 'text', value: 'relay|journal', help: 'Pipes or a terminal, to which clients can be attached, or sockets of journald with nobody in between; default: relay, unless berth.conf has another', member: 'streams', refusal: 'journal goes neither with --tty nor with --interactive' },
  'log-driver': { kind: 'text', value: 'journald|none', help: 'Log what it writes, or nothing of it, for what is no log, such as a dump; default: journald', member: 'logDriver', refusal: 'none does not go with --streams journal' },
  'detach-keys': { ...DETACH_KEYS_OPTION, help: 'The keys that leave its terminals, such as ctrl-a,d, or nothing for none; default: ctrl-p,ctrl-q, unless berth.conf has others', member: 'detachKeys', refusal: 'takes keys such as ctrl-p,ctrl-q, with commas between them, or nothing for none' },
  rm: { kind: 'flag', help: 'Remove the container once it has ended' },
  env: { kind: 'texts', short: 'e', value: 'NAME[=VALUE]', help: 'Set an environment variable; NAME alone passes on your own' },
  'env-file': { kind: 'texts', value: 'FILE', help: 'Set the environment variables that stand in FILE, one a line' },
  volume: { kind: 'texts', short: 'v', value: '[SOURCE:]PATH[:ro]', help: 'Mount a path of this host or a volume at PATH; without SOURCE a volume of its own' },
  'volumes-from': { kind: 'texts', value: 'CONTAINER[:ro]', help: 'Mount what another container has of volumes and paths of this host' },
  mount: { kind: 'texts', value: 'type=TYPE,…', help: 'Mount in detail: type=bind|volume|tmpfs, source=, destination=, readonly' },
  tmpfs: { kind: 'texts', value: 'PATH[:OPTIONS]', help: 'Mount an empty file system in memory at PATH' },
  workdir: { kind: 'text', short: 'w', value: 'PATH', help: 'Run the command in PATH', member: 'workingDirectory', refusal: 'must be an absolute path in the container' },
  user: { kind: 'text', short: 'u', value: 'USER[:GROUP]', help: 'Run the command as USER', member: 'user', refusal: 'takes USER or USER:GROUP, by name or number' },
  hostname: { kind: 'text', short: 'h', value: 'NAME', help: "Set the container's host name", member: 'hostname', refusal: 'takes up to 64 bytes without spaces and #, and does not go with --uts that is shared' },
  label: { kind: 'texts', short: 'l', value: 'KEY[=VALUE]', help: 'Set a label', member: 'labels', refusal: 'takes KEY=VALUE, with neither of them holding NUL' },
  'label-file': { kind: 'texts', value: 'FILE', help: 'Set the labels that stand in FILE, one a line' },
  annotation: { kind: 'texts', value: 'KEY=VALUE', help: 'Set an annotation of its OCI configuration', member: 'annotations', refusal: "takes KEY=VALUE, and none of berth's own, io.berth.container.*" },
  ...NETWORKING_OPTIONS,
  pid: { kind: 'text', value: 'private|host|container:NAME|path:PATH', help: 'Whose processes it sees; default: private', member: 'pidNamespace', refusal: 'takes private, host, container:NAME or path:PATH' },
  ipc: { kind: 'text', value: 'private|host|container:NAME|path:PATH', help: 'Whose System V objects and message queues it sees; default: private', member: 'ipcNamespace', refusal: 'takes private, host, container:NAME or path:PATH' },
  uts: { kind: 'text', value: 'private|host|container:NAME|path:PATH', help: 'Whose host name it has; default: private', member: 'utsNamespace', refusal: 'takes private, host, container:NAME or path:PATH' },
  cgroupns: { kind: 'text', value: 'private|host|container:NAME|path:PATH', help: 'Whose cgroups it sees; default: private', member: 'cgroupNamespace', refusal: 'takes private, host, container:NAME or path:PATH' },
  'add-host': { kind: 'texts', value: 'NAME:ADDRESS', help: 'Let it find NAME in /etc/hosts; host-gateway is the address of this host on its network', member: 'hosts', refusal: 'takes NAME:ADDRESS, and does not go with the network of another container' },
  rootfs: { kind: 'flag', help: 'Take the first operand for a folder of this host that is its root, instead of an image', member: 'rootDirectory', refusal: 'takes a folder of this host other than /, and goes without an image' },
  entrypoint: { kind: 'text', value: 'PROGRAM', help: "Run PROGRAM, or a JSON array of it and arguments, instead of the image's" },
  'read-only': { kind: 'flag', help: 'Refuse writing to the root file system' },
  privileged: { kind: 'flag', help: 'Give it every capability, and neither seccomp nor masked paths' },
  'cap-add': { kind: 'texts', value: 'CAPABILITY', help: 'Add a capability, or ALL', member: 'addCapabilities', refusal: "takes names of capabilities(7), such as NET_ADMIN, or 'ALL'" },
  'cap-drop': { kind: 'texts', value: 'CAPABILITY', help: 'Take a capability away, or ALL', member: 'dropCapabilities', refusal: "takes names of capabilities(7), such as NET_RAW, or 'ALL'" },
  'security-opt': { kind: 'texts', value: SECURITY_OPTIONS, help: 'Block set-user-ID programs, choose a seccomp profile or unconfined, hide paths or show standard ones', member: 'seccompProfile', refusal: 'seccomp= takes a file of this host or unconfined, and does not go with --privileged' },
  device: { kind: 'texts', value: '/dev/NAME[:PATH][:rwm]', help: 'Let it use a device of this host, or all those in a folder', member: 'devices', refusal: 'takes /dev/NAME[:PATH][:rwm]' },
  'device-cgroup-rule': { kind: 'texts', value: 'RULE', help: "Let it use devices by their numbers, such as 'c 10:* rw', without making nodes for them (DeviceAllow=)" },
  'group-add': { kind: 'texts', value: 'GROUP', help: 'Make it a member of GROUP besides', member: 'groups', refusal: 'takes a group by name or number' },
  sysctl: { kind: 'texts', value: 'NAME=VALUE', help: 'Set a kernel parameter of its namespaces', member: 'sysctls', refusal: 'takes NAME=VALUE of a namespace that is not shared with this host' },
  ulimit: { kind: 'texts', value: 'NAME=SOFT[:HARD]|host', help: 'Set a limit of setrlimit(2), such as nofile=1024:4096; -1 for no limit; host for all limits that berth has itself', member: 'resourceLimits', refusal: 'takes NAME=SOFT[:HARD], each NAME of setrlimit(2) once, and SOFT no more than HARD' },
  'shm-size': { kind: 'text', value: 'AMOUNT', help: 'The size of /dev/shm; default: 64m', member: 'sharedMemoryBytes', refusal: 'takes an amount such as 64m, and does not go with an IPC namespace that is shared' },
  tz: { kind: 'text', value: 'ZONE', help: 'Its time zone, such as Europe/Paris, or local for that of this host', member: 'timeZone', refusal: 'takes a zone such as Europe/Paris, or local' },
  init: { kind: 'flag', help: 'Run catatonit as its first process, which passes signals on and reaps orphans', member: 'initProcess', refusal: 'does not go with a PID namespace that is shared' },
  'init-path': { kind: 'text', value: 'FILE', help: 'With --init, run FILE of this host as its first process', member: 'initPath', refusal: 'takes a program of this host, and goes with --init' },
  'oom-score-adj': { kind: 'text', value: 'N', help: 'How ready the kernel is to kill it when memory runs out, -1000 to 1000', member: 'oomScoreAdjust', refusal: 'takes a number from -1000 to 1000' },
  'stop-signal': { kind: 'text', value: 'SIGNAL', help: 'Ask it to end with SIGNAL', member: 'stopSignal', refusal: 'takes a signal by name or number, such as SIGTERM or 15' },
  'stop-timeout': { kind: 'text', value: 'SECONDS', help: 'Kill it when it has not ended SECONDS after being asked to; default: 10', member: 'stopTimeoutUSec', refusal: 'takes seconds' },
  restart: RESTART_OPTION,
  runtime: { kind: 'text', value: 'NAME', help: 'Use this OCI runtime' },
  ...RESOURCE_OPTIONS,
} as const satisfies Options;

export type ContainerArguments = Given<typeof CONTAINER_OPTIONS>;

/** @throws UsageError */
export function configurationFrom(
  args: ContainerArguments,
  { environment, folder }: Pick<Context, 'environment' | 'folder'>,
): Configuration {
  const [root = '', ...command] = args.operands;
  const removeOnExit = args.flag('rm');
  const restart = ifGiven(args.text('restart'), parseRestart);
  const { resources, unitProperties } = limitsFrom(args);
  const streams = streamsFrom(args.texts('attach'));
  const hosts = args.texts('add-host').flatMap(parseHosts);
  if (removeOnExit && (restart?.restartPolicy ?? 'no') !== 'no') {
    throw new UsageError('--rm and --restart exclude each other: what is removed cannot be started again');
  }
  if (args.flag('privileged') && args.texts('device-cgroup-rule').length > 0) {
    throw new UsageError('--privileged lets it use every device, so --device-cgroup-rule does not go with it');
  }
  const mounts = [
    ...args.texts('volume').map((text) => parseVolume(text, folder)),
    ...args.texts('mount').map((text) => parseMount(text, folder)),
    ...args.texts('tmpfs').map(parseTmpfs),
  ];
  return {
    ...(args.flag('rootfs') ? { rootDirectory: resolve(folder, root) } : { image: root }),
    command: someOf(command),
    name: args.text('name'),
    entrypoint: entrypointFrom(args.text('entrypoint')),
    environment: entriesOf(variablesFrom(args.texts('env-file'), args.texts('env'), environment)),
    workingDirectory: args.text('workdir'),
    user: args.text('user'),
    groups: someOf(args.texts('group-add')),
    hostname: args.text('hostname'),
    hosts: someOf(hosts),
    labels: entriesOf(
      labelsFrom('--label', [...assignmentsIn('--label-file', args.texts('label-file')), ...args.texts('label')]),
    ),
    annotations: entriesOf(labelsFrom('--annotation', args.texts('annotation'))),
    mounts: someOf(mounts),
    volumesFrom: someOf(args.texts('volumes-from').map(parseVolumesFrom)),
    devices: someOf(args.texts('device').map(parseDevice)),
    ...namespacesFrom(args),
    ...networkingFrom(args),
    sysctls: entriesOf(labelsFrom('--sysctl', args.texts('sysctl'))),
    resourceLimits: someOf(resourceLimitsFrom(args.texts('ulimit'), () => readFileSync('/proc/self/limits', 'utf8'))),
    sharedMemoryBytes: ifGiven(args.text('shm-size'), parseSharedMemory),
    timeZone: args.text('tz'),
    initProcess: args.flag('init') || undefined,
    initPath: ifGiven(args.text('init-path'), (path) => resolve(folder, path)),
    oomScoreAdjust: ifGiven(args.text('oom-score-adj'), parseOomScore),
    readOnlyRoot: args.flag('read-only') || undefined,
    privileged: args.flag('privileged') || undefined,
    addCapabilities: someOf(args.texts('cap-add').flatMap((names) => names.split(','))),
    dropCapabilities: someOf(args.texts('cap-drop').flatMap((names) => names.split(','))),
    ...securityFrom(args.texts('security-opt'), folder),
    stopSignal: args.text('stop-signal'),
    stopTimeoutUSec: ifGiven(args.text('stop-timeout'), (text) => parseSeconds('--stop-timeout', text)),
    ...restart,
    removeOnExit: removeOnExit || undefined,
    terminal: args.flag('tty') || undefined,
    stdin: args.flag('interactive') || streams.includes('stdin') || undefined,
    logDriver: logDriverFrom(args.text('log-driver')),
    streams: streamsKindFrom(args.text('streams'), streams.length > 0),
    detachKeys: args.text('detach-keys'),
    runtime: args.text('runtime'),
    resources: Object.keys(resources).length === 0 ? undefined : resources,
    unitProperties: someOf([...args.texts('device-cgroup-rule').flatMap(parseDeviceRule), ...unitProperties]),
  };
}

const someOf = <T>(values: readonly T[]): readonly T[] | undefined => (values.length === 0 ? undefined : values);
const entriesOf = (values: Record<string, string>): Record<string, string> | undefined =>
  Object.keys(values).length === 0 ? undefined : values;
const ifGiven = <T>(text: string | undefined, parse: (text: string) => T): T | undefined =>
  text === undefined ? undefined : parse(text);

/** A program, or a JSON array of it and its first arguments; the empty string means none. */
function entrypointFrom(text: string | undefined): readonly string[] | undefined {
  if (text === undefined || text === '') return text === undefined ? undefined : [];
  if (!text.startsWith('[')) return [text];
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    // Said below.
  }
  if (Array.isArray(parsed) && parsed.every((each) => typeof each === 'string')) return parsed;
  throw new UsageError(`--entrypoint takes a program or a JSON array of strings, not '${text}'`);
}

function logDriverFrom(text: string | undefined): Configuration['logDriver'] {
  if (text === undefined || text === 'journald' || text === 'none') return text;
  throw new UsageError(`--log-driver takes journald or none, not '${text}'`);
}

/** Streams that are named are wanted byte for byte. */
function streamsKindFrom(text: string | undefined, areAttached: boolean): Configuration['streams'] {
  if (text === undefined) return areAttached ? 'relay' : undefined;
  if (text !== 'relay' && text !== 'journal') throw new UsageError(`--streams takes relay or journal, not '${text}'`);
  return text;
}

function namespacesFrom(args: ContainerArguments): Partial<Configuration> {
  const namespaceOf = (option: 'pid' | 'ipc' | 'uts' | 'cgroupns'): string | undefined =>
    ifGiven(args.text(option), (text) => parseNamespace(`--${option}`, text, ['private', 'host']));
  return {
    pidNamespace: namespaceOf('pid'),
    ipcNamespace: namespaceOf('ipc'),
    utsNamespace: namespaceOf('uts'),
    cgroupNamespace: namespaceOf('cgroupns'),
  };
}
