/** From what a client asks for and what an image says to what a container is made of. Pure but for looking at sources. */
import { join } from 'node:path';
import type { Configuration as Request } from '../../api/io-berth-container.ts';
import { parseSignal } from '../../lib/signals.ts';
import { parseCapability } from '../../oci-spec/capabilities.ts';
import type { Image, ImageConfig } from '../../storage/images.ts';
import { parseDetachKeys } from '../../stream/detach-keys.ts';
import { absolutePath, demandExecutable, invalid, listOf, mapOf, numberWithin, textOf, textsOf } from './checks.ts';
import { DEFAULT_SHARED_MEMORY_BYTES, type Configuration, type StreamsKind } from './configuration.ts';
import { ContainerError } from '../errors.ts';
import { mountsOf } from './mounts.ts';
import { networkingOf } from './networking.ts';
import { namespacesOf, parseNamespace, sharedInTheEnd, type FindContainer } from './namespaces.ts';
import * as option from './options.ts';
import { resourceAssignments } from './resources.ts';
import { sysctlsOf } from './sysctls.ts';
import { parseGivenProperty } from './unit-properties.ts';
import { withVolumes, type VolumeSources } from './volumes.ts';

/** What a client asks for; everything but what it is made of may be left out. */
export type { Request };

export interface Defaults {
  readonly id: string;
  /** The host's. */
  readonly hostname: string;
  readonly runtime: string;
  readonly streams: StreamsKind;
  /** Where neither a network nor networks are asked for. */
  readonly network: 'networks' | 'none';
  /** Containers whose namespaces may be shared. */
  readonly find: FindContainer;
  readonly mountsOf: VolumeSources['mountsOf'];
  readonly newVolumeName: VolumeSources['newName'];
}

const DEFAULT_PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';
const DEFAULT_STOP_TIMEOUT_USEC = 10_000_000;
const DEFAULT_STOP_SIGNAL = 15;
/** Of Linux, in bytes. */
const HOST_NAME_MAX = 64;
const MAX_OOM_SCORE = 1000;
/** StartLimitBurst= counts the first start too, in 32 bits. */
const MAX_RESTART_LIMIT = 2 ** 32 - 2;

/** What an image says; a root directory says nothing. */
const NOTHING: ImageConfig = {
  env: [],
  entrypoint: [],
  cmd: [],
  user: '',
  workingDir: '',
  stopSignal: undefined,
  labels: {},
  volumes: [],
  exposedPorts: [],
};

/**
 * @param image undefined with a root directory
 * @throws ContainerError `NoCommand` | `InvalidParameter` | `InvalidProperty` | `NoSuchNamespace` | `AmbiguousContainer`
 */
