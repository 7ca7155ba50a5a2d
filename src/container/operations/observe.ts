import { setTimeout as delay } from 'node:timers/promises';
import type { CgroupProcess, CgroupUsage } from '../../systemd/cgroup.ts';
import type { Container } from '../container.ts';
import { ContainerError } from '../errors.ts';
import type { Ports } from '../ports.ts';
import { hasLife } from '../status.ts';
import { unitGroup } from '../unit.ts';

/** What a container uses. @throws ContainerError `WrongState` for one without a process */
export async function stats(ports: Ports, reference: string): Promise<CgroupUsage> {
  const container = ports.registry.find(reference);
  demandLife(container, 'stats');
  const usage = await ports.cgroups.usage(unitGroup(container.unit));
  if (usage !== undefined) return usage;
  throw ended(container, 'stats');
}

/** The processes of a container. @throws ContainerError `WrongState` for one without a process */
export async function top(ports: Ports, reference: string): Promise<CgroupProcess[]> {
  const container = ports.registry.find(reference);
  demandLife(container, 'top');
  return await ports.cgroups.processes(unitGroup(container.unit));
}

/**
 * Looks again and again, `intervalMs` apart, until the container has ended; then the iteration ends. The first look is refused as
 * one alone would be.
 */
export async function* repeatedly<T>(
  look: () => Promise<T>,
  intervalMs: number,
  signal: AbortSignal,
): AsyncGenerator<T> {
  yield await look();
  for (;;) {
    await delay(intervalMs, undefined, { signal });
    try {
      yield await look();
    } catch (error) {
      if (error instanceof ContainerError) return;
      throw error;
    }
  }
}

function demandLife(container: Container, operation: 'stats' | 'top'): void {
  if (!hasLife(container.status)) throw ended(container, operation);
}

const ended = ({ name, status: { state } }: Container, operation: 'stats' | 'top'): ContainerError =>
  new ContainerError('WrongState', { container: name, state, operation });
