/** io.berth.Container: each handler translates and delegates. */
import {
  containerInterface,
  type BatchOperation,
  type BatchResult,
  type ContainerHandlers,
  type ListOutput,
  type LogsOutput,
  type PruneOutput,
  type StartWantedOutput,
  type StatsOutput,
  type TopOutput,
} from '../api/io-berth-container.ts';
import type { Containers } from '../container/containers.ts';
import { ContainerError } from '../container/errors.ts';
import type { BatchStep, BatchVerb } from '../container/operations/batch.ts';
import type { StepResult } from '../container/operations/one-turn.ts';
import { repeatedly } from '../container/operations/repeatedly.ts';
import type { StartOptions } from '../container/operations/start.ts';
import { parseSignal } from '../lib/signals.ts';
import { live } from '../varlink/stream.ts';
import { answerFor } from './errors.ts';
import type { AttachHandlers } from './attach.ts';
import type { ExecHandlers } from './exec.ts';
import type { FilesHandlers } from './files.ts';
import { logReplies } from './log-lines.ts';
import { momentOf, wireContainer, wireExit, wireProcess, wireSummary, wireUsage } from './wire.ts';

const ENDED = ['stopped', 'exited'] as const;

export const containersService = (
  containers: Containers,
): Omit<ContainerHandlers, keyof ExecHandlers | keyof AttachHandlers | keyof FilesHandlers> => ({
  async Create({ configuration, id: reserved }, { signal }) {
    const { id, name } = await containers.create(configuration, signal, reserved);
    return { id, name };
  },
  async Init({ container, recursive }, { signal }) {
    await containers.init(container, startOptions(recursive), signal);
    return {};
  },
  async Start({ container, recursive }, { signal }) {
    await containers.start(container, startOptions(recursive), signal);
    return {};
  },
  async Stop({ container, timeoutUSec }, { signal }) {
    await containers.stop(container, stopTimeoutOf(timeoutUSec, 'timeoutUSec'), signal);
    return {};
  },
  async Restart({ container, timeoutUSec }, { signal }) {
    await containers.restart(container, stopTimeoutOf(timeoutUSec, 'timeoutUSec'), signal);
    return {};
  },
  async Pause({ container }, { signal }) {
    await containers.pause(container, signal);
    return {};
  },
  async Unpause({ container }) {
    await containers.unpause(container);
    return {};
  },
  async Rename({ container, name }) {
    await containers.rename(container, name);
    return {};
  },
  async Update({ container, resources = {}, unitProperties = [], restartPolicy, restartLimit }, { signal }) {
    await containers.update(container, { resources, unitProperties, restartPolicy, restartLimit }, signal);
    return {};
  },
  async Sync({ container }) {
    const { status } = await containers.inspect(container);
    return { state: status.state };
  },
  async Cleanup({ container }) {
    await containers.cleanup(container);
    return {};
  },
  async *StartWanted(_, { signal }): AsyncGenerator<StartWantedOutput> {
    const faults: unknown[] = [];
    for await (const { container, failure } of containers.startWanted(signal)) {
      const answer = failure === undefined ? undefined : answerFor(containerInterface.name, failure);
      if (failure !== undefined && answer === undefined) faults.push(failure);
      else yield { id: container.id, name: container.name, error: answer?.error, parameters: answer?.parameters };
    }
    if (faults.length > 0) throw faults[0];
  },
  async *Prune({ labels = {} }, { signal }): AsyncGenerator<PruneOutput> {
    for await (const { id, name } of containers.prune(labels, signal)) yield { id, name };
  },
  async Batch({ container, operations }, { signal }) {
    if (operations.length > MAX_STEPS) throw new ContainerError('InvalidParameter', { parameter: 'operations' });
    const results = await containers.batch(container, operations.map(stepOf), signal);
    return { results: results.map(wireResult) };
  },
  Stats({ container, intervalUSec }, { signal, more }) {
    const look = async (): Promise<StatsOutput> => ({ usage: wireUsage(await containers.stats(container)) });
    return more ? live(repeatedly(look, intervalMs(intervalUSec), signal)) : look();
  },
  Top({ container, intervalUSec }, { signal, more }) {
    const look = async (): Promise<TopOutput> => {
      const { processes, more: areMore } = await containers.top(container);
      return { processes: processes.map(wireProcess), incomplete: areMore || undefined };
    };
    return more ? live(repeatedly(look, intervalMs(intervalUSec), signal)) : look();
  },
  async Kill({ container, signal: name }, { signal }) {
    await containers.kill(container, signalOf(name, 'signal'), signal);
    return {};
  },
  async Wait({ container, conditions = ENDED }, { signal }) {
    const { state, exit } = await containers.wait(container, conditions, signal);
    return { state, exit: exit === undefined ? undefined : wireExit(exit) };
  },
  async Remove({ container, force = false, volumes = false }, { signal }) {
    const taken = volumes ? 'anonymous' : 'none';
    await containers.remove(container, { ifRunning: force ? 'kill' : 'refuse', volumes: taken }, signal);
    return {};
  },
  async Inspect({ container }) {
    const found = await containers.inspect(container);
    return wireContainer(found, containers.bundleOf(found), await containers.limits(found));
  },
  async *List({ states, labels = {} }): AsyncGenerator<ListOutput> {
    for (const container of containers.list({ states, labels })) yield { container: wireSummary(container) };
  },
  Logs({ container, follow = false, tail, together = false, ...range }, { signal }): AsyncIterable<LogsOutput> {
    const { since, until, cursor } = range;
    const query = {
      follow,
      tail: countOf(tail, 'tail'),
      since: momentOf(since),
      until: momentOf(until),
      cursor,
      lines: together ? 'together' : 'each',
    } as const;
    const pace = follow ? 'at-once' : 'few';
    const replies = logReplies(containers.logs(container, query, signal), { lines: query.lines, pace });
    return follow ? live(replies) : replies;
  },
});

