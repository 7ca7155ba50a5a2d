import type { Container } from '../container.ts';
import { shortId } from '../names.ts';
import { RuntimeError } from '../../oci/runtime.ts';
import type { Relay } from '../../relay/relay.ts';
import type { Ports } from '../ports.ts';
import { dependencyOrder } from './dependencies.ts';
import { launch, refusalOfRuntime } from './launch.ts';
import { runtimeFor } from './runtime-for.ts';
import { relayKeyOf } from './streams.ts';

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
  await ports.operations.run(reference, 'start', async (container) => {
    await run(ports, container, signal, opened);
  });
}

/** Starts those of the containers that a container shares namespaces with that do not run. @throws ContainerError */
export async function startDependencies(ports: Ports, reference: string, signal: AbortSignal): Promise<void> {
  for (const id of dependencyOrder(ports, ports.registry.find(reference).config)) {
    await ports.operations.look(id);
    if (ports.registry.get(id)?.status.state === 'running') continue;
    await ports.operations.run(id, 'start', async (container) => {
      await run(ports, container, signal);
    });
  }
}

/** For those who have the turn. */
export async function run(
  ports: Ports,
  container: Container,
  signal: AbortSignal,
  opened?: StartOptions['opened'],
): Promise<void> {
  if (container.status.state === 'created') {
    const relay = ports.relays.find(relayKeyOf(container));
    if (relay !== undefined) opened?.(relay);
    await release(ports, container, signal);
  } else await launch(ports, container, 'run', signal, opened);
}

async function release(ports: Ports, container: Container, signal: AbortSignal): Promise<void> {
  const runtime = runtimeFor(ports, container);
  const id = shortId(container.id);
  try {
    await runtime.start(id, signal);
  } catch (error) {
    if (!(error instanceof RuntimeError)) throw error;
    // A berthd that died right here has started it already, and left the mark.
    const known = await runtime.state(id, signal);
    if (known?.status !== 'running') throw refusalOfRuntime(container.name, runtime, error, { cause: error });
  }
  ports.faults('start: process started');
  await ports.folders.release(ports.folders.of(container.id));
  ports.faults('start: mark to wait removed');
  await ports.operations.settle(container.id);
}
