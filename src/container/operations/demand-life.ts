import type { Container } from '../container.ts';
import { ContainerError } from '../errors.ts';
import { hasLife } from '../status.ts';

/** @throws ContainerError `WrongState` for one without a process */
export function demandLife(container: Container, operation: 'stats' | 'top'): void {
  if (!hasLife(container.status)) throw ended(container, operation);
}

export const ended = ({ name, status: { state } }: Container, operation: 'stats' | 'top'): ContainerError =>
  new ContainerError('WrongState', { container: name, state, operation });