/** @throws ContainerError `InvalidParameter` */
function countOf(value: number | bigint | undefined, parameter: string): number | undefined {
  if (value === undefined) return undefined;
  const count = Number(value);
  if (!Number.isSafeInteger(count) || count < 0) throw new ContainerError('InvalidParameter', { parameter });
  return count;
}

/** -1 is for ever. @throws ContainerError `InvalidParameter` */
const stopTimeoutOf = (value: number | bigint | undefined, parameter: string): number | undefined =>
  value !== undefined && Number(value) === -1 ? Infinity : countOf(value, parameter);

const startOptions = (recursive = false): StartOptions => ({ dependencies: recursive ? 'start' : 'must-run' });

function signalOf(name = 'SIGKILL', parameter: string): number {
  const number = parseSignal(name);
  if (number === undefined) throw new ContainerError('InvalidParameter', { parameter });
  return number;
}

const DEFAULT_INTERVAL_USEC = 1_000_000;
/** More often is of no use to anybody, and costs. */
const MIN_INTERVAL_USEC = 100_000;
const MAX_INTERVAL_USEC = 3_600_000_000;

function intervalMs(intervalUsec: number = DEFAULT_INTERVAL_USEC): number {
  if (intervalUsec < MIN_INTERVAL_USEC || intervalUsec > MAX_INTERVAL_USEC) {
    throw new ContainerError('InvalidParameter', { parameter: 'intervalUSec' });
  }
  return intervalUsec / 1000;
}

const MAX_STEPS = 64;

const stepOf = ({ verb, timeoutUSec, signal }: BatchOperation, index: number): BatchStep => ({
  verb,
  timeoutUsec: stopTimeoutOf(timeoutUSec, `operations[${index}].timeoutUSec`),
  killSignal: signalOf(signal, `operations[${index}].signal`),
});

function wireResult({ verb, state, refusal }: StepResult<BatchVerb>): BatchResult {
  const answer = refusal === undefined ? undefined : answerFor(containerInterface.name, refusal);
  return { verb, state, error: answer?.error, parameters: answer?.parameters };
}
