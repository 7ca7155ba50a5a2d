/** The volumes of a container: those it asks for, those of other containers, and those that its image declares. Pure. */
import type { VolumesFrom } from '../../api/io-berth-container.ts';
import { isVolumeName } from '../../volume/volume.ts';
import { invalid, listOf, pathInside } from './checks.ts';
import type { Mount } from './configuration.ts';

export interface VolumeSources {
  /** What the image declares. */
  readonly declared: readonly string[];
  readonly from: readonly VolumesFrom[] | undefined;
  /** What is mounted in another container. @throws ContainerError `NoSuchContainer` | `AmbiguousContainer` */
  readonly mountsOf: (container: string) => readonly Mount[];
  /** For a volume that nobody has named. */
  readonly newName: () => string;
}

/**
 * All mounts: what the container asks for goes over what others have at the same place, and that over what the image declares.
 * @throws ContainerError `InvalidParameter` | `LimitExceeded` | `NoSuchContainer` | `AmbiguousContainer`
 */
export function withVolumes(asked: readonly Mount[], sources: VolumeSources): Mount[] {
  const { declared, from, mountsOf, newName } = sources;
  const own = asked.map((mount) => (isNameless(mount) ? { ...mount, source: newName() } : mount));
  const taken = new Set(own.map(({ destination }) => destination));
  const isFree = ({ destination }: Pick<Mount, 'destination'>): boolean => {
    if (taken.has(destination)) return false;
    taken.add(destination);
    return true;
  };
  const others = listOf(from, 'volumesFrom', ({ container, readOnly = false }) =>
    mountsOf(container)
      .filter(({ kind }) => kind !== 'tmpfs')
      .map((mount) => ({ ...mount, readOnly: mount.readOnly || readOnly })),
  );
  const ofOthers = others.flat().filter(isFree);
  const ofImage = declared
    .map((path) => ({ destination: declaredPlace(path) }))
    .filter(isFree)
    .map(({ destination }): Mount => ({
      kind: 'volume',
      source: newName(),
      destination,
      readOnly: false,
      options: [],
    }));
  // Two places may be the same one by a link: what was asked for lies on top then.
  return [...ofImage, ...ofOthers, ...own];
}

const isNameless = ({ kind, source }: Mount): boolean => kind === 'volume' && source === undefined;

/** An image says it as it likes. @throws ContainerError `InvalidParameter` for its root */
const declaredPlace = (path: string): string => pathInside(`/${path}`, 'image');

/** @throws ContainerError `InvalidParameter` */
export function volumeName(name: string, member: string): string {
  if (!isVolumeName(name)) throw invalid(member);
  return name;
}

/** A volume that is mounted in a container, by its name. */
export const volumesIn = (mounts: readonly Mount[]): string[] =>
  mounts.flatMap(({ kind, source }) => (kind === 'volume' && source !== undefined ? [source] : []));
