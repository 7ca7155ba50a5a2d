import type { LogLine } from '../../journal/journal.ts';
import { JoinedSignal } from '../../lib/joined-signal.ts';
import type { Container } from '../container.ts';
import { ContainerError } from '../errors.ts';
import type { ContainerId } from '../names.ts';
import type { Ports } from '../ports.ts';
import { isAlive } from '../state.ts';
import { linesOf, relayKeyOf } from '../launch/streams.ts';

export interface LogsQuery {
  /** Go on with new lines until the container has ended, or `until` has come. */
  readonly follow: boolean;
  readonly tail: number | undefined;
  readonly since: Date | undefined;
  readonly until: Date | undefined;
  readonly cursor: string | undefined;
  /** Whether the place and time of each line are wanted; otherwise several may come as one, with line feeds in between. */
  readonly lines: 'each' | 'together';
}

/**
 * What a container wrote, oldest first, as many lines at once as are there. Lines that were written before the call or before its end are all there.
 * @throws ContainerError `NotLogged`; `InvalidParameter` for `tail` together with `cursor`
 */
export async function* logs(
  ports: Ports,
  reference: string,
  query: LogsQuery,
  signal: AbortSignal,
): AsyncGenerator<readonly LogLine[]> {
  const container = ports.index.find(reference);
  demandLog(container);
  const { id, status } = container;
  const { follow, since, until, tail, cursor: after, lines: wanted } = query;
  if (tail !== undefined && after !== undefined) throw new ContainerError('InvalidParameter', { parameter: 'tail' });
  const lines = { ...linesOf({ id }), since, until, tail, after, lines: wanted };
  await ports.relays.finished(relayKeyOf({ id }));
  await ports.journal.sync(signal);
  if (!follow || !isAlive(status.state)) {
    yield* ports.journal.read(lines, signal);
    return;
  }
  using end = endOf(ports, id);
  using late = from(until, ports.now);
  using over = new JoinedSignal(end.signal, late.signal);
  yield* ports.journal.read({ ...lines, end: 'follow', cutOff: over.signal }, signal);
}

/** @throws ContainerError `NotLogged` */
export function demandLog({ name, config }: Container): void {
  if (config.logDriver === 'none') throw new ContainerError('NotLogged', { container: name });
}

/** A signal that aborts by itself, until it is disposed of. */
type OwnSignal = Disposable & { readonly signal: AbortSignal };

/** The longest time that a timer takes. */
const MAX_TIMER_MS = 2 ** 31 - 1;

/** Aborts from that moment on, if there is one. */
function from(moment: Date | undefined, now: () => Date): OwnSignal {
  const reached = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  const look = (): void => {
    const left = moment === undefined ? Infinity : moment.getTime() - now().getTime();
    if (left <= 0) reached.abort();
    else if (left < Infinity) timer = setTimeout(look, Math.min(left, MAX_TIMER_MS));
  };
  look();
  return {
    signal: reached.signal,
    [Symbol.dispose]: () => {
      clearTimeout(timer);
    },
  };
}

/** Aborts when the container has ended. */
function endOf({ index, relays }: Ports, id: ContainerId): OwnSignal {
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
