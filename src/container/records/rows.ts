/** Containers as rows of the database, and back. Moments are microseconds since 1970 there. */
import * as v from 'valibot';
import type { ContainerRow } from '../../store/container-rows.ts';
import { WISHES, type Container } from '../container.ts';
import { ConfigurationSchema } from '../configuration/configuration.ts';
import { parseContainerId, parseContainerName, type ContainerName } from '../names.ts';
import type { Exit, Status } from '../status.ts';
import { optional, text, texts } from '../../lib/schema.ts';

const moment = v.pipe(
  v.number(),
  v.transform((usec) => new Date(usec / 1000)),
);

const Exit = v.object({
  code: optional(v.number()),
  signal: optional(text),
  oomKilled: v.boolean(),
  result: optional(text),
  at: moment,
});

const Status = v.variant('state', [
  v.object({ state: v.literal('configured') }),
  v.object({ state: v.literal('removing'), volumes: optional(v.picklist(['none', 'anonymous'])) }),
  v.object({
    state: v.picklist(['created', 'running', 'paused', 'stopping']),
    pid: optional(v.number()),
    invocationId: text,
    startedAt: optional(moment),
  }),
  v.object({
    state: v.picklist(['stopped', 'exited']),
    exit: Exit,
    restartsAt: optional(moment),
    startedAt: optional(moment),
    invocationId: optional(text),
  }),
  v.object({ state: v.literal('unknown'), reason: text }),
]);

const Leases = v.optional(
  v.array(
    v.object({
      network: text,
      networkId: text,
      interface: text,
      addresses: texts,
      subnets: texts,
      gateways: texts,
      mac: text,
    }),
  ),
  [],
);

const Made = v.object({ unit: text, configuration: ConfigurationSchema, leases: Leases });
const Wanted = optional(v.picklist(WISHES));
const Seen = v.object({ status: Status, restarts: v.number(), wanted: Wanted, message: optional(text) });

const nameOf = (name: string): ContainerName => parseContainerName(name, 'name');

const Description = v.object({
  id: v.pipe(text, v.transform(parseContainerId)),
  name: v.pipe(text, v.transform(nameOf)),
  unit: text,
  createdAt: moment,
  configuration: ConfigurationSchema,
  wanted: Wanted,
  leases: Leases,
});

const json = <T extends v.GenericSchema>(schema: T) => v.pipe(v.string(), v.parseJson(), schema);
const MadeText = json(Made);
const SeenText = json(Seen);
const ExitText = json(Exit);
const DescriptionText = json(Description);

/** @throws ValiError for a row that berth has not written */
export function containerOf(row: ContainerRow): Container {
  const { unit, configuration, leases } = v.parse(MadeText, row.config);
  const { status, restarts, wanted, message } = v.parse(SeenText, row.status);
  return {
    id: parseContainerId(row.id),
    name: nameOf(row.name),
    unit,
    createdAt: new Date(row.createdUsec / 1000),
    config: configuration,
    leases,
    status,
    restarts,
    wanted,
    message,
  };
}

export const rowOf = (container: Container): ContainerRow => ({
  id: container.id,
  name: container.name,
  config: JSON.stringify({ unit: container.unit, configuration: container.config, leases: container.leases }),
  status: JSON.stringify({
    status: wireStatus(container.status),
    restarts: container.restarts,
    wanted: container.wanted,
    message: container.message,
  }),
  createdUsec: usecOf(container.createdAt),
});

/** What a container is made of, as the text that lies in its folder. */
export const descriptionOf = ({ id, name, unit, createdAt, config, leases, wanted }: Container): string =>
  JSON.stringify({ id, name, unit, createdAt: usecOf(createdAt), configuration: config, leases, wanted });

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
  if (!('exit' in status)) return { ...status, startedAt };
  const restartsAt = status.restartsAt === undefined ? undefined : usecOf(status.restartsAt);
  return { ...status, exit: wireExit(status.exit), startedAt, restartsAt };
}
