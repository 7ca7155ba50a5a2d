import { Gate } from '../../lib/gate.ts';
import { dependenciesOf } from '../configuration/namespaces.ts';
import type { Container } from '../container.ts';
import { ContainerError } from '../errors.ts';
import type { ContainerId } from '../names.ts';
import type { Ports } from '../ports.ts';
import { hasEnded, type State } from '../state.ts';
import { dependencyOrder } from './dependencies.ts';
import { remember } from '../launch/launch.ts';
import { run } from './start.ts';

/** More at a time take no less time on few processors. */
const AT_ONCE = 8;

/** What became of a container that was to run. */
export interface WantedStart {
  readonly container: Container;
  /** Why it does not run; undefined where it does. */
  readonly failure: unknown;
}

/** Whether a boot of the host brings a container up. */
export function comesUpAtBoot({ config, wanted, status }: Pick<Container, 'config' | 'wanted' | 'status'>): boolean {
  // One of a berth that wrote no wishes down was started if it has ended.
  if (config.restartPolicy === 'always') return wanted !== undefined || hasEnded(status.state);
  return config.restartPolicy === 'unless_stopped' && wanted === 'up';
}

/** States of what has no process, and is not about to be brought back by systemd. */
const DOWN: readonly State[] = ['configured', 'created', 'exited'];

/**
 * Starts what a boot of the host brings up and is down, each after those whose namespaces it shares, and side by side otherwise.
 * One that cannot be started keeps none of the others.
 * @returns those that were started, or could not be
 */
export async function* startWanted(ports: Ports, signal: AbortSignal): AsyncGenerator<WantedStart> {
  const gate = new Gate(AT_ONCE);
  const starts = new Map<string, Promise<WantedStart | undefined>>();
  for (const { id, config } of inOrder(ports)) {
    const before = dependenciesOf(config).flatMap((dependency) => starts.get(dependency) ?? []);
    const start = async (): Promise<WantedStart | undefined> => {
      await Promise.all(before);
      return await gate.run(async () => await startDown(ports, id, signal));
    };
    starts.set(id, start());
  }
  for (const start of starts.values()) {
    const started = await start;
    if (started !== undefined) yield started;
  }
}

/** Those that come up and what they need, none before what it needs. */
function inOrder(ports: Ports): Iterable<Container> {
  const order = new Map<ContainerId, Container>();
  for (const container of ports.index.all().filter(comesUpAtBoot)) {
    for (const each of [...needs(ports, container), container]) order.set(each.id, each);
  }
  return order.values();
}

function needs(ports: Ports, { config }: Container): Container[] {
  try {
    return dependencyOrder(ports, config).flatMap((id) => ports.index.get(id) ?? []);
  } catch (error) {
    // One of them is gone, which its own start is going to say.
    if (error instanceof ContainerError) return [];
    throw error;
  }
}

/** @returns undefined for one that needs no start, or is gone */
async function startDown(ports: Ports, id: ContainerId, signal: AbortSignal): Promise<WantedStart | undefined> {
  try {
    return await ports.lane.turn(id, async (container) => {
      if (!DOWN.includes(container.status.state)) return undefined;
      await run(ports, container, signal);
      return { container, failure: undefined };
    });
  } catch (failure) {
    const container = ports.index.get(id);
    if (container === undefined) return undefined;
    ports.log.error('A container that is to run could not be started', {
      containerName: container.name,
      error: failure,
    });
    // Nobody may be there to hear it.
    if (failure instanceof ContainerError) remember(ports, id, failure);
    return { container, failure };
  }
}
