import type { Container } from '../container.ts';
import { ContainerError } from '../errors.ts';
import type { Ports } from '../ports.ts';

const MAX_NAMED = 10;

/** @throws ContainerError `ActiveExecSessions` */
export function demandNoSessions({ sessions }: Pick<Ports, 'sessions'>, { id, name }: Container): void {
  const active = sessions.activeIn(id);
  if (active.length > 0) {
    throw new ContainerError('ActiveExecSessions', { container: name, sessions: active.slice(0, MAX_NAMED) });
  }
}
