import { LoadFailed } from '../../storage/errors.ts';
import type { Image, ImageSource } from '../../storage/images.ts';
import { refusedAs } from '../demand-image.ts';
import type { ImagePorts } from '../ports.ts';

/**
 * Brings an image from this host's disk. Prune leaves it alone until it has its names.
 * @param name instead of those that stand in the source
 * @throws ImageError `InvalidParameter`; LoadFailed
 */
export async function load(
  { store, holds }: Pick<ImagePorts, 'store' | 'holds'>,
  source: ImageSource,
  name: string | undefined,
  signal: AbortSignal,
): Promise<Image> {
  const [found, ...others] = await store.read(source, signal);
  if (found === undefined || others.length > 0) {
    const reason = found === undefined ? 'it holds no image' : 'it holds several images: say which by its tag';
    throw new LoadFailed(source.path, reason);
  }
  using _hold = holds.hold(found.id, undefined);
  return await refusedAs('name', async () => await store.load(found, name === undefined ? {} : { name }, signal));
}
