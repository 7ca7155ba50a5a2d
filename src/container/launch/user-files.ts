/** Who the users of a container are: its /etc/passwd and /etc/group, as it sees them. */
import type { SpecMount } from '../../oci-spec/mounts.ts';
import type { UserFiles } from '../../oci-spec/passwd.ts';
import { InsideFileUnfit } from '../../storage/errors.ts';
import type { InsideMount, InsideRoot } from '../../storage/inside.ts';
import { ContainerError } from '../errors.ts';

/** Reads a file as a container sees it; undefined where there is none. @throws InsideFileUnfit */
export type ReadInside = (root: InsideRoot, path: string) => string | undefined;

export interface UserFilesOptions {
  readonly readInside: ReadInside;
  /** The roots of the layers, the topmost first, or the root that they are mounted at. */
  readonly folders: readonly string[];
  readonly mounts: readonly Pick<SpecMount, 'destination' | 'type' | 'source' | 'options'>[];
  /** Whose files are mounted over some of /etc, and say nothing of users. */
  readonly etc: string;
}

/** @throws ContainerError `InvalidFile` for one that is no regular file, or too large */
export function readUserFiles({ readInside, folders, mounts, etc }: UserFilesOptions): UserFiles {
  const root = {
    folders,
    mounts: mounts.flatMap(({ destination, type, source, options }): InsideMount[] => {
      if (type === 'bind') return source.startsWith(`${etc}/`) ? [] : [{ destination, source }];
      return type === 'tmpfs' && !options.includes('tmpcopyup') ? [{ destination, source: undefined }] : [];
    }),
  };
  try {
    return { passwd: readInside(root, '/etc/passwd'), group: readInside(root, '/etc/group') };
  } catch (error) {
    if (!(error instanceof InsideFileUnfit)) throw error;
    const reason = `in the container, ${error.message}`;
    throw new ContainerError('InvalidFile', { path: error.path, reason }, { cause: error });
  }
}
