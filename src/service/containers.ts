/** io.berth.Container: each handler translates and delegates. */
import type { ContainerHandlers, ListOutput, LogsOutput } from '../api/io-berth-container.ts';
import type { Containers } from '../container/containers.ts';
import { ContainerError } from '../container/errors.ts';
import type { LogLine } from '../journal/journal.ts';
import { parseSignal } from '../lib/signals.ts';
import { live } from '../varlink/stream.ts';
import { momentOf, wireContainer, wireExit, wireLine, wireSummary } from './wire.ts';

const ENDED = ['stopped', 'exited'] as const;

export const containersService = (containers: Containers): ContainerHandlers => ({
  async Create({ configuration }, { signal }) {
    const { id, name } = await containers.create(configuration, signal);
    return { id, name };
  },
  async Init({ container }, { signal }) {
    await containers.init(container, signal);
    return {};
  },
  async Start({ container }, { signal }) {
    await containers.start(container, signal);
    return {};
  },
  async Stop({ container, timeoutUSec }, { signal }) {
    await containers.stop(container, durationOf(timeoutUSec, 'timeoutUSec'), signal);
    return {};
  },
  async Kill({ container, signal: name = 'SIGKILL' }, { signal }) {
    const number = parseSignal(name);
    if (number === undefined) throw new ContainerError('InvalidParameter', { parameter: 'signal' });
    await containers.kill(container, number, signal);
    return {};
  },
  async Wait({ container, conditions = ENDED }, { signal }) {
    const { state, exit } = await containers.wait(container, conditions, signal);
    return { state, exit: exit === undefined ? undefined : wireExit(exit) };
  },
  async Remove({ container, force = false }, { signal }) {
    await containers.remove(container, { ifRunning: force ? 'kill' : 'refuse' }, signal);
    return {};
  },
  async Inspect({ container }) {
    const found = await containers.inspect(container);
    return wireContainer(found, containers.bundleOf(found));
  },
  async *List({ states, labels = {} }): AsyncGenerator<ListOutput> {
    for (const container of containers.list({ states, labels })) yield { container: wireSummary(container) };
  },
  Logs({ container, follow = false, tail, since, until, cursor }, { signal }): AsyncIterable<LogsOutput> {
    const query = { follow, tail: countOf(tail, 'tail'), since: momentOf(since), until: momentOf(until), cursor };
    const lines = wireLines(containers.logs(container, query, signal));
    return follow ? live(lines) : lines;
  },
});

async function* wireLines(lines: AsyncIterable<LogLine>): AsyncGenerator<LogsOutput> {
  for await (const line of lines) yield { line: wireLine(line) };
}

/** @throws ContainerError `InvalidParameter` */
function countOf(value: number | bigint | undefined, parameter: string): number | undefined {
  if (value === undefined) return undefined;
  const count = Number(value);
  if (!Number.isSafeInteger(count) || count < 0) throw new ContainerError('InvalidParameter', { parameter });
  return count;
}
const durationOf = countOf;
