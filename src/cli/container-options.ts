import type { Configuration, RestartPolicy } from '../api/io-berth-container.ts';
import { UsageError, type Given, type Options } from './args.ts';
import type { Context } from './command.ts';
import { parseMount, parseTmpfs, parseVolume } from './mounts.ts';
import { cpusProperty, memoryProperty, parseSeconds, pidsLimitProperty } from './quantities.ts';
import { labelsFrom, variablesFrom } from './variables.ts';

/** What `run` and `create` take, and what Create makes of it. Nothing is sent that was not given: the image decides then. */
// prettier-ignore
export const CONTAINER_OPTIONS = {
  name: { kind: 'text', value: 'NAME', help: 'Call the container NAME, and its unit berth-NAME.service' },
  rm: { kind: 'flag', help: 'Remove the container once it has ended' },
  env: { kind: 'texts', short: 'e', value: 'NAME[=VALUE]', help: 'Set an environment variable; NAME alone passes on your own' },
  'env-file': { kind: 'texts', value: 'FILE', help: 'Set the environment variables that stand in FILE, one a line' },
  volume: { kind: 'texts', short: 'v', value: 'SOURCE:PATH[:ro]', help: 'Mount SOURCE of this host at PATH' },
  mount: { kind: 'texts', value: 'type=TYPE,…', help: 'Mount in detail: type=bind|tmpfs, source=, destination=, readonly' },
  tmpfs: { kind: 'texts', value: 'PATH[:OPTIONS]', help: 'Mount an empty file system in memory at PATH' },
  workdir: { kind: 'text', short: 'w', value: 'PATH', help: 'Run the command in PATH' },
  user: { kind: 'text', short: 'u', value: 'USER[:GROUP]', help: 'Run the command as USER' },
  hostname: { kind: 'text', short: 'h', value: 'NAME', help: "Set the container's host name" },
  label: { kind: 'texts', short: 'l', value: 'KEY[=VALUE]', help: 'Set a label' },
  network: { kind: 'text', aliases: ['net'], value: 'none|host', help: 'Give it no network, or that of this host; default: none' },
  entrypoint: { kind: 'text', value: 'PROGRAM', help: "Run PROGRAM, or a JSON array of it and arguments, instead of the image's" },
  'read-only': { kind: 'flag', help: 'Refuse writing to the root file system' },
  privileged: { kind: 'flag', help: 'Give it every capability, and neither seccomp nor masked paths' },
  'cap-add': { kind: 'texts', value: 'CAPABILITY', help: 'Add a capability, or ALL' },
  'cap-drop': { kind: 'texts', value: 'CAPABILITY', help: 'Take a capability away, or ALL' },
  'security-opt': { kind: 'texts', value: 'no-new-privileges', help: 'Block gaining privileges through set-user-ID programs' },
  'stop-signal': { kind: 'text', value: 'SIGNAL', help: 'Ask it to end with SIGNAL' },
  'stop-timeout': { kind: 'text', value: 'SECONDS', help: 'Kill it when it has not ended SECONDS after being asked to; default: 10' },
  restart: { kind: 'text', value: 'no|on-failure[:N]|always', help: 'Have systemd start it again when it has ended; default: no' },
  runtime: { kind: 'text', value: 'NAME', help: 'Use this OCI runtime' },
  memory: { kind: 'text', short: 'm', value: 'AMOUNT', help: 'Limit memory, such as 512m (MemoryMax=)' },
  cpus: { kind: 'text', value: 'NUMBER', help: 'Limit CPU time, such as 1.5 (CPUQuota=)' },
  'pids-limit': { kind: 'text', value: 'N', help: 'Limit the number of processes and threads (TasksMax=)' },
  property: { kind: 'texts', value: 'NAME=VALUE', help: 'Set any property of its unit, as it stands in unit files' },
} as const satisfies Options;

export type ContainerArguments = Given<typeof CONTAINER_OPTIONS>;

