/** What the images of this host need of the world. */
import type { KeyedQueue } from '../lib/keyed-queue.ts';
import type { ImageStore } from '../storage/images.ts';
import type { ImageHolds } from './holds.ts';

export interface ImagePorts {
  /** Has the records of the images, too. */
  readonly store: ImageStore;
  readonly users: ImageUsers;
  readonly holds: ImageHolds;
  /** What looks at the names of an image and then changes them: one at a time, so that what it has seen is still so. */
  readonly lane: Pick<KeyedQueue<'names'>, 'run'>;
}

/** What is made of images. */
export interface ImageUsers {
  /** The names of all that are made of the image with this ID. */
  of(id: string): readonly string[];
}
