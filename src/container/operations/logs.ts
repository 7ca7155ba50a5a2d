import type { LogLine } from '../../journal/journal.ts';
import type { Container } from '../container.ts';
import type { Ports } from '../ports.ts';
import { isAlive } from '../state.ts';

export interface LogsQuery {
  /** Go on with new lines until the container has ended. */
  readonly follow: boolean;
  readonly tail: number | undefined;
  readonly since: Date | undefined;
  readonly until: Date | undefined;
  readonly cursor: string | undefined;
}

/** What a container wrote, oldest first. Lines that were written before the call or before its end are all there. */
export async function* logs(ports: Ports, reference: string, query: LogsQuery, signal: AbortSignal): AsyncGenerator<LogLine> {
  const container = ports.registry.find(reference);
  const matches = { CONTAINER_ID_FULL: container.id, _TRANSPORT: 'stdout' };
  const { since, tail } = query;
  await ports.journal.sync(signal);
  if (!query.follow || !isAlive(container.status.state)) {
    yield* ports.journal.read({ matches, since, tail, until: query.until ?? 'now', after: query.cursor }, signal);
    return;
  }
  let after = query.cursor;
  const { live, end } = followUntilEnd(ports, container, signal);
  try {
    for await (const line of ports.journal.read({ matches, since, tail, until: 'follow', after }, live)) {
      after = line.cursor;
      yield line;
    }
  } catch (error) {
    if (!live.aborted || signal.aborted) throw error;
  } finally {
    end[Symbol.dispose]();
  }
  signal.throwIfAborted();
  // The follower may have been cut off with lines still to come; they are in the journal by now.
  const rest = after === undefined ? { since, tail } : {};
  yield* ports.journal.read({ matches, until: 'now', after, ...rest }, signal);
}

/** A signal that aborts when the container has ended and the journal has all it wrote, or when `signal` does. */
function followUntilEnd(
  { registry, journal }: Ports,
  { id }: Container,
  signal: AbortSignal,
): { live: AbortSignal; end: Disposable } {
  const ended = new AbortController();
  const check = (): void => {
    if (isAlive(registry.get(id)?.status.state ?? 'exited')) return;
    journal.sync(signal).finally(() => {
      ended.abort();
    }).catch(() => undefined);
  };
  const end = registry.changes.listen(id, check);
  check();
  return { live: AbortSignal.any([signal, ended.signal]), end };
}
