/** How a session's process comes to run: in the session's unit from its first moment on, and with everything that it needs. */
import type { NewRelay } from '../../relay/relay-request.ts';
import type { TerminalSize } from '../../stream/control.ts';
import type { GatedProcess } from '../../systemd/process/gated-process.ts';
import type { Container } from '../container.ts';
import { ContainerError } from '../errors.ts';
import { shortId } from '../names.ts';
import { oomScoreOf } from '../launch/process-limits.ts';
import { runtimeFor } from '../launch/runtime-for.ts';
import type { ExecPorts } from './ports.ts';
import { sessionProcess } from './session-process.ts';
import { sessionUnitFor } from './session-unit.ts';
import type { Session } from './session.ts';

export interface LaunchOptions {
  readonly streams: Omit<NewRelay, 'relay'>;
  /** Of its terminal. */
  readonly size: TerminalSize | undefined;
  /** What it has as descriptors 3, 4 … */
  readonly descriptors: readonly number[];
}

export type Launched = Pick<GatedProcess, 'ended'>;

/** @throws ContainerError `NoSuchUser` | `WrongState` | `NoSuchContainer`; what `startLikeService` and `startTransient` throw */
export async function launchSession(
  ports: ExecPorts,
  session: Session,
  container: Container,
  { streams, size, descriptors }: LaunchOptions,
): Promise<Launched> {
  const { start, units, nothing } = ports;
  const { stdin = nothing.fd, stdout = nothing.fd, stderr = nothing.fd } = streams;
  const argv = await commandOf(ports, session, container, streams.consoleSocket);
  using child = await start(argv, { stdin, stdout, stderr }, oomScoreOf(container.config, units.facts), descriptors);
  ports.faults('exec: process waits');
  await Promise.all([adopt(ports, session, container, child.pid), writeProcess(ports, session, container, size)]);
  ports.faults('exec: unit started');
  child.open();
  ports.faults('exec: command started');
  return child;
}

/**
 * A runtime that sends the terminal away gives it its size while the process already goes on to its command, which does not wait for
 * that: so it must not wait for a processor, as it often would on a busy host.
 */
async function commandOf(
  ports: ExecPorts,
  session: Session,
  container: Container,
  consoleSocket: string | undefined,
): Promise<string[]> {
  const { path, process: processFile, pidFile, runtimeLog: logPath } = ports.store.files.of(session.id);
  const id = shortId(container.id);
  const { preservedDescriptors } = session.config;
  const exec = { id, processFile, pidFile, logPath, consoleSocket, preservedDescriptors, mode: 'attached' } as const;
  const first = consoleSocket === undefined ? [] : await ports.urgently();
  return ['/bin/sh', ports.helper, path, ...first, ...runtimeFor(ports, container).execArgv(exec)];
}

/** Of the container systemd is asked, which knows when it has ended since berthd was told of it. */
async function adopt(ports: ExecPorts, session: Session, container: Container, pid: number): Promise<void> {
  const { units } = ports;
  const unit = sessionUnitFor(session, container, { pid, runtime: runtimeFor(ports, container) });
  const [owner] = await Promise.all([units.service(container.unit), units.startTransient(unit)]);
  if (owner?.activeState === 'active') return;
  await ports.lane.lookAtUnit(container.unit);
  const { name, status } = ports.index.find(container.id);
  throw new ContainerError('WrongState', { container: name, state: status.state, operation: 'exec' });
}

async function writeProcess(
  { store, folders, readInside }: ExecPorts,
  { id, config }: Session,
  container: Container,
  size: TerminalSize | undefined,
): Promise<void> {
  const process = await sessionProcess(config, size, folders.of(container.id), readInside);
  store.files.writeProcess(id, process);
}
