/** Everything that is mounted in a container besides what every container has: berth's own files, and what the client asked for. */
import type { SpecMount } from '../../oci-spec/mounts.ts';
import type { Configuration } from '../configuration/configuration.ts';
import type { Folder } from '../records/folder.ts';
import { etcMounts } from './etc-files.ts';
import { hasRoomFor, recursionFor, type HoldsMounts } from './read-only.ts';
import { specMount } from './spec-mount.ts';

export async function specMountsFor(
  folder: Folder,
  config: Configuration,
  holdsMounts: HoldsMounts,
): Promise<SpecMount[]> {
  const { mounts } = config;
  const ours = await Promise.all(
    etcMounts(folder, config).map(async (mount) => ((await hasRoomFor(mount, mounts)) ? [mount] : [])),
  );
  const places = [...mounts, ...ours.flat()];
  const theirs = await Promise.all(
    mounts.map(async (mount) => specMount(mount, await recursionFor(mount, places, holdsMounts))),
  );
  return [...ours.flat(), ...theirs];
}
