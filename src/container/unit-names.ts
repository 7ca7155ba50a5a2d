/** What the units of containers are called, and where their control groups are. */
import { shortId, type ContainerId, type ContainerName } from './names.ts';

export const SLICE = 'berth.slice';

/** berthd's own. */
export const DAEMON_UNIT = 'berthd.service';

/** Whose entries the lines are that berthd logs for containers: units/berthd-streams.service. */
export const STREAMS_UNIT = 'berthd-streams.service';

export const unitNameFor = (name: ContainerName): string => `berth-${name}.service`;

/** Of a container whose name a renamed one still runs under. */
export const secondUnitNameFor = (name: ContainerName, id: ContainerId): string =>
  `berth-${name}.${shortId(id)}.service`;

/** The control group of a unit, below the cgroup root. */
export const unitGroup = (unit: string): string => `/${SLICE}/${unit}`;

/** The runtime puts the container into a group of its own below the unit's, which is the unit's to limit. */
export const controlGroupFor = (unit: string): string => `${unitGroup(unit)}/container`;

/** The network namespace below /run/netns, so that `ip netns exec` finds it. */
export const namespaceFor = (unit: string): string => unit.replace(/\.service$/u, '').replace(/^(?!berth-)/u, 'berth-');
