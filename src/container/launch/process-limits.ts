/** Which limits of setrlimit(2) the process of a container has. */
import { RESOURCES, type ResourceLimit } from '../../lib/resource-limits.ts';
import type { SpecLimit } from '../../oci-spec/spec.ts';
import type { ManagerFacts, ProcessDefaults } from '../../systemd/units/unit-status.ts';
import type { Configuration } from '../configuration/configuration.ts';
import { assignmentName, parseUnitProperty } from '../configuration/unit-properties.ts';

/** How ready the kernel is to kill what runs in it, as systemd would have it. */
export const oomScoreOf = (
  { oomScoreAdjust }: Pick<Configuration, 'oomScoreAdjust'>,
  { processDefaults }: Pick<ManagerFacts, 'processDefaults'>,
): Pick<ProcessDefaults, 'oomScoreAdjust'> => ({ oomScoreAdjust: oomScoreAdjust ?? processDefaults.oomScoreAdjust });

/** What can be had of limits that are wished for; see `attainableLimits`. */
export type Attainable = (limits: readonly ResourceLimit[]) => Promise<readonly ResourceLimit[]>;

/**
 * All of them, each from the one who says most about it: `resourceLimits`, then `LimitNOFILE=` and the like among the properties of
 * the unit, then systemd's defaults for services. Whoever runs the OCI runtime may have others, which are no measure for containers.
 */
export async function processLimits(
  { unitProperties, resourceLimits }: Pick<Configuration, 'unitProperties' | 'resourceLimits'>,
  defaults: readonly ResourceLimit[],
  attainable: Attainable,
): Promise<SpecLimit[]> {
  const wanted = new Map(defaults.map((limit) => [limit.resource, limit]));
  for (const limit of unitProperties.flatMap(limitsOf)) wanted.set(limit.resource, limit);
  const limits = new Map((await attainable([...wanted.values()])).map((limit) => [typeOf(limit), inSpec(limit)]));
  for (const { name: type, soft, hard } of resourceLimits) limits.set(type, { type, soft, hard });
  return [...limits.values()];
}

const typeOf = ({ resource }: ResourceLimit): string => `RLIMIT_${resource}`;

function limitsOf(assignment: string): ResourceLimit[] {
  const resource = RESOURCES.find((each) => `Limit${each}` === assignmentName(assignment));
  if (resource === undefined) return [];
  const values = new Map(parseUnitProperty(assignment).map(({ name, value }) => [name, value]));
  const [soft, hard] = [values.get(`Limit${resource}Soft`), values.get(`Limit${resource}`)];
  return typeof soft === 'bigint' && typeof hard === 'bigint' ? [{ resource, soft, hard }] : [];
}

const inSpec = (limit: ResourceLimit): SpecLimit => ({
  type: typeOf(limit),
  soft: finite(limit.soft),
  hard: finite(limit.hard),
});

/** More than a number of JavaScript can say is more than there is of anything. */
const finite = (value: bigint): number | undefined =>
  value > BigInt(Number.MAX_SAFE_INTEGER) ? undefined : Number(value);
