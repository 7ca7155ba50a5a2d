/** What berth may have left in a machine; a spec ends with `expect(await leaks(machine)).toEqual([])`. */
import type { Machine } from './machine.ts';

/**
 * One line for each thing found: its kind and its name. (What containers/storage keeps for itself, and crun's cache of compiled filters,
 * are not.) Of berthd's descriptors, what an idle one has is left out; so are sockets, since nobody here can see whose clients are there.
 */
const SEARCH = `
systemctl list-units --all --plain --no-legend --full 'berth-*' | awk '{ print "unit " $1 " " $3 }'
awk '$2 ~ "^/(var/lib|run)/berth/" && $2 != "/var/lib/berth/storage/overlay" { print "mount " $2 }' /proc/self/mounts
ps -eo pid=,comm=,args= | awk '$2 ~ /^(crun|runc|conmon|netavark|criu|skopeo|fuse-overlayfs)/ { print "process " $0 }'
if [ -d /sys/fs/cgroup/berth.slice ]; then
  find /sys/fs/cgroup/berth.slice -mindepth 1 -type d | sed 's/^/control group /'
fi
find /run/berth -mindepth 1 ! -path /run/berth/io.berth ! -path '/run/berth/storage/*' ! -path '*/.cache/seccomp/*' \\
  ! -path /run/berth/networks/lock ! -path '/run/berth/dns/*' ! -path '/run/berth/netavark/firewall/firewall-*' \\
  ! -path '/run/berth/netavark/*aardvark.*' \\( -type f -o -type s \\) |
  sed 's/^/file /'
ls /run/crun /run/runc 2>/dev/null | grep -v -e '^/run/' -e '^$' | sed 's/^/runtime record /' || true
berthd=$(systemctl show --property=MainPID --value berthd.service)
if [ "$berthd" != 0 ]; then
  find "/proc/$berthd/fd" -type l -printf '%l\\n' | awk '
    BEGIN { most["pipe"] = 8; most["/usr/lib/berth/berthd"] = 1; most["/dev/null"] = 3; most["inotify"] = 2; most["runtime"] = 2 }
    /^socket:/ || /^anon_inode:\\[?(eventfd|eventpoll|io_uring)/ || /^\\/var\\/lib\\/berth\\/berth\\.db/ { next }
    { kind = $0 }
    /^pipe:/ { sub(/:.*/, "", kind) }
    /^anon_inode:/ { gsub(/^anon_inode:|[][]/, "", kind) }
    /^\\/memfd:/ { kind = /^\\/memfd:(crun|runc)/ ? "runtime" : "memfd" }
    { count[kind]++ }
    END { for (kind in count) if (count[kind] > most[kind]) print "descriptors of berthd " kind " " count[kind] }'
fi
find /var/lib/berth/volumes -mindepth 1 -maxdepth 1 -name '.*' 2>/dev/null | sed 's/^/half a volume /'
ip netns list | grep '^berth-' | sed 's/^/network namespace /'
ip -o link | awk -F': ' '$2 ~ /^(berth|veth)/ { print "interface " $2 }'
nft list ruleset | grep -o 'nv_[0-9a-f]*_[^ ]*' | sort -u | sed 's/^/chain /'
`;

/** The machine's own tests run as berth-test-*.service; berth-dns.service goes by itself, a moment after the last container. */
const OURS = /^unit berth-(?:test-|dns\.service)/;

/** @param kept lines that match are no leaks: what was there before, say, or is meant to stay */
export async function leaks(machine: Pick<Machine, 'sh'>, kept?: RegExp): Promise<string[]> {
  const { stdout } = await machine.sh(SEARCH);
  const lines = stdout.toString().split('\n');
  return lines.filter((line) => line !== '' && !OURS.test(line) && kept?.test(line) !== true);
}
