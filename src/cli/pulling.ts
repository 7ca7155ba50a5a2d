import { ImageClient, type Image, type PullInput } from '../api/io-berth-image.ts';
import { ProtocolViolation } from '../varlink/errors.ts';
import type { Context } from './command.ts';
import { pullDisplayFor } from './output/pull-display.ts';

/** Pulls an image and shows how far it is, on standard error. @throws VarlinkError as Pull does */
export async function pullImage(input: PullInput, display: 'shown' | 'quiet', context: Context): Promise<Image> {
  let pulled: Image | undefined;
  {
    await using shown = display === 'quiet' ? undefined : pullDisplayFor(input.image, context);
    for await (const { progress, image } of new ImageClient(context.berthd).pullMore(input)) {
      if (progress !== undefined) await shown?.show(progress);
      pulled = image;
    }
  }
  if (pulled === undefined) throw new ProtocolViolation('the pull ended without an image');
  return pulled;
}
