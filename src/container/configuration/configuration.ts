/**
 * What a container is made of, which never changes by itself, with everything that image and defaults decide filled in. This is
 * the one place where it is written down: the type, and what is read back from the database and the container's folder, both come
 * from here.
 */
import * as v from 'valibot';
import { flag, map, number, optional, text, texts, type Kept } from '../../lib/schema.ts';
import { PROTOCOLS } from '../../network/port-mapping.ts';
import { capabilityChanges, DEFAULT_CAPABILITIES } from '../../oci-spec/capabilities.ts';

/** Where standard streams go: to berthd, by pipes or a terminal, or to journald, by its sockets. */
const STREAMS_KINDS = ['relay', 'journal'] as const;
export type StreamsKind = (typeof STREAMS_KINDS)[number];

export const RESTART_POLICIES = ['no', 'on_failure', 'always', 'unless_stopped'] as const;
export type RestartPolicy = (typeof RESTART_POLICIES)[number];

export const DEFAULT_SHARED_MEMORY_BYTES = 64 * 1024 * 1024;

const MountSchema = v.object({
  kind: v.picklist(['bind', 'tmpfs', 'volume']),
  /** A path of the host, or the name of the volume; a tmpfs has none. */
  source: optional(text),
  /** In the container. */
  destination: text,
  readOnly: flag,
  options: texts,
});
export type Mount = Kept<typeof MountSchema>;

/** A name in the container's /etc/hosts; the address may be `host-gateway`. */
const HostSchema = v.object({ name: text, address: text });
export type Host = Kept<typeof HostSchema>;

/** A network that a container is on. */
const AttachmentSchema = v.object({
  /** By name. */
  network: text,
  aliases: texts,
  /** Those that it is to have, of whichever subnet. */
  addresses: texts,
  mac: optional(text),
  /** In the container; chosen by its place if left out. */
  interface: optional(text),
  options: map,
});
export type NetworkAttachment = Kept<typeof AttachmentSchema>;

const PortSchema = v.object({
  hostAddress: text,
  hostPort: number,
  containerPort: number,
  count: number,
  protocol: v.picklist(PROTOCOLS),
});

const DeviceSchema = v.object({
  /** On the host, below /dev. */
  source: text,
  /** In the container. */
  destination: text,
  /** Some of `rwm`, in this order. */
  access: text,
});
export type Device = Kept<typeof DeviceSchema>;

/** A limit of setrlimit(2), `RLIMIT_NOFILE`; what is left out is unlimited. */
const ResourceLimitSchema = v.object({ name: text, soft: optional(number), hard: optional(number) });
export type ResourceLimit = Kept<typeof ResourceLimitSchema>;

/** What is left out is not limited. */
const ResourcesSchema = v.object({
  memoryMaxBytes: optional(number),
  memoryLowBytes: optional(number),
  memorySwapMaxBytes: optional(number),
  /** 1500000 are one and a half CPUs. */
  cpuQuotaPerSecUSec: optional(number),
  cpuWeight: optional(number),
  allowedCpus: optional(text),
  allowedMemoryNodes: optional(text),
  tasksMax: optional(number),
  ioWeight: optional(number),
});
export type Resources = Kept<typeof ResourcesSchema>;

/** What came later than berth 0.1.0 has a default, or is optional: records of before do not have it. */
const Written = v.object({
  /** As given to Create; empty with a root directory. */
  image: text,
  imageId: text,
  /** The folder of the host that is the root file system, instead of an image. */
  rootDirectory: optional(text),
  entrypoint: texts,
  command: texts,
  environment: map,
  workingDirectory: text,
  /** As written; looked up in the container's own files at each start. Empty is root. */
  user: text,
  /** Besides those of the user; as written, too. */
  groups: v.optional(texts, []),
  hostname: text,
  hosts: v.optional(v.array(HostSchema), []),
  labels: map,
  /** Those that the client gave. */
  annotations: v.optional(map, {}),
  mounts: v.array(MountSchema),
  devices: v.optional(v.array(DeviceSchema), []),
  network: text,
  pidNamespace: v.optional(text, 'private'),
  ipcNamespace: v.optional(text, 'private'),
  utsNamespace: v.optional(text, 'private'),
  cgroupNamespace: v.optional(text, 'private'),
  networks: v.optional(v.array(AttachmentSchema), []),
  /** Published at the host. */
  ports: v.optional(v.array(PortSchema), []),
  dnsServers: v.optional(texts, []),
  /** undefined for the host's, as are the options. */
  dnsSearch: optional(texts),
  dnsOptions: optional(texts),
  noHosts: v.optional(flag, false),
  /** Names have dots. */
  sysctls: v.optional(map, {}),
  resourceLimits: v.optional(v.array(ResourceLimitSchema), []),
  sharedMemoryBytes: v.optional(number, DEFAULT_SHARED_MEMORY_BYTES),
  /** A name below /usr/share/zoneinfo, or `local`; undefined for what the image has. */
  timeZone: optional(text),
  initProcess: v.optional(flag, false),
  /** On the host; undefined for catatonit. */
  initPath: optional(text),
  oomScoreAdjust: optional(number),
  readOnlyRoot: flag,
  privileged: flag,
  /** What came of it, in berth 0.1.0. */
  capabilities: v.optional(texts, [...DEFAULT_CAPABILITIES]),
  /** Canonical names, `CAP_NET_ADMIN`, or `ALL`. */
  addCapabilities: optional(texts),
  dropCapabilities: optional(texts),
  /** A file of the host, or `unconfined`; undefined for the distribution's. */
  seccompProfile: optional(text),
  maskPaths: v.optional(texts, []),
  /** Paths, or `ALL`. */
  unmaskPaths: v.optional(texts, []),
  noNewPrivileges: flag,
  /** As kill(2) has it. */
  stopSignal: number,
  stopTimeoutUsec: number,
  restartPolicy: v.picklist(RESTART_POLICIES),
  restartLimit: optional(number),
  removeOnExit: flag,
  /** Whether it has a terminal. */
  terminal: v.optional(flag, false),
  /** Whether its standard input is open. */
  stdin: v.optional(flag, false),
  attachable: optional(flag),
  streams: optional(v.picklist(STREAMS_KINDS)),
  /** Whether what it says is logged. */
  logDriver: v.optional(v.picklist(['journald', 'none']), 'journald'),
  /** The keys that leave its terminals, in libpod's format; undefined for the host's. */
  detachKeys: optional(text),
  runtime: text,
  resources: v.optional(ResourcesSchema, {}),
  /** As they stand in unit files. */
  unitProperties: texts,
});
export const ConfigurationSchema = v.pipe(
  Written,
  v.transform(({ capabilities, attachable = false, ...config }) => {
    const { add, drop } = capabilityChanges(config.privileged ? DEFAULT_CAPABILITIES : capabilities);
    const { addCapabilities = add, dropCapabilities = drop } = config;
    // `attachable` is how earlier versions said it.
    const streams = config.streams ?? (attachable ? 'relay' : 'journal');
    return { ...config, addCapabilities, dropCapabilities, streams };
  }),
);
export type Configuration = Kept<typeof ConfigurationSchema>;

/** What is run: entrypoint and command together. */
export const argvOf = (config: Configuration): string[] => [...config.entrypoint, ...config.command];
