import type { LogLine } from '../../journal/journal.ts';
import { ContainerError } from '../errors.ts';
import type { ContainerId } from '../names.ts';
import type { Ports } from '../ports.ts';
import { isAlive } from '../state.ts';
import { linesOf, relayKeyOf } from '../launch/streams.ts';

export interface LogsQuery {
  /** Go on with new lines until the container has ended. */
  readonly follow: boolean;
  readonly tail: number | undefined;
  readonly since: Date | undefined;
  readonly until: Date | undefined;
  readonly cursor: string | undefined;
}

/**
 * What a container wrote, oldest first. Lines that were written before the call or before its end are all there.
 * @throws ContainerError `InvalidParameter` for `tail` together with `cursor`
 */
export async function* logs(
  ports: Ports,
  reference: string,
  query: LogsQuery,
  signal: AbortSignal,
): AsyncGenerator<LogLine> {
  const { id, status } = ports.index.find(reference);
  const { follow, since, tail, cursor: after } = query;
  if (tail !== undefined && after !== undefined) throw new ContainerError('InvalidParameter', { parameter: 'tail' });
  const lines = { ...linesOf({ id }), since, tail, after };
  await ports.relays.finished(relayKeyOf({ id }));
  await ports.journal.sync(signal);
  if (!follow || !isAlive(status.state)) {
    yield* ports.journal.read({ ...lines, until: query.until ?? 'now' }, signal);
    return;
  }
  using end = endOf(ports, id);
  yield* ports.journal.read({ ...lines, until: 'follow', cutOff: end.signal }, signal);
}

/** Aborts when the container has ended. */
function endOf({ index, relays }: Ports, id: ContainerId): Disposable & { readonly signal: AbortSignal } {
  const ended = new AbortController();
  const check = (): void => {
    if (isAlive(index.get(id)?.status.state ?? 'exited')) return;
    // What is relayed is in the journal a moment after the end.
    void Promise.resolve()
      .then(async () => await relays.finished(relayKeyOf({ id })))
      .finally(() => ended.abort());
  };
  const listening = index.changes.listen(id, check);
  check();
  return {
    signal: ended.signal,
    [Symbol.dispose]: () => {
      listening[Symbol.dispose]();
    },
  };
}
