/** Who the users of a container are: its /etc/passwd and /etc/group, as it sees them. */
import type { SpecMount } from '../../oci-spec/mounts.ts';
import type { UserFiles } from '../../oci-spec/passwd.ts';
import { InsideFileUnfit } from '../../storage/errors.ts';
import type { InsideMount, InsideRoot } from '../../storage/inside.ts';
import { ContainerError } from '../errors.ts';
import { demandAnswers } from './host-files.ts';

/** Reads a file as a container sees it; undefined where there is none. @throws InsideFileUnfit */
export type ReadInside = (root: InsideRoot, path: string) => string | undefined;

export interface UserFilesOptions {
  readonly readInside: ReadInside;
  /** The roots of the layers, the topmost first, or the root that they are mounted at. */
  readonly folders: readonly string[];
  readonly mounts: readonly Pick<SpecMount, 'destination' | 'type' | 'source' | 'options'>[];
  /** Whose files are mounted over some of /etc, and say nothing of users. */
  readonly etc: string;
  /** See `InsideRoot`. */
  readonly enters?: (source: string) => boolean;
}

/** @throws ContainerError `InvalidFile` for one that is no regular file, or too large */
export function readUserFiles({ readInside, folders, mounts, etc, enters }: UserFilesOptions): UserFiles {
  const root = {
    folders,
    ...(enters === undefined ? {} : { enters }),
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

/**
 * As `readUserFiles`, where the sources of the mounts may have stopped to answer since the container was started. Only those that the
 * files are looked for in have to.
 * @throws ContainerError `InvalidFile`, also for a file system that does not answer
 */
export async function readUserFilesInTime(options: UserFilesOptions): Promise<UserFiles> {
  await demandAnswers(options.folders);
  const answering = new Set<string>();
  for (;;) {
    const ahead: string[] = [];
    const enters = (source: string): boolean => answering.has(source) || ahead.push(source) === 0;
    const files = readUserFiles({ ...options, enters });
    if (ahead.length === 0) return files;
    await demandAnswers(ahead);
    for (const source of ahead) answering.add(source);
  }
}
