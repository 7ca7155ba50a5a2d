/**
 * The images of this host: every verb, bound to what it needs of the world.
 *
 * What images there are, and what is in them, is the store's to say, which other programs may read and write as well. This folder
 * adds who may remove which. It does not know containers: who is made of an image it asks an interface of its own, and whoever
 * wants to be takes the image by `use`, which excludes a removal. A reference that a client gives comes with the name of its
 * parameter, which a refusal carries.
 */
import { bound } from '../lib/bound.ts';
import { KeyedQueue } from '../lib/keyed-queue.ts';
import type { Image, ImageStore } from '../storage/images.ts';
import { ImageHolds } from './holds.ts';
import { find, get, list } from './operations/inspect.ts';
import { load } from './operations/load.ts';
import { prune } from './operations/prune.ts';
import { pull } from './operations/pull.ts';
import { remove } from './operations/remove.ts';
import { save } from './operations/save.ts';
import { tag } from './operations/tag.ts';
import { use, type Use } from './operations/use.ts';
import type { ImagePorts, ImageUsers } from './ports.ts';

export type Images = ReturnType<typeof imagesOn>;

export const imagesOn = (store: ImageStore, users: ImageUsers) => {
  const ports: ImagePorts = { store, users, holds: new ImageHolds(), lane: new KeyedQueue() };
  return {
    find: bound(ports, find),
    get: bound(ports, get),
    list: bound(ports, list),
    load: bound(ports, load),
    prune: bound(ports, prune),
    pull: bound(ports, pull),
    remove: bound(ports, remove),
    save: bound(ports, save),
    tag: bound(ports, tag),
    /** Not bound as the others are: that would lose what `work` answers. */
    use: async <T>(wanted: Use, work: (image: Image) => Promise<T>, signal: AbortSignal): Promise<T> =>
      await use(ports, wanted, work, signal),
  };
};
