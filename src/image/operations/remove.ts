import type { Image } from '../../storage/images.ts';
import { demandImage, demandWritable } from '../demand-image.ts';
import { ImageError } from '../errors.ts';
import type { ImagePorts } from '../ports.ts';

const MAX_NAMES = 10;

/**
 * Takes off an image the names that are meant, or removes it with all of them where it was given by ID or no other name is left.
 * @throws ImageError `NoSuchImage` | `AmbiguousImage` | `InvalidParameter` | `ImageReadOnly` | `ImageInUse`
 */
export async function remove(ports: ImagePorts, reference: string, signal: AbortSignal): Promise<void> {
  const { store, lane } = ports;
  await lane.run('names', async () => {
    const { image, names } = await demandImage(ports, reference, 'image', signal);
    demandWritable(image, reference);
    if (names.length === 0 || names.length === image.names.length) await removeUnused(ports, image, reference, signal);
    else for (const name of names) await store.untag(image.id, name, signal);
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
