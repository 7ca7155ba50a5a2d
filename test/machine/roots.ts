/**
 * The root file systems that test machines boot from: Debian as it comes, with the packages that berth meets in the field.
 * Built by mmdebstrap from Debian's mirror (`$BERTH_MIRROR` for another one); about 40 s, once.
 */
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { cacheKey, cached, PATH } from './cache.ts';
import { ensurePrerequisites } from './prerequisites.ts';
import { check } from './process.ts';

/** Debian 13 is the reference, bookworm the oldest systemd that berth runs on, forky the look ahead. */
export type RootName = 'trixie' | 'bookworm' | 'forky';

const PACKAGES = [
  // the system
  ...'systemd systemd-sysv dbus dbus-user-session libpam-systemd polkitd'.split(' '),
  ...'iproute2 procps util-linux mount jq socat ca-certificates'.split(' '),
  // what berth drives
  ...'crun libcriu2 runc criu skopeo umoci netavark aardvark-dns nftables'.split(' '),
  ...'golang-github-containers-common containers-storage'.split(' '),
  // what berth is compared and used with
  ...'podman conmon catatonit docker-registry python3-varlink busybox-static'.split(' '),
];

/** Its crun does not checkpoint. */
const NOT_IN_BOOKWORM = ['libcriu2', 'python3-varlink'];

/** Not of interest here, and slow, noisy or reaching for the network when they start. */
const MASKED = [
  ...'apt-daily.timer apt-daily-upgrade.timer dpkg-db-backup.timer e2scrub_all.timer fstrim.timer'.split(' '),
  ...'man-db.timer logrotate.timer systemd-tmpfiles-clean.timer podman-auto-update.timer'.split(' '),
  ...'console-getty.service getty@tty1.service getty-static.service docker-registry.service'.split(' '),
  ...'podman.service podman.socket podman-restart.service podman-auto-update.service e2scrub_reap.service'.split(' '),
  ...'netavark-dhcp-proxy.socket netavark-dhcp-proxy.service nftables.service firewalld.service'.split(' '),
  ...'systemd-modules-load.service modprobe@.service systemd-networkd.service systemd-timesyncd.service'.split(' '),
];

/**
 * Says on the console how the boot ended, once nothing is left to start. Not part of any target's job: the machine would
 * wait for itself.
 */
const READY_UNIT = `[Unit]
Description=Tells the tests that the machine is up
[Service]
ExecStart=sh -c 'echo "berth-test: $$(systemctl is-system-running --wait)"'
StandardOutput=tty
StandardError=journal
TTYPath=/dev/console
`;

const SUITES: Record<RootName, { packages: readonly string[]; options: readonly string[] }> = {
  trixie: { packages: PACKAGES, options: [] },
  bookworm: { packages: PACKAGES.filter((name) => !NOT_IN_BOOKWORM.includes(name)), options: [] },
  // A mirror may lag behind a moving suite: its old Release file is good enough, a missing package is not.
  forky: { packages: PACKAGES, options: ['--aptopt=Acquire::Check-Valid-Until "false"'] },
};

const OPTIONS = [
  '--variant=minbase',
  '--components=main',
  '--dpkgopt=force-unsafe-io',
  '--aptopt=Acquire::Languages "none"',
  '--aptopt=Acquire::Retries "3"',
  '--dpkgopt=path-exclude=/usr/share/man/*',
  '--dpkgopt=path-exclude=/usr/share/locale/*',
  '--dpkgopt=path-exclude=/usr/share/info/*',
];

/** Runs in the new root, as the last step. */
const FINISH = `set -eu
cd /etc/systemd/system
cat >berth-test-ready.service <<'END'
${READY_UNIT}END
mkdir -p multi-user.target.wants
ln -s ../berth-test-ready.service multi-user.target.wants/
for unit in ${MASKED.join(' ')}; do ln -sf /dev/null "$unit"; done
ln -sf /lib/systemd/system/multi-user.target default.target
mkdir -p /var/log/journal /var/lib/berth /srv/images
: >/etc/machine-id
echo berth-test >/etc/hostname
`;

/** A suite that moves, or a mirror that is away: no fault of what is tested. */
export class RootUnavailable extends Error {
  override readonly name = 'RootUnavailable';

  constructor(name: RootName, cause: unknown) {
    super(`no Debian ${name} root can be built: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
  }
}

const recipeOf = (name: RootName): readonly unknown[] => [OPTIONS, SUITES[name], FINISH];

/** A name for the root that changes when its recipe does. */
export const rootKey = (name: RootName): string => cacheKey(name, recipeOf(name));

/**
 * The folder of a root, built when it is not there. Nobody may write to it.
 * @throws RootUnavailable when mmdebstrap cannot build it
 */
export async function rootOf(name: RootName): Promise<string> {
  const { packages, options } = SUITES[name];
  const folder = await cached(rootKey(name), async (partial) => {
    await ensurePrerequisites();
    process.stderr.write(`berth: building a Debian ${name} root for test machines (once, about a minute)\n`);
    const mirror = process.env['BERTH_MIRROR'];
    const argv = [
      ...'unshare --mount --pid --fork --kill-child --mount-proc mmdebstrap'.split(' '), // no mount, no process stays
      ...OPTIONS,
      ...options,
      `--include=${packages.join(',')}`,
      `--customize-hook=chroot "$1" sh -c '${FINISH.replaceAll("'", String.raw`'\''`)}'`,
      name,
      join(partial, 'root'),
      ...(mirror === undefined ? [] : [mirror]),
    ];
    const env = { PATH, LANG: 'C.UTF-8', DEBIAN_FRONTEND: 'noninteractive' };
    await check(argv, { env, timeoutMs: 15 * 60_000 }).catch((error: unknown) => {
      throw new RootUnavailable(name, error);
    });
    await rm(join(partial, 'root/etc/resolv.conf'), { force: true });
  });
  return join(folder, 'root');
}
