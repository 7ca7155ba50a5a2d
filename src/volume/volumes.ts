/**
 * The volumes of this host: every verb, bound to what it needs of the world.
 *
 * What volumes there are, their folders say; nothing of them is in the database, with whose loss none is lost. This folder does not
 * know containers: who uses a volume it asks an interface of its own, and whoever wants to takes it by `use`, which excludes a
 * removal.
 */
import { bound } from '../lib/bound.ts';
import { KeyedQueue } from '../lib/keyed-queue.ts';
import { create } from './operations/create.ts';
import { fill, give } from './operations/fill.ts';
import { dataOf, find, list, usersOf } from './operations/inspect.ts';
import { prune } from './operations/prune.ts';
import { recover, sweep } from './operations/recover.ts';
import { remove, removeAnonymous } from './operations/remove.ts';
import { use, type WantedVolume } from './operations/use.ts';
import type { VolumePorts } from './ports.ts';

export type Volumes = ReturnType<typeof volumesOn>;

export const volumesOn = (world: Omit<VolumePorts, 'lane'>) => {
  const ports: VolumePorts = { ...world, lane: new KeyedQueue() };
  return {
    create: bound(ports, create),
    dataOf: bound(ports, dataOf),
    fill: bound(ports, fill),
    find: bound(ports, find),
    give: bound(ports, give),
    list: bound(ports, list),
    prune: bound(ports, prune),
    recover: bound(ports, recover),
    remove: bound(ports, remove),
    sweep: bound(ports, sweep),
    removeAnonymous: bound(ports, removeAnonymous),
    usersOf: bound(ports, usersOf),
    /** Not bound as the others are: that would lose what `work` answers. */
    use: async <T>(wanted: readonly WantedVolume[], work: () => Promise<T>): Promise<T> =>
      await use(ports, wanted, work),
  };
};
