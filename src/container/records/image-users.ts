import type { ImageUsers } from '../../image/ports.ts';
import type { ContainerIndex } from './container-index.ts';

/** Containers, for the images that they are made of. */
export const imageUsersOf = (index: Pick<ContainerIndex, 'all'>): ImageUsers => ({
  of: (id) =>
    index
      .all()
      .filter(({ config }) => config.imageId === id)
      .map(({ name }) => name),
});
