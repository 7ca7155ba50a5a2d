import type { VolumeUsers } from '../../volume/ports.ts';
import { volumesIn } from '../configuration/volumes.ts';
import type { ContainerIndex } from './container-index.ts';

/** Containers, for the volumes that they were made with. One that cannot be read may have been made with any. */
export const volumeUsersOf = (index: Pick<ContainerIndex, 'all' | 'unreadable'>): VolumeUsers => ({
  of: (volume) => [
    ...index
      .all()
      .filter(({ config }) => volumesIn(config.mounts).includes(volume))
      .map(({ name }) => name),
    ...index.unreadable,
  ],
});
