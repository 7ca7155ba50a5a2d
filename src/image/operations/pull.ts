import type { PullEvent, PullOptions } from '../../storage/images.ts';
import { InvalidReference } from '../../storage/errors.ts';
import { ImageError } from '../errors.ts';
import type { ImagePorts } from '../ports.ts';

/**
 * Brings an image from a registry. Prune leaves it alone until it has its name.
 * @throws ImageError `InvalidParameter`; PullFailed
 */
export async function* pull(
  { store, holds }: Pick<ImagePorts, 'store' | 'holds'>,
  reference: string,
  options: Omit<PullOptions, 'arriving'>,
  signal: AbortSignal,
): AsyncGenerator<PullEvent, void> {
  using held = new DisposableStack();
  const arriving = (id: string): void => {
    held.use(holds.hold(id, undefined));
  };
  try {
    yield* store.pull(reference, { ...options, arriving }, signal);
  } catch (error) {
    if (!(error instanceof InvalidReference)) throw error;
    throw new ImageError('InvalidParameter', { parameter: 'image' }, { cause: error });
  }
}
