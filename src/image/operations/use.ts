import { orAborted } from '../../lib/or-aborted.ts';
import type { Image } from '../../storage/images.ts';
import { demandImage } from '../demand-image.ts';
import type { ImagePorts } from '../ports.ts';

/** What is going to be made of an image. */
export interface Use {
  readonly image: string;
  /** Where the client gave the image. */
  readonly parameter: string;
  /** Its name. */
  readonly user: string;
}

/**
 * Runs `work` with an image that stays until `work` has ended; from then on it has to be among the users.
 * @throws ImageError `NoSuchImage` | `AmbiguousImage` | `InvalidParameter`; what `work` throws
 */
export async function use<T>(
  ports: Pick<ImagePorts, 'store' | 'holds'>,
  { image: reference, parameter, user }: Use,
  work: (image: Image) => Promise<T>,
  signal: AbortSignal,
): Promise<T> {
  const { holds } = ports;
  for (;;) {
    const { removed } = holds;
    const { image } = await demandImage(ports, reference, parameter, signal);
    const removal = holds.removalOf(image.id);
    if (removal !== undefined) await orAborted(removal, signal);
    else if (holds.removed === removed) {
      using _hold = holds.hold(image.id, user);
      return await work(image);
    }
  }
}
