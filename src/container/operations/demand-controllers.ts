/** Whether the host can enforce what a container is limited to: systemd sets a limit whose controller is missing without a word. */
import { controllerFor } from '../../unit-file/assignment/controllers.ts';
import { resourceAssignments, RESOURCE_CONTROLLERS } from '../configuration/resources.ts';
import type { Resources } from '../configuration/configuration.ts';
import { parseUnitProperty } from '../configuration/unit-properties.ts';
import { ContainerError } from '../errors.ts';
import type { Ports } from '../ports.ts';
import { SLICE } from '../unit-names.ts';

/** A limit that a container can have. */
export interface Limit {
  /** As `Resources` calls it. */
  readonly name: string;
  readonly controller: string;
  /** Why it cannot be enforced, where that is so. */
  readonly problem: string | undefined;
}

/** Every limit there is, whether this host can enforce it or not. */
export async function enforceable({ cgroups }: Ports, signal: AbortSignal): Promise<Limit[]> {
  const missing = await cgroups.missingControllers(SLICE, signal);
  return RESOURCE_CONTROLLERS.map(([name, controller]) => ({ name, controller, problem: missing.get(controller) }));
}

/**
 * What lifts a limit needs no controller.
 * @param at where both stand in the parameters of the call: `configuration.`
 * @throws ContainerError `NoController`
 */
export async function demandControllers(
  { cgroups }: Ports,
  { resources, unitProperties }: { readonly resources: Resources; readonly unitProperties: readonly string[] },
  at: '' | 'configuration.',
  signal: AbortSignal,
): Promise<void> {
  const needed = [
    ...resourceAssignments(resources, `${at}resources`),
    ...unitProperties.map((assignment, index) => ({ parameter: `${at}unitProperties[${index}]`, assignment })),
  ].flatMap(({ parameter, assignment }) =>
    parseUnitProperty(assignment).flatMap((property) => {
      const controller = controllerFor(property);
      return controller === undefined ? [] : [{ parameter, controller }];
    }),
  );
  if (needed.length === 0) return;
  const missing = await cgroups.missingControllers(SLICE, signal);
  for (const { parameter, controller } of needed) {
    const reason = missing.get(controller);
    if (reason !== undefined) throw new ContainerError('NoController', { parameter, controller, reason });
  }
}
