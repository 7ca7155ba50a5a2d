/**
 * What a volume takes over from the place that it is mounted at: the content while it has none, and the owner and the mode at its first
 * use. The content is copied beside the data, and moved in once it is whole, name by name: the data's own folder stays the same one, which
 * others may have mounted. Who dies in between is followed by one who goes on, before the next container sees the volume.
 */
import { existsSync, readdirSync, renameSync, statSync } from 'node:fs';
import { chmod, chown, rename, utimes } from 'node:fs/promises';
import type { Content, Owner, VolumePorts } from '../ports.ts';
import { find } from './inspect.ts';

export interface FillOptions {
  /** Of the place where it is mounted; undefined where there is no such folder. */
  readonly content: () => Content | undefined;
  /** Whether more is taken over than owner and mode. */
  readonly copies: 'content' | 'nothing';
}

/**
 * @returns whose it is to be: `nobody` where there is no place that says so, and no owner was decided before
 * @throws VolumeError `NoSuchVolume` | `InvalidVolume`; what `copyTo` throws
 */
export async function fill(
  ports: VolumePorts,
  name: string,
  { content: contentOf, copies }: FillOptions,
): Promise<'somebody' | 'nobody'> {
  return await ports.lane.run(name, async () => {
    const { folders } = ports;
    await moveIn(ports, name);
    const volume = find(ports, name);
    if (volume.stage === 'filled') return 'somebody';
    const data = folders.dataOf(name);
    if (readdirSync(data).length > 0) {
      folders.describe({ ...volume, stage: 'filled' });
      return 'somebody';
    }
    const content = contentOf();
    if (content === undefined) return volume.stage === 'new' ? 'nobody' : 'somebody';
    if (copies === 'content' && !content.isEmpty) await copyIn(ports, name, content);
    else if (volume.stage === 'new') {
      await becomeLike(content, data);
      folders.describe({ ...volume, stage: 'owned' });
    }
    return 'somebody';
  });
}

/**
 * Gives a volume to the user of a container: its folder, or everything in it.
 * @throws VolumeError `NoSuchVolume` | `InvalidVolume`
 */
export async function give(
  ports: VolumePorts,
  name: string,
  owner: Owner,
  what: 'folder' | 'everything',
): Promise<void> {
  await ports.lane.run(name, async () => {
    const { folders, trees } = ports;
    const volume = find(ports, name);
    if (what === 'everything') await trees.own(folders.dataOf(name), owner);
    else await chown(folders.dataOf(name), owner.uid, owner.gid);
    if (volume.stage === 'new') folders.describe({ ...volume, stage: 'owned' });
  });
}

async function copyIn(ports: VolumePorts, name: string, content: Content): Promise<void> {
  const { folders, trees, faults } = ports;
  const copy = folders.copyOf(name);
  await trees.remove(copy); // of a berthd that has died
  try {
    await content.copyTo(copy);
  } catch (error) {
    await trees.remove(copy);
    throw error;
  }
  faults('volume: content copied');
  renameSync(copy, folders.contentOf(name));
  faults('volume: content whole');
  await moveIn(ports, name);
}

/** Content that is whole goes to where containers see it. What is there already stays. */
async function moveIn(ports: VolumePorts, name: string): Promise<void> {
  const { folders, trees, faults } = ports;
  const content = folders.contentOf(name);
  if (!existsSync(content)) return;
  const volume = find(ports, name);
  if (volume.stage !== 'filled') {
    const data = folders.dataOf(name);
    const { mtime } = statSync(content); // until something is moved out of it
    await moveAll(content, data);
    await trees.becomeLike(content, data);
    await utimes(data, mtime, mtime);
  }
  faults('volume: content moved');
  folders.describe({ ...volume, stage: 'filled' });
  await trees.remove(content);
}

async function moveAll(content: string, data: string): Promise<void> {
  for (const entry of readdirSync(content, { encoding: 'buffer' })) {
    const inside = (folder: string): Buffer => Buffer.concat([Buffer.from(`${folder}/`), entry]);
    await rename(inside(content), inside(data)).catch((error: NodeJS.ErrnoException) => {
      if (!IN_THE_WAY.includes(error.code ?? '')) throw error;
    });
  }
}

/** Somebody who has it mounted already has made something of that name. */
const IN_THE_WAY = ['EEXIST', 'ENOTEMPTY', 'EISDIR', 'ENOTDIR'];

async function becomeLike({ uid, gid, mode, modifiedAt }: Content, folder: string): Promise<void> {
  await chown(folder, uid, gid);
  await chmod(folder, mode & 0o7777); // after it: chown(2) takes set-group-ID away
  await utimes(folder, modifiedAt, modifiedAt);
}
