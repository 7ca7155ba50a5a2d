import type { Image } from '../../storage/images.ts';
import type { ImagePorts } from '../ports.ts';

export interface PruneOptions {
  readonly which: 'nameless' | 'all';
}

/** Removes the images of berth's own store that nothing is made of, and hands out each ID when the image is gone. */
export async function* prune(
  ports: ImagePorts,
  { which }: PruneOptions,
  signal: AbortSignal,
): AsyncGenerator<string, void> {
  for (const { id } of await ports.store.list(signal)) {
    if (await isPruned(ports, id, which, signal)) yield id;
  }
}

/** Looks at the image again when its turn has come. */
async function isPruned(
  { store, lane, users, holds }: ImagePorts,
  id: string,
  which: PruneOptions['which'],
  signal: AbortSignal,
): Promise<boolean> {
  return await lane.run('names', async () => {
    const image = await store.get(id, signal);
    if (image === undefined || !isCandidate(image, which)) return false;
    if (users.of(id).length > 0 || holds.isHeld(id)) return false;
    await holds.removing(id, async () => {
      await store.delete(id, signal);
    });
    return true;
  });
}

const isCandidate = ({ names, readOnly }: Image, which: PruneOptions['which']): boolean =>
  !readOnly && (names.length === 0 || which === 'all');
