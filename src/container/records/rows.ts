/** Containers as rows of the database, and back. Moments are microseconds since 1970 there. */
import * as v from 'valibot';
import type { ContainerRow } from '../../store/container-rows.ts';
import { capabilityChanges, DEFAULT_CAPABILITIES } from '../../oci-spec/capabilities.ts';
import type { Container } from '../container.ts';
import {
  DEFAULT_SHARED_MEMORY_BYTES,
  MOUNT_KINDS,
  RESTART_POLICIES,
  STREAMS_KINDS,
} from '../configuration/configuration.ts';
import { parseContainerId, parseContainerName, type ContainerName } from '../names.ts';
import type { Exit, Status } from '../status.ts';

const text = v.string();
const texts = v.array(text);
/** Unlike `v.record` it keeps `constructor` and `__proto__`, which are names like any other. */
const map = v.custom<Readonly<Record<string, string>>>(
  (value) =>
    typeof value === 'object' &&
    value !== null &&
    !Array.isArray(value) &&
    Object.values(value).every((each) => typeof each === 'string'),
);
const optional = <T extends v.GenericSchema>(schema: T) => v.optional(v.union([schema, v.undefined()]));
const moment = v.pipe(
  v.number(),
  v.transform((usec) => new Date(usec / 1000)),
);

const Mount = v.object({
  kind: v.picklist(MOUNT_KINDS),
  source: optional(text),
  destination: text,
  readOnly: v.boolean(),
  options: texts,
});

const Host = v.object({ name: text, address: text });
const Device = v.object({ source: text, destination: text, access: text });
const ResourceLimit = v.object({ name: text, soft: optional(v.number()), hard: optional(v.number()) });

const Resources = v.object({
  memoryMaxBytes: optional(v.number()),
  memoryLowBytes: optional(v.number()),
  memorySwapMaxBytes: optional(v.number()),
  cpuQuotaPerSecUSec: optional(v.number()),
  cpuWeight: optional(v.number()),
  allowedCpus: optional(text),
  allowedMemoryNodes: optional(text),
  tasksMax: optional(v.number()),
  ioWeight: optional(v.number()),
});

/** What has a default may be absent: berth 0.1.0 did not know it. */
const Written = v.object({
  image: text,
  imageId: text,
  rootDirectory: optional(text),
  entrypoint: texts,
  command: texts,
  environment: map,
  workingDirectory: text,
  user: text,
  groups: v.optional(texts, []),
  hostname: text,
  hosts: v.optional(v.array(Host), []),
  labels: map,
  annotations: v.optional(map, {}),
  mounts: v.array(Mount),
  devices: v.optional(v.array(Device), []),
  network: text,
  pidNamespace: v.optional(text, 'private'),
  ipcNamespace: v.optional(text, 'private'),
  utsNamespace: v.optional(text, 'private'),
  cgroupNamespace: v.optional(text, 'private'),
  sysctls: v.optional(map, {}),
  resourceLimits: v.optional(v.array(ResourceLimit), []),
  sharedMemoryBytes: v.optional(v.number(), DEFAULT_SHARED_MEMORY_BYTES),
  timeZone: optional(text),
  initProcess: v.optional(v.boolean(), false),
  oomScoreAdjust: optional(v.number()),
  readOnlyRoot: v.boolean(),
  privileged: v.boolean(),
  /** What came of it, in berth 0.1.0. */
  capabilities: v.optional(texts, [...DEFAULT_CAPABILITIES]),
  addCapabilities: optional(texts),
  dropCapabilities: optional(texts),
  seccompProfile: optional(text),
  maskPaths: v.optional(texts, []),
  unmaskPaths: v.optional(texts, []),
  noNewPrivileges: v.boolean(),
  stopSignal: v.number(),
  stopTimeoutUsec: v.number(),
  restartPolicy: v.picklist(RESTART_POLICIES),
  restartLimit: optional(v.number()),
  removeOnExit: v.boolean(),
  terminal: v.optional(v.boolean(), false),
  stdin: v.optional(v.boolean(), false),
  attachable: optional(v.boolean()),
  streams: optional(v.picklist(STREAMS_KINDS)),
  detachKeys: optional(text),
  runtime: text,
  resources: v.optional(Resources, {}),
  unitProperties: texts,
});
const Configuration = v.pipe(
  Written,
  v.transform(({ capabilities, attachable = false, ...config }) => {
    const { add, drop } = capabilityChanges(config.privileged ? DEFAULT_CAPABILITIES : capabilities);
    const { addCapabilities = add, dropCapabilities = drop } = config;
    // `attachable` is how earlier versions said it.
    const streams = config.streams ?? (attachable ? 'relay' : 'journal');
    return { ...config, addCapabilities, dropCapabilities, streams };
  }),
);

