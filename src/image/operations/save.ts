import type { ImageSource, SavedImage } from '../../storage/images.ts';
import { demandImage } from '../demand-image.ts';
import { ImageError } from '../errors.ts';
import type { ImagePorts } from '../ports.ts';

const MAX_IMAGES = 256;

/**
 * Writes images to where nothing is yet, each under the name that it was asked for by; where that is an ID, under all of its names.
 * @throws ImageError `NoSuchImage` | `AmbiguousImage` | `InvalidParameter`; SaveFailed
 */
export async function save(
  ports: Pick<ImagePorts, 'store'>,
  references: readonly string[],
  destination: Omit<ImageSource, 'reference'>,
  signal: AbortSignal,
): Promise<void> {
  if (references.length === 0 || references.length > MAX_IMAGES)
    throw new ImageError('InvalidParameter', { parameter: 'images' });
  const images = new Map<string, SavedImage>();
  for (const reference of references) {
    const { image, names } = await demandImage(ports, reference, 'images', signal);
    const before = images.get(image.id)?.names ?? [];
    images.set(image.id, { image, names: [...new Set([...before, ...(names.length === 0 ? image.names : names)])] });
  }
  await ports.store.save([...images.values()], destination, signal);
}
