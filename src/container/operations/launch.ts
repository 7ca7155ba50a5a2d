import type { Container } from '../container.ts';
import { ContainerError } from '../errors.ts';
import type { Folder } from '../folder.ts';
import type { Ports } from '../ports.ts';
import type { OciRuntime, RuntimeErrorKind } from '../../oci/runtime.ts';
import { UnitExists, UnitJobFailed, UnitRefused } from '../../systemd/unit-manager.ts';
import { isAlive } from '../state.ts';
import { unitFor, type UnitCommands } from '../unit.ts';
import { runtimeFor } from './runtime-for.ts';

const STDOUT_PRIORITY = 6;
const STDERR_PRIORITY = 3;

/**
 * Starts a new run of a container's unit. For those who have the turn.
 * @param mode `run` starts the process too; `hold` leaves it waiting
 * @throws ContainerError; the container is what it was then, with the reason in its `message`
 */
export async function launch(ports: Ports, container: Container, mode: 'run' | 'hold', signal: AbortSignal): Promise<void> {
  const runtime = runtimeFor(ports, container);
  const folder = ports.folders.of(container.id);
  const commands = await prepare(ports, container, folder, runtime);
  if (mode === 'hold') await ports.folders.hold(folder);
  const stream = { identifier: container.name, unit: container.unit };
  using stdout = ports.journal.openStream({ ...stream, priority: STDOUT_PRIORITY });
  using stderr = ports.journal.openStream({ ...stream, priority: STDERR_PRIORITY });
  const unit = unitFor(container, folder, commands, { stdout: stdout.fd, stderr: stderr.fd }, mode);
  try {
    // A unit that failed stays loaded, with its name, until it is forgotten.
    if (mustBeForgotten(container)) await ports.units.resetFailed(container.unit, signal);
    await ports.units.startTransient(unit, signal);
  } catch (error) {
    await settleFailure(ports, container, folder, runtime, error);
    return;
  }
  await ports.operations.settle(container.id);
}

const mustBeForgotten = ({ status }: Container): boolean => status.state !== 'configured';

async function prepare(ports: Ports, container: Container, folder: Folder, runtime: OciRuntime): Promise<UnitCommands> {
  await ports.folders.prepare(folder);
  return await ports.bundles.write(container, folder, runtime);
}

/**
 * The start job failed. That a process which was started has already failed fails the job too, and is an ending like any
 * other; everything else is the caller's to hear.
 */
async function settleFailure(
  ports: Ports,
  container: Container,
  folder: Folder,
  runtime: OciRuntime,
  error: unknown,
): Promise<void> {
  const seen = await ports.operations.settle(container.id);
  if (error instanceof UnitJobFailed && seen !== undefined && 'exit' in seen.status && seen.status !== container.status) return;
  const refusal = await refusalFor(ports, container, folder, runtime, error);
  if (refusal === undefined) throw error;
  await ports.units.resetFailed(container.unit);
  const known = ports.registry.get(container.id);
  if (known !== undefined && !isAlive(known.status.state)) {
    ports.registry.save({ ...known, status: container.status, message: refusal.message });
  }
  throw refusal;
}

const NOT_FOUND: readonly RuntimeErrorKind[] = ['executable-not-found'];
const NOT_EXECUTABLE: readonly RuntimeErrorKind[] = ['not-executable', 'permission-denied'];

/** What to tell the caller; undefined for what is no refusal but a fault. */
async function refusalFor(
  ports: Ports,
  { name, unit }: Container,
  folder: Folder,
  runtime: OciRuntime,
  error: unknown,
): Promise<ContainerError | undefined> {
  const options = { cause: error };
  if (error instanceof UnitExists) return new ContainerError('UnitExists', { unit }, options);
  if (error instanceof UnitRefused) return new ContainerError('UnitFailed', { unit, result: error.message }, options);
  if (!(error instanceof UnitJobFailed)) return undefined;
  const said = await ports.runtimeLog.lastError(folder.runtimeLog);
  if (said === undefined) return new ContainerError('UnitFailed', { unit, result: error.last?.service?.result ?? error.result }, options);
  const facts = { container: name, message: said.message };
  if (NOT_FOUND.includes(said.kind)) return new ContainerError('CommandNotFound', facts, options);
  if (NOT_EXECUTABLE.includes(said.kind)) return new ContainerError('CommandNotExecutable', facts, options);
  return new ContainerError('RuntimeFailed', { ...facts, runtime: runtime.name }, options);
}
