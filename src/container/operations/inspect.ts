import type { UnitLimits } from '../../systemd/units/unit-status.ts';
import type { Container } from '../container.ts';
import { ContainerError } from '../errors.ts';
import type { Ports } from '../ports.ts';
import type { State } from '../state.ts';
import { hasLife } from '../status.ts';

/** What it is now, as systemd has it. @throws ContainerError `NoSuchContainer` | `AmbiguousContainer` */
export async function inspect({ index, lane }: Pick<Ports, 'index' | 'lane'>, reference: string): Promise<Container> {
  const { id } = index.find(reference);
  await lane.look(id);
  const container = index.get(id);
  if (container === undefined) throw new ContainerError('NoSuchContainer', { container: reference });
  return container;
}

/** The limits in force, as systemd has them; undefined while its unit is not loaded. */
export const limits = async (
  { units }: Pick<Ports, 'units'>,
  { unit, status }: Container,
): Promise<UnitLimits | undefined> => (hasLife(status) ? await units.limits(unit) : undefined);

/** The folder of its OCI bundle. */
export const bundleOf = ({ folders }: Pick<Ports, 'folders'>, { id }: Container): string => folders.of(id).path;

export interface ListFilter {
  readonly states: readonly State[] | undefined;
  /** All of them must be there; an empty value matches every value. */
  readonly labels: Readonly<Record<string, string>>;
}

/** What was last told of each, oldest first; waits for nobody. */
export function list({ index }: Pick<Ports, 'index'>, { states, labels }: ListFilter): Container[] {
  const wanted = Object.entries(labels);
  return index
    .all()
    .filter(({ status }) => states === undefined || states.includes(status.state))
    .filter(({ config }) => wanted.every((label) => hasLabel(config.labels, label)));
}

const hasLabel = (labels: Readonly<Record<string, string>>, [name, value]: readonly [string, string]): boolean =>
  Object.hasOwn(labels, name) && (value === '' || labels[name] === value);
