import type { FoundImage, Image } from '../../storage/images.ts';
import { demandImage } from '../demand-image.ts';
import type { ImagePorts } from '../ports.ts';

/** berth's own images, then those of other programs' stores. */
export const list = async ({ store }: ImagePorts, signal: AbortSignal): Promise<Image[]> => await store.list(signal);

/** The image with this ID; undefined where there is none. */
export const get = async ({ store }: ImagePorts, id: string, signal?: AbortSignal): Promise<Image | undefined> =>
  await store.get(id, signal);

/** @throws ImageError `NoSuchImage` | `AmbiguousImage` | `InvalidParameter` */
export const find = async (ports: ImagePorts, reference: string, signal: AbortSignal): Promise<FoundImage> =>
  await demandImage(ports, reference, 'image', signal);
