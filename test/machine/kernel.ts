/**
 * What makes of the test machines' root one that boots by itself: Debian's kernel for virtual machines, and two ports that let
 * the tests in. Kept as a layer to lay over the root; from Debian's mirror, about 10 s, once.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { cacheKey, cached, PATH } from './cache.ts';
import { check } from './process.ts';
import { rootKey, rootOf } from './roots.ts';

/** Ports of the machine: one runs a shell script, one is berth's socket. */
export const SHELL_PORT = 1001;
export const BERTH_PORT = 1002;

const SCRIPT = join(import.meta.dirname, 'kernel.sh');
const ENTER = `set -eu
mount -t tmpfs tmpfs /mnt
mkdir /mnt/upper /mnt/work /mnt/root
mount -t overlay -o "lowerdir=$1,upperdir=/mnt/upper,workdir=/mnt/work" overlay /mnt/root
mount -t tmpfs tmpfs /mnt/root/tmp
mount --bind /dev /mnt/root/dev
mount -t proc proc /mnt/root/proc
cp /etc/resolv.conf /mnt/root/etc/
chroot /mnt/root sh -eu -s
umount /mnt/root/proc /mnt/root/dev /mnt/root/tmp
cp -a /mnt/upper "$2"`;

/** The folder of the layer over trixie's root, built when it is not there. @throws ProcessFailed when it cannot be */
export async function kernelLayer(): Promise<string> {
  const folder = await cached(
    cacheKey('kernel', [rootKey('trixie'), readFileSync(SCRIPT, 'utf8')]),
    async (partial) => {
      const root = await rootOf('trixie');
      process.stderr.write('berth: adding a kernel to the root for test machines (once, about ten seconds)\n');
      const unshare = 'unshare --mount --propagation private --pid --fork --kill-child --mount-proc'.split(' ');
      const argv = [...unshare, 'sh', '-c', ENTER, 'sh', root, join(partial, 'layer')];
      const env = { PATH, HOME: '/root', LANG: 'C.UTF-8' };
      await check(argv, { env, input: readFileSync(SCRIPT, 'utf8'), timeoutMs: 600_000 });
    },
  );
  return join(folder, 'layer');
}
