import { LoadFailed } from '../../storage/errors.ts';
import type { Image, ImageSource } from '../../storage/images.ts';
import { refusedAs } from '../demand-image.ts';
import type { ImagePorts } from '../ports.ts';

export interface Loaded {
  readonly image: Image;
  /** Those that it got. */
  readonly names: readonly string[];
}

/**
 * Brings all images that a source means from this host's disk. Prune leaves them alone until they have their names.
 * @param name of the only one, instead of those that stand in the source
 * @throws ImageError `InvalidParameter`; LoadFailed, before anything is stored where several images are to be called the same
 */
export async function load(
  { store, holds }: Pick<ImagePorts, 'store' | 'holds'>,
  source: ImageSource,
  name: string | undefined,
  signal: AbortSignal,
): Promise<Loaded[]> {
  await using opened = await store.open(source, signal);
  const { images } = opened;
  demandOne(source, name, images.length);
  using held = new DisposableStack();
  for (const { id } of images) held.use(holds.hold(id, undefined));
  const names = await refusedAs('name', async () => {
    const given: (readonly string[])[] = [];
    for (const image of images) given.push(await store.load(image, name === undefined ? {} : { name }, signal));
    return given;
  });
  const loaded: Loaded[] = [];
  for (const [index, { id }] of images.entries()) {
    // Two of them may have had the same name.
    const image = await store.get(id, signal);
    if (image === undefined) throw new LoadFailed(source.path, 'an image was removed while others were loaded');
    loaded.push({ image, names: names[index] ?? [] });
  }
  return loaded;
}

function demandOne({ path, reference }: ImageSource, name: string | undefined, count: number): void {
  if (count === 1) return;
  if (reference !== undefined) throw new LoadFailed(path, `it has ${count} images that are called ${reference}`);
  if (name !== undefined) throw new LoadFailed(path, `it has ${count} images, which cannot all be called ${name}`);
}
