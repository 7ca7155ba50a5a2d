import { UnitRefused } from '../../systemd/errors.ts';
import type { Configuration, Resources, RestartPolicy } from '../configuration/configuration.ts';
import { ContainerError } from '../errors.ts';
import type { Ports } from '../ports.ts';
import { mergedResources, resourcesAssignments } from '../configuration/resources.ts';
import { isAlive } from '../state.ts';
import { assignmentName, parseGivenProperty } from '../configuration/unit-properties.ts';
import { demandControllers } from './demand-controllers.ts';

export interface Changes {
  /** What is left out stays as it is. */
  readonly resources: Resources;
  readonly unitProperties: readonly string[];
  readonly restartPolicy: RestartPolicy | undefined;
  readonly restartLimit: number | undefined;
}

/**
 * Changes what a container may use, and properties of its unit: at once where it runs, and for every later start. The policy of
 * restarts is a running unit's for good and changes with the next start.
 * @throws ContainerError `NoController`; `InvalidProperty`, also for one that cannot be changed while the unit runs; nothing is changed then
 */
export async function update(ports: Ports, reference: string, changes: Changes, signal: AbortSignal): Promise<void> {
  const assignments = [...resourcesAssignments(changes.resources), ...changes.unitProperties];
  const properties = assignments.flatMap(parseGivenProperty);
  await demandControllers(ports, changes, '', signal);
  if (changes.restartLimit !== undefined && changes.restartPolicy !== 'on_failure') {
    throw new ContainerError('InvalidParameter', { parameter: 'restartLimit' });
  }
  await ports.lane.run(reference, 'update', async (container) => {
    const restarts = (changes.restartPolicy ?? container.config.restartPolicy) !== 'no';
    if (container.config.removeOnExit && restarts)
      throw new ContainerError('InvalidParameter', { parameter: 'restartPolicy' });
    if (isAlive(container.status.state) && properties.length > 0) {
      await ports.units.setProperties(container.unit, 'runtime', properties, signal).catch((error: unknown) => {
        if (!(error instanceof UnitRefused)) throw error;
        throw new ContainerError(
          'InvalidProperty',
          { property: assignments.join(' '), reason: error.message },
          { cause: error },
        );
      });
    }
    ports.faults('update: unit changed');
    const known = ports.index.get(container.id) ?? container;
    const updated = ports.index.save({ ...known, config: changed(known.config, changes) });
    ports.faults('update: row written');
    ports.folders.describeAgain(updated);
    ports.faults('update: description written');
  });
}

function changed(
  config: Configuration,
  { resources, unitProperties, restartPolicy, restartLimit }: Changes,
): Configuration {
  const replaced = new Set([...resourcesAssignments(resources), ...unitProperties].map(assignmentName));
  return {
    ...config,
    resources: mergedResources(config.resources, resources),
    unitProperties: [
      ...config.unitProperties.filter((assignment) => !replaced.has(assignmentName(assignment))),
      ...unitProperties,
    ],
    restartPolicy: restartPolicy ?? config.restartPolicy,
    restartLimit: restartPolicy === undefined ? config.restartLimit : restartLimit,
  };
}
