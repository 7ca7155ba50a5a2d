import type { Image } from '../../storage/images.ts';
import { demandImage, demandWritable } from '../demand-image.ts';
import { ImageError } from '../errors.ts';
import type { ImagePorts } from '../ports.ts';

const MAX_NAMES = 10;

/**
 * Takes a name off an image, or removes the image with all its names where the reference is no name of it, or its last.
 * @throws ImageError `NoSuchImage` | `AmbiguousImage` | `InvalidParameter` | `ImageReadOnly` | `ImageInUse`
 */
export async function remove(ports: ImagePorts, reference: string, signal: AbortSignal): Promise<void> {
  const { store, lane } = ports;
  await lane.run('names', async () => {
    const { image, name } = await demandImage(ports, reference, 'image', signal);
    demandWritable(image, reference);
    if (name === undefined || image.names.length === 1) await removeUnused(ports, image, reference, signal);
    else await store.untag(image.id, name, signal);
  });
}

async function removeUnused(
  { store, users, holds }: ImagePorts,
  { id }: Image,
  reference: string,
  signal: AbortSignal,
): Promise<void> {
  const containers = [...users.of(id), ...holds.usersOf(id)];
  if (containers.length > 0) {
    throw new ImageError('ImageInUse', { image: reference, containers: containers.slice(0, MAX_NAMES) });
  }
  await holds.removing(id, async () => {
    await store.delete(id, signal);
  });
}
