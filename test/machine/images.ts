/**
 * The images that tests run, made offline in the test machines' root from its busybox-static, with umoci and skopeo.
 *
 * In the machine they lie in IMAGES, three forms of each: `oci/NAME` (a layout folder, tag `latest`), `NAME.oci.tar` (oci-archive) and
 * `NAME.docker.tar` (docker-archive, named `berth.test/NAME:latest`).
 */
import { mkdir } from 'node:fs/promises';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { cacheKey, cached, PATH } from './cache.ts';
import { check } from './process.ts';
import { rootKey, rootOf } from './roots.ts';

/** `plain` is busybox; `layers` has every trick a layer knows; `config` has every setting an image has. */
export type ImageName = 'plain' | 'layers' | 'config';

/** Where the machine sees the images, read-only. */
export const IMAGES = '/srv/images';

/** What skopeo calls an image of the machine. */
export const imageReference = {
  layout: (name: ImageName): string => `oci:${IMAGES}/oci/${name}:latest`,
  ociArchive: (name: ImageName): string => `oci-archive:${IMAGES}/${name}.oci.tar`,
  dockerArchive: (name: ImageName): string => `docker-archive:${IMAGES}/${name}.docker.tar`,
} as const;

const SCRIPT = join(import.meta.dirname, 'images.sh');

/** The host's folder of the images, built when it is not there. */
export async function imagesFolder(): Promise<string> {
  const folder = await cached(cacheKey('images', [rootKey('trixie'), readFileSync(SCRIPT, 'utf8')]), buildIn);
  return join(folder, 'images');
}

async function buildIn(partial: string): Promise<void> {
  const root = await rootOf('trixie');
  await mkdir(join(partial, 'images'));
  const enter = `set -eu
    mount -t tmpfs tmpfs /mnt
    mkdir /mnt/upper /mnt/work /mnt/root
    mount -t overlay -o "lowerdir=$1,upperdir=/mnt/upper,workdir=/mnt/work" overlay /mnt/root
    mount --bind "$2" /mnt/root/srv/images
    mount -t tmpfs tmpfs /mnt/root/tmp
    mount --bind /dev /mnt/root/dev
    mount -t proc proc /mnt/root/proc
    exec chroot /mnt/root sh -eu -s`;
  const unshare = 'unshare --mount --propagation private --pid --fork --kill-child --mount-proc'.split(' ');
  const argv = [...unshare, 'sh', '-c', enter, 'sh', root, join(partial, 'images')];
  const env = { PATH, HOME: '/root', LANG: 'C.UTF-8' };
  await check(argv, { env, input: readFileSync(SCRIPT, 'utf8'), timeoutMs: 300_000 });
}
