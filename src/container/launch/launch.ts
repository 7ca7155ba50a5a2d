import type { Container } from '../container.ts';
import { ContainerError } from '../errors.ts';
import type { Folder, Next } from '../records/folder.ts';
import type { ContainerId } from '../names.ts';
import type { Launch, Ports } from '../ports.ts';
import type { LaunchPorts } from './ports.ts';
import type { Relay } from '../../relay/relay.ts';
import type { OciRuntime } from '../../oci/runtime.ts';
import type { RuntimeError, RuntimeErrorKind } from '../../oci/errors.ts';
import { UnitExists, UnitJobFailed, UnitNotLoaded, UnitRefused } from '../../systemd/errors.ts';
import { NetworkError } from '../../network/errors.ts';
import { isAlive } from '../state.ts';
import { unitFor } from './unit.ts';
import { cleanUp } from './clean-up.ts';
import { forgetUnit } from './forget-unit.ts';
import { releasePorts } from '../network/give-back.ts';
import { prepareNetwork } from '../network/prepare.ts';
import { prepareSetUp } from './set-up.ts';
import { openStreams, giveStreamsUp } from './streams.ts';
import { runtimeFor } from './runtime-for.ts';

/** One attempt; see `launchOn`. */
async function launch(
  ports: LaunchPorts,
  seen: Container,
  next: Next,
  opened?: (relay: Relay) => void,
): Promise<Container> {
  // Not when systemd is asked: as long as the kernel waits, systemd can make no process either.
  ports.units.expectStart();
  const named = await underItsName(ports, seen);
  const runtime = runtimeFor(ports, named);
  const folder = ports.folders.of(named.id);
  ports.folders.prepare(folder);
  ports.faults('launch: folder prepared');
  const { container, attached } = await prepareNetwork(ports, named, folder);
  using streams = await openStreams(ports, container, opened);
  ports.faults('launch: streams open');
  const commands = await ports.bundles.write({ container, attached }, folder, runtime, streams);
  ports.faults('launch: bundle written');
  ports.folders.hold(folder, next);
  ports.faults('launch: mark to wait made');
  const unit = unitFor(container, folder, commands, streams, ports.units.facts.version, next);
  const begin = async (): Promise<void> => {
    await using setUp = await prepareSetUp(ports, container, folder, commands, streams, next);
    await ports.units.startTransient(unit, { spawned: setUp?.spawned, givenUp: setUp?.givenUp });
  };
  try {
    await begin().catch(async (error: unknown) => {
      // The unit of an earlier run is still loaded: it failed, or systemd is about to bring it back.
      if (error instanceof UnitExists) await forgetUnit(ports.units, container.unit);
      // The runtime still knows an earlier run: it was not there, or could not write, when that ended.
      else if (await isRemembered(ports, folder, error)) await cleanUp(ports, container);
      else throw error;
      ports.folders.prepare(folder);
      ports.folders.hold(folder, next);
      await begin();
    });
  } catch (error) {
    throw await refused(ports, container, folder, runtime, error);
  }
  ports.faults('launch: unit started');
  return container;
}

/**
 * Starts a new run of a container's unit, whose process waits to be started. For those who have the turn; they settle what it
 * is then.
 * @param next what its caller does then, and the next berthd in its place
 * @param opened told of the streams before anything runs, where they are relayed
 * @returns the container, whose unit may have changed its name
 * @throws ContainerError; the container is what it was then, with the reason in its `message`
 */
export const launchOn =
  (ports: LaunchPorts): Launch =>
  async (container, next, opened) => {
    try {
      return await launch(ports, container, next, opened);
    } catch (error) {
      giveStreamsUp(ports, container);
      await releasePorts(ports, container);
      throw error;
    }
  };

const isRemembered = async (
  { runtimeLog }: Pick<Ports, 'runtimeLog'>,
  folder: Folder,
  error: unknown,
): Promise<boolean> =>
  error instanceof UnitJobFailed && (await runtimeLog.lastError(folder.runtimeLog))?.kind === 'already-exists';

/** A container that was renamed gets the unit of its new name, and what is left of the old one goes. */
async function underItsName({ units, index, faults }: LaunchPorts, container: Container): Promise<Container> {
  const unit = index.unitFor(container);
  if (unit === container.unit) return container;
  await forgetUnit(units, container.unit);
  faults('launch: old unit forgotten');
  const renamed = index.save({ ...container, unit });
  faults('launch: unit renamed');
  return renamed;
}

/** The start job failed: the process was never there. @returns what to tell the caller */
async function refused(
  ports: LaunchPorts,
  container: Container,
  folder: Folder,
  runtime: OciRuntime,
  error: unknown,
): Promise<unknown> {
  ports.faults('launch: unit refused');
  await ports.lane.settle(container.id);
  const refusal = await refusalFor(ports, container, folder, runtime, error);
  if (refusal === undefined) return error;
  await ports.units.resetFailed(container.unit);
  ports.faults('launch: failed state cleared');
  remember(ports, container.id, refusal);
  return refusal;
}

type Reason = Pick<ContainerError | NetworkError, 'facts' | 'message'>;

/** Keeps why a container could not be started. */
export function remember({ index }: Pick<Ports, 'index'>, id: ContainerId, refusal: Reason): void {
  const known = index.get(id);
  if (known === undefined || isAlive(known.status.state)) return;
  index.see({ ...known, message: reasonOf(refusal) });
}

/** In words, as far as somebody said it in words. */
const reasonOf = ({ facts, message }: Reason): string =>
  'message' in facts ? facts.message : 'result' in facts ? facts.result : message;

const NOT_FOUND: readonly RuntimeErrorKind[] = ['executable-not-found', 'workdir-not-found'];
const NOT_EXECUTABLE: readonly RuntimeErrorKind[] = ['not-executable', 'permission-denied'];

/** What to tell the caller; undefined for what is no refusal but a fault. */
async function refusalFor(
  ports: LaunchPorts,
  { name, unit }: Container,
  folder: Folder,
  runtime: OciRuntime,
  error: unknown,
): Promise<ContainerError | NetworkError | undefined> {
  const options = { cause: error };
  if (error instanceof UnitExists) return new ContainerError('UnitExists', { unit }, options);
  // Of another unit, which this one asks for: it itself is only being made.
  if (error instanceof UnitNotLoaded) {
    const said = error.cause instanceof Error ? error.cause.message : error.message;
    return new ContainerError('UnitFailed', { unit, result: said }, options);
  }
  if (error instanceof UnitRefused) return new ContainerError('UnitFailed', { unit, result: error.message }, options);
  if (!(error instanceof UnitJobFailed)) return undefined;
  const ofNetwork = ports.network.program.failureOf(folder);
  if (ofNetwork !== undefined)
    return new NetworkError('NetworkFailed', { container: name, message: ofNetwork }, options);
  const said = await ports.runtimeLog.lastError(folder.runtimeLog);
  if (said === undefined)
    return new ContainerError('UnitFailed', { unit, result: error.last?.service?.result ?? error.result }, options);
  return refusalOfRuntime(name, runtime, said, options);
}

/** What the runtime did not do, in the caller's terms. */
export function refusalOfRuntime(
  container: string,
  runtime: OciRuntime,
  { kind, message }: RuntimeError,
  options: ErrorOptions,
): ContainerError {
  const facts = { container, message };
  if (NOT_FOUND.includes(kind)) return new ContainerError('CommandNotFound', facts, options);
  if (NOT_EXECUTABLE.includes(kind)) return new ContainerError('CommandNotExecutable', facts, options);
  return new ContainerError('RuntimeFailed', { ...facts, runtime: runtime.name }, options);
}
