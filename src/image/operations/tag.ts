import { demandImage, demandWritable, refusedAs } from '../demand-image.ts';
import type { ImagePorts } from '../ports.ts';

/**
 * Gives an image another name, which it takes away from the image that has it.
 * @throws ImageError `NoSuchImage` | `AmbiguousImage` | `InvalidParameter` | `ImageReadOnly`
 */
export async function tag(ports: ImagePorts, reference: string, name: string, signal: AbortSignal): Promise<void> {
  await ports.lane.run('names', async () => {
    const { image } = await demandImage(ports, reference, 'image', signal);
    demandWritable(image, reference);
    await refusedAs('name', async () => await ports.store.tag(image.id, name, signal));
  });
}
