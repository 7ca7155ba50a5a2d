import type { LogLine } from '../../journal/journal.ts';
import type { Relay, RelayClient, Role } from '../../relay/relay.ts';
import type { TerminalSize } from '../../stream/control.ts';
import type { Container } from '../container.ts';
import { ContainerError } from '../errors.ts';
import type { Ports } from '../ports.ts';
import { isAlive } from '../state.ts';
import { linesOf, relayKeyOf } from '../launch/streams.ts';
import { demandLog } from './logs.ts';

export interface AttachOptions {
  readonly client: RelayClient;
  readonly role: Role;
  /** `required`: refused where there is none. */
  readonly stdin: 'required' | 'if-open' | 'none';
  /** Whether what is said from now on is wanted, which only a container says that lives, or has only just ended. */
  readonly live: 'follow' | 'none';
  /** Whether what was said before is wanted. */
  readonly log: 'wanted' | 'none';
}

export interface Attaching {
  readonly container: Container;
  /** The client gets everything from here; undefined where the streams are the journal's. */
  readonly relayed: { readonly relay: Relay; readonly leave: Disposable } | undefined;
  /** How far the log was at the moment of attaching; undefined where it has no end to be known. */
  readonly seam: Relay['seam'];
}

/**
 * Attaches a client to a container, from this moment on. Waits for nobody.
 * @throws ContainerError `NoSuchContainer` | `AmbiguousContainer` | `WrongState` | `NoStandardInput` | `NotLogged`
 */
export function attach(
  { index, relays }: Ports,
  reference: string,
  { client, role, stdin, live, log }: AttachOptions,
): Attaching {
  const container = index.find(reference);
  if (log === 'wanted') demandLog(container);
  const { name, status } = container;
  const relay = live === 'follow' ? relays.find(relayKeyOf(container)) : undefined;
  // What one that has ended said may not be handed out yet, as when berthd was away at that moment.
  if (live === 'follow' && relay === undefined && !isAlive(status.state)) {
    throw new ContainerError('WrongState', { container: name, state: status.state, operation: 'attach' });
  }
  demandInputOf(container, stdin === 'required' && relay === undefined ? 'impossible' : stdin);
  if (relay === undefined) return { container, relayed: undefined, seam: undefined };
  const { seam } = relay;
  return { container, relayed: { relay, leave: relay.attach(client, role) }, seam };
}

/** @throws ContainerError `NoSuchContainer` | `AmbiguousContainer` | `NoStandardInput` for one that is not made with one */
export function demandInput(
  { index }: Pick<Ports, 'index'>,
  reference: string,
  stdin: AttachOptions['stdin'],
): Container {
  const container = index.find(reference);
  demandInputOf(container, stdin);
  return container;
}

/** @throws ContainerError `NoStandardInput` for one that is asked for, and is not there */
function demandInputOf(container: Container, stdin: AttachOptions['stdin'] | 'impossible'): void {
  const { name, config } = container;
  if (stdin === 'impossible' || (stdin === 'required' && !config.stdin)) {
    throw new ContainerError('NoStandardInput', { container: name, configuration: 'stdin' });
  }
}

/** What is in the log, oldest first, as many lines at once as are there; with a seam, nothing from behind it. */
export async function* said(
  { journal }: Pick<Ports, 'journal'>,
  container: Container,
  seam: Attaching['seam'],
  signal: AbortSignal,
): AsyncGenerator<readonly LogLine[]> {
  if (seam !== undefined) await Promise.all([seam.stdout.logged, seam.stderr.logged]);
  await journal.sync(signal);
  // Of a line that has not ended at the seam, the rest is the stream's.
  const pieces = seam === undefined ? 'joined' : 'apart';
  const query = { ...linesOf(container), fields: ['BERTH_SEQUENCE'], pieces, lines: 'together' } as const;
  for await (const lines of journal.read(query, signal)) {
    yield seam === undefined
      ? lines
      : lines.filter(({ fields, stream }) => Number(fields['BERTH_SEQUENCE'] ?? 0) <= seam[stream].sequence);
  }
}

/** @throws ContainerError `NoSuchContainer` | `AmbiguousContainer` | `WrongState` | `NoTerminal` */
export function resize({ index, relays }: Ports, reference: string, size: TerminalSize): void {
  const container = index.find(reference);
  const { name, status, config } = container;
  if (!config.terminal) throw new ContainerError('NoTerminal', { container: name });
  const relay = relays.find(relayKeyOf(container));
  if (relay === undefined || !isAlive(status.state)) {
    throw new ContainerError('WrongState', { container: name, state: status.state, operation: 'resize' });
  }
  relay.resize(size);
}