export function configure(request: Request, image: Image | undefined, defaults: Defaults): Configuration {
  const config = image?.config ?? NOTHING;
  const rootDirectory = rootDirectoryOf(request, image);
  const entrypoint = request.entrypoint === undefined ? config.entrypoint : textsOf(request.entrypoint, 'entrypoint');
  // A command of the image belongs to the image's entrypoint, not to another one.
  const ofImage = request.entrypoint === undefined ? config.cmd : [];
  const command = request.command === undefined ? ofImage : textsOf(request.command, 'command');
  if (entrypoint.length + command.length === 0) {
    throw new ContainerError('NoCommand', { image: request.image ?? rootDirectory ?? image?.id ?? '' });
  }
  const environment = environmentOf(config.env, request.environment);
  demandExecutable([...entrypoint, ...command], environment);
  demandConsistentEnd(request);
  const unitProperties = listOf(request.unitProperties, 'unitProperties', textOf);
  unitProperties.forEach(parseGivenProperty);
  const resources = request.resources ?? {};
  resourceAssignments(resources, 'configuration.resources');
  const { find } = defaults;
  const network = request.network ?? (asksForNetworks(request) ? 'networks' : defaults.network);
  const namespaces = namespacesOf({ ...request, network }, find);
  if (namespaces.network.startsWith('container:') && (request.hosts ?? []).length > 0) throw invalid('hosts');
  const isPrivate = (text: string): boolean => parseNamespace(text).kind === 'private';
  const privileged = request.privileged ?? false;
  return {
    image: request.image ?? image?.id ?? '',
    imageId: image?.id ?? '',
    rootDirectory,
    entrypoint,
    command,
    environment,
    workingDirectory: absolutePath(request.workingDirectory ?? join('/', config.workingDir), 'workingDirectory'),
    user: request.user === undefined ? config.user : textOf(request.user, 'user'),
    groups: listOf(request.groups, 'groups', option.groupOf),
    hostname: hostnameOf(request.hostname, namespaces, defaults),
    hosts: option.hostsOf(request.hosts),
    labels: { ...config.labels, ...mapOf(request.labels, 'labels') },
    annotations: option.annotationsOf(request.annotations),
    mounts: withVolumes(mountsOf(request.mounts), {
      declared: config.volumes,
      from: request.volumesFrom,
      mountsOf: defaults.mountsOf,
      newName: defaults.newVolumeName,
    }),
    devices: listOf(request.devices, 'devices', option.deviceOf),
    ...namespaces,
    ...networkingOf(request, namespaces.network, config.exposedPorts),
    sysctls: sysctlsOf(request.sysctls, (type) => sharedInTheEnd(namespaces, type, find).kind === 'host'),
    resourceLimits: option.resourceLimitsOf(request.resourceLimits),
    sharedMemoryBytes: sharedMemoryOf(request.sharedMemoryBytes, isPrivate(namespaces.ipcNamespace)),
    timeZone: request.timeZone === undefined ? undefined : option.timeZoneOf(request.timeZone),
    initProcess: initProcessOf(request.initProcess, isPrivate(namespaces.pidNamespace)),
    initPath: initPathOf(request),
    oomScoreAdjust:
      request.oomScoreAdjust === undefined
        ? undefined
        : numberWithin(request.oomScoreAdjust, 'oomScoreAdjust', -MAX_OOM_SCORE, MAX_OOM_SCORE),
    readOnlyRoot: request.readOnlyRoot ?? false,
    privileged,
    ...capabilitiesOf(request),
    seccompProfile:
      request.seccompProfile === undefined ? undefined : option.seccompProfileOf(request.seccompProfile, privileged),
    maskPaths: listOf(request.maskPaths, 'maskPaths', option.maskPathOf),
    unmaskPaths: listOf(request.unmaskPaths, 'unmaskPaths', option.unmaskPathOf),
    noNewPrivileges: request.noNewPrivileges ?? false,
    stopSignal: stopSignalOf(request.stopSignal, config.stopSignal),
    stopTimeoutUsec: numberWithin(request.stopTimeoutUSec ?? DEFAULT_STOP_TIMEOUT_USEC, 'stopTimeoutUSec', 0),
    restartPolicy: request.restartPolicy ?? 'no',
    restartLimit: request.restartLimit,
    removeOnExit: request.removeOnExit ?? false,
    ...streamsOf(request, defaults),
    runtime: request.runtime ?? defaults.runtime,
    resources,
    unitProperties,
  };
}

const asksForNetworks = ({ networks, ports = [], publishAll = false }: Request): boolean =>
  networks !== undefined || ports.length > 0 || publishAll;

/** A terminal takes input, and only what is relayed can be given any. */
function streamsOf(
  { terminal = false, stdin = false, streams, logDriver = 'journald', detachKeys }: Request,
  defaults: Pick<Defaults, 'streams'>,
): Pick<Configuration, 'terminal' | 'stdin' | 'streams' | 'logDriver' | 'detachKeys'> {
  const interactive = terminal || stdin;
  if (interactive && streams === 'journal') throw invalid('streams');
  if (detachKeys !== undefined && parseDetachKeys(detachKeys) === undefined) throw invalid('detachKeys');
  const isRelayed = interactive || logDriver === 'none';
  if (logDriver === 'none' && streams === 'journal') throw invalid('logDriver');
  return {
    terminal,
    stdin: interactive,
    streams: streams ?? (isRelayed ? 'relay' : defaults.streams),
    logDriver,
    detachKeys,
  };
}

function rootDirectoryOf({ image, rootDirectory }: Request, found: Image | undefined): string | undefined {
  if (rootDirectory === undefined) {
    if (found === undefined) throw invalid('image');
    return undefined;
  }
  if (image !== undefined) throw invalid('rootDirectory');
  return option.rootDirectoryOf(rootDirectory);
}

