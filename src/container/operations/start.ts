import type { Container } from '../container.ts';
import { ContainerError } from '../errors.ts';
import { shortId, type ContainerId } from '../names.ts';
import { RuntimeError } from '../../oci/errors.ts';
import type { Relay } from '../../relay/relay.ts';
import type { Ports } from '../ports.ts';
import { dependencyOrder } from './dependencies.ts';
import { refusalOfRuntime, remember } from '../launch/launch.ts';
import { runtimeFor } from '../launch/runtime-for.ts';
import { stopUnit } from './stop.ts';
import { wantUp } from '../records/wish.ts';
import { relayKeyOf } from '../launch/streams.ts';
import { hasLife } from '../status.ts';

export interface StartOptions {
  /** Whether containers whose namespaces it shares are started first; one that does not run is refused otherwise. */
  readonly dependencies: 'must-run' | 'start';
  /** Told of the streams before the process runs, where they are relayed. */
  readonly opened?: ((relay: Relay) => void) | undefined;
}

/**
 * Runs the process of a container: that of one that Init has set up, else in a new run of its unit.
 * @throws ContainerError
 */
export async function start(
  ports: Ports,
  reference: string,
  { dependencies, opened }: StartOptions,
  signal: AbortSignal,
): Promise<void> {
  if (dependencies === 'start') await startDependencies(ports, reference, signal);
  await ports.lane.run(reference, 'start', async (container) => {
    await run(ports, container, signal, opened);
  });
}

/** Starts those of the containers that a container shares namespaces with that do not run. @throws ContainerError */
export async function startDependencies(ports: Ports, reference: string, signal: AbortSignal): Promise<void> {
  for (const id of dependencyOrder(ports, ports.index.find(reference).config)) {
    await ports.lane.look(id);
    if (ports.index.get(id)?.status.state === 'running') continue;
    await ports.lane.run(id, 'start', async (container) => {
      await run(ports, container, signal);
    });
  }
}

/** For those who have the turn. A start that has begun is finished, also when its caller is gone. @throws ContainerError */
export async function run(
  ports: Ports,
  container: Container,
  signal: AbortSignal,
  opened?: StartOptions['opened'],
): Promise<void> {
  signal.throwIfAborted();
  const wanted = wantUp(ports, container);
  if (wanted.status.state === 'created') {
    const relay = ports.relays.find(relayKeyOf(wanted));
    if (relay !== undefined) opened?.(relay);
    await release(ports, wanted);
    return;
  }
  await releaseLaunched(ports, await ports.launch(wanted, 'start', opened));
}

/** Starts the process of a unit that was started for nothing else, and takes that down again where it cannot. */
async function releaseLaunched(ports: Ports, container: Container): Promise<void> {
  try {
    await release(ports, container);
  } catch (error) {
    if (!(error instanceof ContainerError)) throw error;
    await stopUnit(ports, container, 0, new AbortController().signal);
    await ports.lane.settle(container.id);
    remember(ports, container.id, error);
    throw error;
  }
}

/** Starts the process of a container that is set up. */
async function release(ports: Ports, container: Container): Promise<void> {
  const runtime = runtimeFor(ports, container);
  const id = shortId(container.id);
  try {
    await runtime.start(id);
  } catch (error) {
    if (!(error instanceof RuntimeError)) throw error;
    // A berthd that died right here has started it already, and left the mark.
    const seen = await ports.lane.settle(container.id);
    if (seen === undefined || !(await isStarted(ports, seen)))
      throw refusalOfRuntime(container.name, runtime, error, { cause: error });
  }
  ports.faults('start: process started');
  ports.folders.release(ports.folders.of(container.id));
  ports.faults('start: mark to wait removed');
  await ports.lane.settleStarted(container.id);
}

async function isStarted(ports: Ports, container: Container): Promise<boolean> {
  const { id, status } = container;
  if (!hasLife(status) || status.pid === undefined) return false;
  return (await runtimeFor(ports, container).fateOfStart(shortId(id), status.pid)) === 'started';
}

/** Goes on with a start that an earlier berthd died in the middle of. @throws ContainerError */
export async function resumeStart(ports: Ports, id: ContainerId): Promise<void> {
  if (ports.index.get(id)?.status.state !== 'created') return;
  await ports.lane.turn(id, async (container) => {
    if (container.status.state !== 'created') return;
    const folder = ports.folders.of(id);
    // Not asked of the runtime, whose start of what was started already never ends.
    if (await isStarted(ports, container)) {
      ports.folders.release(folder);
      await ports.lane.settle(id);
    } else if (ports.folders.isToStart(folder)) await releaseLaunched(ports, container);
  });
}
