import type { Container } from '../container.ts';
import { ContainerError } from '../errors.ts';
import type { Ports } from '../ports.ts';
import { list } from './inspect.ts';
import { remove } from './remove.ts';

/** Removes what has ended or was never started, each as `remove` does; one that cannot go is left out. */
export async function* prune(
  ports: Ports,
  labels: Readonly<Record<string, string>>,
  signal: AbortSignal,
): AsyncGenerator<Container> {
  // Those that share namespaces are younger than those that have them.
  for (const container of list(ports, { states: ['configured', 'stopped', 'exited'], labels }).toReversed()) {
    try {
      await remove(ports, container.id, { ifRunning: 'refuse' }, signal);
    } catch (error) {
      if (error instanceof ContainerError) continue;
      throw error;
    }
    yield container;
  }
}
