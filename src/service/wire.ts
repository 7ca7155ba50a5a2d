/** Containers and images as the varlink interfaces show them. */
import type * as api from '../api/io-berth-container.ts';
import type { Image as WireImage } from '../api/io-berth-image.ts';
import type { Container } from '../container/container.ts';
import { argvOf, type Configuration } from '../container/configuration/configuration.ts';
import { hasLife, type Exit } from '../container/status.ts';
import { signalName } from '../lib/signals.ts';
import type { LogLine } from '../journal/journal.ts';
import type { Image } from '../storage/images.ts';
import type { CgroupUsage } from '../systemd/process/cgroup.ts';
import type { CgroupProcess } from '../systemd/process/group-processes.ts';
import type { Traffic } from '../netavark/traffic.ts';
import type { UnitLimits } from '../systemd/units/unit-status.ts';

export const timestamp = (at: Date): api.Timestamp => ({ realtime: at.getTime() * 1000 });

/** undefined where neither clock is given; a monotonic time alone means nothing over a journal of many boots. */
export const momentOf = (at: api.Timestamp | undefined): Date | undefined =>
  at?.realtime === undefined ? undefined : new Date(at.realtime / 1000);

export const wireExit = ({ code, signal, oomKilled, result, at }: Exit): api.Exit => ({
  exitCode: code,
  signal,
  oomKilled,
  result,
  exitedAt: timestamp(at),
});

export function wireRuntime({ unit, status, restarts, wanted, message }: Container): api.Runtime {
  const alive = hasLife(status);
  return {
    state: status.state,
    process: alive && status.pid !== undefined ? { pid: status.pid } : undefined,
    startedAt: 'startedAt' in status && status.startedAt !== undefined ? timestamp(status.startedAt) : undefined,
    exit: 'exit' in status ? wireExit(status.exit) : undefined,
    restartsAt: 'exit' in status && status.restartsAt !== undefined ? timestamp(status.restartsAt) : undefined,
    controlGroup: alive ? `/berth.slice/${unit}` : undefined,
    invocationId: 'invocationId' in status ? status.invocationId : undefined,
    restarts,
    wanted,
    message: status.state === 'unknown' ? status.reason : message,
  };
}

export const wireSummary = (container: Container): api.Summary => ({
  id: container.id,
  name: container.name,
  unit: container.unit,
  image: container.config.image,
  imageId: container.config.imageId,
  command: argvOf(container.config),
  createdAt: timestamp(container.createdAt),
  labels: container.config.labels,
  connections: wireConnections(container),
  ports: container.config.ports,
  runtime: wireRuntime(container),
});

const wireConnections = ({ config, leases }: Container): api.Connection[] =>
  leases.map(({ network, interface: device, addresses, subnets, gateways, mac }) => ({
    network,
    interface: device,
    addresses: addresses.map((address, index) => `${address}/${subnets[index]?.split('/')[1] ?? ''}`),
    gateways,
    mac,
    aliases: config.networks.find((attachment) => attachment.network === network)?.aliases ?? [],
  }));

export const wireContainer = (
  container: Container,
  bundle: string,
  limits: UnitLimits | undefined,
): api.InspectOutput => ({
  id: container.id,
  name: container.name,
  unit: container.unit,
  imageId: container.config.imageId,
  command: argvOf(container.config),
  createdAt: timestamp(container.createdAt),
  configuration: wireConfiguration(container.name, container.config),
  connections: wireConnections(container),
  runtime: wireRuntime(container),
  bundle,
  limits,
});

/** What Create takes, so that what it answers makes the same container again: as it is kept, but for what has another form there. */
function wireConfiguration(name: string, config: Configuration): api.Configuration {
  const { imageId: _, stopTimeoutUsec, ...same } = config;
  return {
    ...same,
    name,
    image: config.rootDirectory === undefined ? config.image : undefined,
    // Of a namespace that is shared it is that one's, and not Create's to give.
    hostname: config.utsNamespace === 'private' ? config.hostname : undefined,
    sharedMemoryBytes: config.ipcNamespace === 'private' ? config.sharedMemoryBytes : undefined,
    stopSignal: signalName(config.stopSignal),
    stopTimeoutUSec: stopTimeoutUsec,
  };
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** Text where it is valid UTF-8 without NUL, which varlink's peers refuse; base64 otherwise. */
export function wireLine({ stream, bytes, terminated, usec, pid, cursor }: LogLine): api.LogLine {
  return {
    stream,
    ...contentOf(bytes),
    terminated,
    timestamp: { realtime: usec },
    process: pid === undefined ? undefined : { pid },
    cursor,
  };
}

function contentOf(bytes: Buffer): { message: string } | { messageBase64: string } {
  if (!bytes.includes(0)) {
    try {
      return { message: utf8.decode(bytes) };
    } catch {
      // Not text, which is what base64 is for.
    }
  }
  return { messageBase64: bytes.toString('base64') };
}

export const wireImage = (image: Image): WireImage => ({
  id: image.id,
  names: image.names,
  digests: image.digests,
  createdAt: image.createdAt === undefined ? undefined : timestamp(image.createdAt),
  sizeBytes: image.sizeBytes,
  architecture: image.architecture,
  operatingSystem: image.os,
  labels: image.config.labels,
  store: image.store,
  readOnly: image.readOnly,
});

export const wireUsage = (usage: CgroupUsage & Partial<Traffic>, at: Date = new Date()): api.Usage => ({
  timestamp: timestamp(at),
  cpuUsageUSec: usage.cpuUsageUsec,
  cpuUserUSec: usage.cpuUserUsec,
  cpuSystemUSec: usage.cpuSystemUsec,
  memoryBytes: usage.memoryBytes,
  memoryPeakBytes: usage.memoryPeakBytes,
  memoryMaxBytes: usage.memoryMaxBytes,
  swapBytes: usage.swapBytes,
  tasks: usage.tasks,
  tasksMax: usage.tasksMax,
  readBytes: usage.readBytes,
  writeBytes: usage.writeBytes,
  receivedBytes: usage.receivedBytes,
  sentBytes: usage.sentBytes,
  oomKills: usage.oomKills,
});

export const wireProcess = (process: CgroupProcess): api.Process => ({
  process: { pid: process.pid },
  containerPid: process.innerPid,
  parentPid: process.parentPid,
  uid: process.uid,
  state: process.state,
  cpuUsageUSec: process.cpuUsageUsec,
  residentBytes: process.residentBytes,
  startedAt: timestamp(process.startedAt),
  command: process.command,
});
