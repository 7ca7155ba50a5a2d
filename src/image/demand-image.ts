import { ImageAmbiguous, InvalidReference } from '../storage/errors.ts';
import type { FoundImage, Image } from '../storage/images.ts';
import { ImageError } from './errors.ts';
import type { ImagePorts } from './ports.ts';

/**
 * The image that a client means.
 * @param parameter where the client gave the reference
 * @throws ImageError `NoSuchImage` | `AmbiguousImage` | `InvalidParameter`
 */
export async function demandImage(
  { store }: Pick<ImagePorts, 'store'>,
  reference: string,
  parameter: string,
  signal: AbortSignal,
): Promise<FoundImage> {
  const found = await refusedAs(parameter, async () => await store.find(reference, signal));
  if (found === undefined) throw new ImageError('NoSuchImage', { image: reference });
  return found;
}

/** @throws ImageError `ImageReadOnly` for one of another program */
export function demandWritable({ readOnly, store }: Image, reference: string): void {
  if (readOnly) throw new ImageError('ImageReadOnly', { image: reference, store });
}

/** Does `work`, which reads a reference that a client gave as `parameter`. */
export async function refusedAs<T>(parameter: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof InvalidReference) throw new ImageError('InvalidParameter', { parameter }, { cause: error });
    if (error instanceof ImageAmbiguous)
      throw new ImageError('AmbiguousImage', { image: error.reference }, { cause: error });
    throw error;
  }
}
