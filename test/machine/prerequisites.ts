/** The programs of the host that test machines need; what is missing is installed from Debian. */
import { accessSync, constants } from 'node:fs';
import { join } from 'node:path';
import { PATH } from './cache.ts';
import { check } from './process.ts';

/** Program → package. */
type Programs = Readonly<Record<string, string>>;

const MACHINE: Programs = {
  mmdebstrap: 'mmdebstrap',
  'systemd-nspawn': 'systemd-container',
  nsenter: 'util-linux',
  flock: 'util-linux',
  mount: 'mount',
  'dpkg-deb': 'dpkg',
  strip: 'binutils',
};
const EMULATOR: Programs = { 'qemu-system-x86_64': 'qemu-system-x86', mke2fs: 'e2fsprogs', unshare: 'util-linux' };

/** What machines in namespaces need. @throws Error when this is not root on a machine with apt */
export async function ensurePrerequisites(): Promise<void> {
  await ensureInstalled(MACHINE);
}

/** What a machine with a kernel of its own needs. @throws Error as above, and where packages cannot be had */
export async function ensureEmulator(): Promise<void> {
  await ensureInstalled(EMULATOR);
}

async function ensureInstalled(programs: Programs): Promise<void> {
  if (process.getuid?.() !== 0) {
    throw new Error('test machines need root: they mount, make namespaces, and boot systemd in them');
  }
  const missing = Object.entries(programs).filter(([program]) => !isInstalled(program));
  if (missing.length === 0) return;
  if (!isInstalled('apt-get')) {
    const names = missing.map(([program]) => program).join(', ');
    throw new Error(`test machines need ${names}, and this is no Debian that could install them`);
  }
  const packages = [...new Set(missing.map(([, name]) => name))];
  process.stderr.write(`berth: installing ${packages.join(' ')}\n`);
  const env = { PATH, LANG: 'C.UTF-8', DEBIAN_FRONTEND: 'noninteractive' };
  await check(['apt-get', 'update', '-qq'], { env, timeoutMs: 300_000 });
  const install = ['apt-get', 'install', '-y', '-qq', '--no-install-recommends', ...packages];
  await check(install, { env, timeoutMs: 600_000 });
}

function isInstalled(program: string): boolean {
  return PATH.split(':').some((folder) => {
    try {
      accessSync(join(folder, program), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}
