/** What the volumes of this host need of the world. */
import type { KeyedQueue } from '../lib/keyed-queue.ts';
import type { Logger } from '../log/logger.ts';
import type { VolumeFolders } from './volume-folders.ts';

export interface VolumePorts {
  readonly folders: VolumeFolders;
  readonly users: VolumeUsers;
  readonly trees: Trees;
  /** Uses, fillings and removals of a volume: one at a time for each. */
  readonly lane: Pick<KeyedQueue<string>, 'run'>;
  readonly log: Logger;
  readonly now: () => Date;
  readonly faults: (point: VolumeFaultPoint) => void;
}

/** Where berthd may die between two things that it does to a volume; what is so then is in src/supervisor/steps.ts. */
export type VolumeFaultPoint =
  'volume: staged' | 'volume: content copied' | 'volume: content whole' | 'volume: content moved' | 'volume: set aside';

/** Whoever uses volumes. */
export interface VolumeUsers {
  /** The names of all that were made with the volume of this name, and of all of which nobody knows. */
  of(volume: string): readonly string[];
}

/** Folders with all that is below them, whatever that is. */
export interface Trees {
  /** Nothing being there is no error. */
  remove(path: string): Promise<void>;
  /** Gives a folder the owner, mode, times and extended attributes of another, which is empty. */
  becomeLike(other: string, folder: string): Promise<void>;
  /** Gives everything to an owner; links are not followed. */
  own(path: string, owner: Owner): Promise<void>;
}

export interface Owner {
  readonly uid: number;
  readonly gid: number;
}

/** A folder whose content a volume may take over. */
export interface Content extends Owner {
  readonly mode: number;
  readonly modifiedAt: Date;
  readonly isEmpty: boolean;
  /** Makes `target` of it: everything, with owners, modes, times, links and extended attributes. */
  copyTo(target: string): Promise<void>;
}
