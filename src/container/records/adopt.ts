import type { Logger } from '../../log/logger.ts';
import type { Container } from '../container.ts';
import type { Folders } from './folder.ts';
import { shortId } from '../names.ts';
import type { ContainerIndex } from './container-index.ts';

export interface AdoptPorts {
  readonly index: Pick<ContainerIndex, 'all' | 'add' | 'unreadable'>;
  readonly folders: Pick<Folders, 'names' | 'described'>;
  readonly log: Logger;
}

/**
 * Takes in the containers of folders that the database does not know: it was lost, or its last commits were. What each of them
 * is, whoever looks at it next will see. A folder that cannot be taken in is logged and left alone.
 */
export async function adoptFolders({ index, folders, log }: AdoptPorts): Promise<void> {
  const owned = new Set([
    ...index.all().map(({ id }) => shortId(id)),
    // Somebody has to look at these: their folders may be all that is left of them.
    ...index.unreadable.map((id) => id.slice(0, 12)),
  ]);
  const stray = (await folders.names()).filter((name) => !owned.has(name));
  for (const container of await described(stray, folders, log)) {
    const about = { containerName: container.name, containerId: container.id };
    try {
      index.add(container);
      log.warn('A container that the database did not know was adopted from its folder', about);
    } catch (error) {
      log.error('A container that the database did not know cannot be adopted and is left alone', { ...about, error });
    }
  }
}

/** Oldest first, as they were made: the older one keeps a name that two of them have. */
async function described(names: readonly string[], folders: AdoptPorts['folders'], log: Logger): Promise<Container[]> {
  const found = await Promise.all(
    names.map(async (folder) => {
      try {
        return [await folders.described(folder)];
      } catch (error) {
        log.warn('A folder among those of the containers belongs to none of them and is left alone', { folder, error });
        return [];
      }
    }),
  );
  return found.flat().sort((a, b) => a.createdAt.getTime() - b.createdAt.getTime());
}