const Exit = v.object({
  code: optional(v.number()),
  signal: optional(text),
  oomKilled: v.boolean(),
  result: optional(text),
  at: moment,
});

const Status = v.variant('state', [
  v.object({ state: v.picklist(['configured', 'removing']) }),
  v.object({
    state: v.picklist(['created', 'running', 'paused', 'stopping']),
    pid: optional(v.number()),
    invocationId: text,
    startedAt: optional(moment),
  }),
  v.object({
    state: v.picklist(['stopped', 'exited']),
    exit: Exit,
    startedAt: optional(moment),
    invocationId: optional(text),
  }),
  v.object({ state: v.literal('unknown'), reason: text }),
]);

const Made = v.object({ unit: text, configuration: Configuration });
const Seen = v.object({ status: Status, restarts: v.number(), message: optional(text) });

const nameOf = (name: string): ContainerName => parseContainerName(name, 'name');

const Description = v.object({
  id: v.pipe(text, v.transform(parseContainerId)),
  name: v.pipe(text, v.transform(nameOf)),
  unit: text,
  createdAt: moment,
  configuration: Configuration,
});

const json = <T extends v.GenericSchema>(schema: T) => v.pipe(v.string(), v.parseJson(), schema);
const MadeText = json(Made);
const SeenText = json(Seen);
const ExitText = json(Exit);
const DescriptionText = json(Description);

/** @throws ValiError for a row that berth has not written */
export function containerOf(row: ContainerRow): Container {
  const { unit, configuration } = v.parse(MadeText, row.config);
  const { status, restarts, message } = v.parse(SeenText, row.status);
  return {
    id: parseContainerId(row.id),
    name: nameOf(row.name),
    unit,
    createdAt: new Date(row.createdUsec / 1000),
    config: configuration,
    status,
    restarts,
    message,
  };
}

export const rowOf = (container: Container): ContainerRow => ({
  id: container.id,
  name: container.name,
  config: JSON.stringify({ unit: container.unit, configuration: container.config }),
  status: JSON.stringify({
    status: wireStatus(container.status),
    restarts: container.restarts,
    message: container.message,
  }),
  createdUsec: usecOf(container.createdAt),
});

/** What a container is made of, as the text that lies in its folder. */
export const descriptionOf = ({ id, name, unit, createdAt, config }: Container): string =>
  JSON.stringify({ id, name, unit, createdAt: usecOf(createdAt), configuration: config });

/** The container of a description, of which nothing was seen yet. @throws Error for a text that berth has not written */
export function describedBy(description: string): Container {
  const { configuration: config, ...made } = v.parse(DescriptionText, description);
  return { ...made, config, status: { state: 'configured' }, restarts: 0, message: undefined };
}

/** How a removed container ended, as the text that is kept of it. */
export const exitText = (exit: Exit): string => JSON.stringify(wireExit(exit));
export const exitOf = (textOfExit: string): Exit => v.parse(ExitText, textOfExit);

const usecOf = (at: Date): number => at.getTime() * 1000;
const wireExit = (exit: Exit) => ({ ...exit, at: usecOf(exit.at) });
function wireStatus(status: Status): object {
  const startedAt = 'startedAt' in status && status.startedAt !== undefined ? usecOf(status.startedAt) : undefined;
  return 'exit' in status ? { ...status, exit: wireExit(status.exit), startedAt } : { ...status, startedAt };
}
