import type { Container } from '../container.ts';
import type { Configuration } from '../configuration/configuration.ts';
import { ContainerError } from '../errors.ts';
import { dependenciesOf } from '../configuration/namespaces.ts';
import type { ContainerId } from '../names.ts';
import type { Ports } from '../ports.ts';

const MAX_NAMES = 10;

/**
 * The containers whose namespaces a container shares, and those that these need, in the order to start them in. Create refuses
 * what is not there yet, so there are no circles.
 * @throws ContainerError `NoSuchContainer` for one that is gone
 */
export function dependencyOrder({ index }: Pick<Ports, 'index'>, config: Configuration): ContainerId[] {
  const order = new Set<ContainerId>();
  const visit = (of: Configuration): void => {
    for (const reference of dependenciesOf(of)) {
      const dependency = index.find(reference);
      visit(dependency.config);
      order.add(dependency.id);
    }
  };
  visit(config);
  return [...order];
}

/** @throws ContainerError `HasDependents` when other containers share namespaces of this one */
export function demandNoDependents({ index }: Pick<Ports, 'index'>, { id, name }: Container): void {
  const dependents = index.all().filter(({ config }) => dependenciesOf(config).includes(id));
  if (dependents.length === 0) return;
  const names = dependents.slice(0, MAX_NAMES).map((dependent) => dependent.name);
  throw new ContainerError('HasDependents', { container: name, dependents: names });
}
