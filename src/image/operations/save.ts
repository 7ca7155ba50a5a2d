import type { ImageSource } from '../../storage/images.ts';
import { demandImage } from '../demand-image.ts';
import type { ImagePorts } from '../ports.ts';

/**
 * Writes an image to where nothing is yet.
 * @throws ImageError `NoSuchImage` | `AmbiguousImage` | `InvalidParameter`; SaveFailed
 */
export async function save(
  ports: ImagePorts,
  reference: string,
  destination: Omit<ImageSource, 'reference'>,
  signal: AbortSignal,
): Promise<void> {
  const { image } = await demandImage(ports, reference, 'image', signal);
  await ports.store.save(image, destination, signal);
}