/** @throws UsageError */
export function configurationFrom(
  args: ContainerArguments,
  { environment, folder }: Pick<Context, 'environment' | 'folder'>,
): Configuration {
  const [image, ...command] = args.operands;
  const removeOnExit = args.flag('rm');
  const restart = restartFrom(args.text('restart'));
  if (removeOnExit && (restart?.restartPolicy ?? 'no') !== 'no') {
    throw new UsageError('--rm and --restart exclude each other: what is removed cannot be started again');
  }
  const mounts = [
    ...args.texts('volume').map((text) => parseVolume(text, folder)),
    ...args.texts('mount').map((text) => parseMount(text, folder)),
    ...args.texts('tmpfs').map(parseTmpfs),
  ];
  return {
    image,
    command: someOf(command),
    name: args.text('name'),
    entrypoint: entrypointFrom(args.text('entrypoint')),
    environment: entriesOf(variablesFrom(args.texts('env-file'), args.texts('env'), environment)),
    workingDirectory: args.text('workdir'),
    user: args.text('user'),
    hostname: args.text('hostname'),
    labels: entriesOf(labelsFrom('--label', args.texts('label'))),
    mounts: someOf(mounts),
    network: networkFrom(args.text('network')),
    readOnlyRoot: args.flag('read-only') || undefined,
    privileged: args.flag('privileged') || undefined,
    addCapabilities: someOf(args.texts('cap-add').flatMap((names) => names.split(','))),
    dropCapabilities: someOf(args.texts('cap-drop').flatMap((names) => names.split(','))),
    noNewPrivileges: noNewPrivilegesFrom(args.texts('security-opt')),
    stopSignal: args.text('stop-signal'),
    stopTimeoutUSec: ifGiven(args.text('stop-timeout'), (text) => parseSeconds('--stop-timeout', text)),
    ...restart,
    removeOnExit: removeOnExit || undefined,
    runtime: args.text('runtime'),
    unitProperties: someOf(unitPropertiesFrom(args)),
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

function networkFrom(text: string | undefined): 'none' | 'host' | undefined {
  if (text === undefined || text === 'none' || text === 'host') return text;
  throw new UsageError(`--network takes none or host, not '${text}'`);
}

function noNewPrivilegesFrom(texts: readonly string[]): boolean | undefined {
  let wanted: boolean | undefined;
  for (const text of texts) {
    const value = /^no-new-privileges(?:[=:](?<value>true|false))?$/u.exec(text);
    if (value === null) throw new UsageError(`--security-opt takes no-new-privileges, not '${text}'`);
    wanted = value.groups?.['value'] !== 'false';
  }
  return wanted;
}

interface Restart {
  readonly restartPolicy: RestartPolicy;
  readonly restartLimit?: number;
}

function restartFrom(text: string | undefined): Restart | undefined {
  if (text === undefined) return undefined;
  if (text === 'no' || text === 'always') return { restartPolicy: text };
  const onFailure = /^on-failure(?::(?<limit>[1-9]\d{0,8}))?$/u.exec(text);
  if (onFailure === null) throw new UsageError(`--restart takes no, on-failure, on-failure:N or always, not '${text}'`);
  const limit = onFailure.groups?.['limit'];
  return { restartPolicy: 'on_failure', ...(limit === undefined ? {} : { restartLimit: Number(limit) }) };
}

/** Limits live on the unit. What was given as a property goes over what an option made of it. */
function unitPropertiesFrom(args: ContainerArguments): readonly string[] {
  const given = args.texts('property');
  const wrong = given.find((property) => !/^[A-Za-z][A-Za-z0-9]*=/u.test(property));
  if (wrong !== undefined) throw new UsageError(`--property takes NAME=VALUE as in unit files, not '${wrong}'`);
  return [
    ifGiven(args.text('memory'), memoryProperty),
    ifGiven(args.text('cpus'), cpusProperty),
    ifGiven(args.text('pids-limit'), pidsLimitProperty),
    ...given,
  ].filter((property) => property !== undefined);
}
