import type { Container } from '../container.ts';
import type { Ports } from '../ports.ts';
import { hasLife } from '../status.ts';

/** Has `systemctl status` say something of a container's unit, or nothing any more. What cannot be said changes nothing. */
export async function describe(
  { units, index, log }: Pick<Ports, 'units' | 'index' | 'log'>,
  { id }: Pick<Container, 'id'>,
  text: 'paused' | '',
): Promise<void> {
  const container = index.get(id);
  if (container === undefined || !hasLife(container.status) || container.status.pid === undefined) return;
  try {
    await units.describe(container.status.pid, text);
  } catch (error) {
    log.warn('systemd could not be told whether a container is paused', { containerName: container.name, error });
  }
}
