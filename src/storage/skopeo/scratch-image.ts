/**
 * An image of nothing, whose only use is to take a name away from another one: skopeo moves names and deletes images with
 * all of their names, but it cannot take one name off. So the name moves to this image, and this image is deleted.
 */
import { createHash, randomUUID } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** The label of such an image; one that is found was left by a berthd that died between the two steps. */
export const SCRATCH_LABEL = 'io.berth.scratch';

/** Writes an image layout with such an image, unlike any other, into an empty folder. */
export async function writeScratchImage(folder: string): Promise<void> {
  const blobs = join(folder, 'blobs/sha256');
  await mkdir(blobs, { recursive: true });
  const put = async (mediaType: string, content: object): Promise<object> => {
    const text = JSON.stringify(content);
    const hash = createHash('sha256').update(text).digest('hex');
    await writeFile(join(blobs, hash), text);
    return { mediaType, digest: `sha256:${hash}`, size: text.length };
  };
  const config = await put('application/vnd.oci.image.config.v1+json', {
    architecture: 'unknown',
    os: 'unknown',
    config: { Labels: { [SCRATCH_LABEL]: randomUUID() } },
    rootfs: { type: 'layers', diff_ids: [] },
  });
  const mediaType = 'application/vnd.oci.image.manifest.v1+json';
  const manifest = await put(mediaType, { schemaVersion: 2, mediaType, config, layers: [] });
  await writeFile(join(folder, 'oci-layout'), '{"imageLayoutVersion":"1.0.0"}');
  await writeFile(join(folder, 'index.json'), JSON.stringify({ schemaVersion: 2, manifests: [manifest] }));
}