function demandConsistentEnd({ removeOnExit, restartPolicy = 'no', restartLimit }: Request): void {
  if (removeOnExit === true && restartPolicy !== 'no') throw invalid('removeOnExit');
  if (restartLimit === undefined) return;
  if (restartPolicy !== 'on_failure') throw invalid('restartLimit');
  numberWithin(restartLimit, 'restartLimit', 1, MAX_RESTART_LIMIT);
}

function environmentOf(ofImage: readonly string[], own: Request['environment']): Record<string, string> {
  const environment = new Map([['PATH', DEFAULT_PATH]]);
  for (const assignment of ofImage) {
    const index = assignment.indexOf('=');
    if (index > 0) environment.set(assignment.slice(0, index), assignment.slice(index + 1));
  }
  for (const [name, value] of Object.entries(mapOf(own, 'environment'))) {
    if (name.includes('=')) throw invalid('environment');
    environment.set(name, value);
  }
  return Object.fromEntries(environment);
}

/** The name belongs to the UTS namespace: only one of its own can be given another. */
function hostnameOf(
  asked: string | undefined,
  namespaces: ReturnType<typeof namespacesOf>,
  { id, hostname, find }: Defaults,
): string {
  const own = id.slice(0, 12);
  if (asked !== undefined) {
    // sethostname(2) takes any bytes; what would break lines and comments of /etc/hosts is left out.
    if (asked === '' || /[\s\p{Cc}#]/u.test(asked) || Buffer.byteLength(asked) > HOST_NAME_MAX)
      throw invalid('hostname');
    if (parseNamespace(namespaces.utsNamespace).kind !== 'private') throw invalid('hostname');
    return asked;
  }
  const uts = sharedInTheEnd(namespaces, 'uts', find);
  switch (uts.kind) {
    case 'private':
    case 'networks':
      return namespaces.network === 'host' ? hostname : own;
    case 'host':
      return hostname;
    case 'container':
      return find(uts.name).config.hostname;
    case 'path':
      return own; // nobody knows
  }
}

/** /dev/shm belongs to the IPC namespace, too. */
function sharedMemoryOf(bytes: number | undefined, isPrivate: boolean): number {
  if (bytes === undefined) return DEFAULT_SHARED_MEMORY_BYTES;
  if (!isPrivate) throw invalid('sharedMemoryBytes');
  return numberWithin(bytes, 'sharedMemoryBytes', 1);
}

/** In another PID namespace it would not be the one that reaps. */
function initProcessOf(asked: boolean | undefined, isPrivate: boolean): boolean {
  if (asked === true && !isPrivate) throw invalid('initProcess');
  return asked ?? false;
}

/** Nothing would run it. */
function initPathOf({ initProcess, initPath }: Request): string | undefined {
  if (initPath !== undefined && initProcess !== true) throw invalid('initPath');
  return initPath === undefined ? undefined : absolutePath(initPath, 'initPath');
}

/** Every one and none at once is no wish. */
function capabilitiesOf(request: Request): Pick<Configuration, 'addCapabilities' | 'dropCapabilities'> {
  const addCapabilities = listOf(request.addCapabilities, 'addCapabilities', capabilityOf);
  const dropCapabilities = listOf(request.dropCapabilities, 'dropCapabilities', capabilityOf);
  if (addCapabilities.includes('ALL') && dropCapabilities.includes('ALL')) throw invalid('dropCapabilities');
  return { addCapabilities, dropCapabilities };
}

function capabilityOf(name: string, member: string): string {
  const capability = name.toUpperCase() === 'ALL' ? 'ALL' : parseCapability(name);
  if (capability === undefined) throw invalid(member.replace(/\[\d+\]$/, ''));
  return capability;
}

function stopSignalOf(asked: string | undefined, ofImage: string | undefined): number {
  if (asked === undefined) return (ofImage === undefined ? undefined : parseSignal(ofImage)) ?? DEFAULT_STOP_SIGNAL;
  const number = parseSignal(asked);
  if (number === undefined) throw invalid('stopSignal');
  return number;
}
