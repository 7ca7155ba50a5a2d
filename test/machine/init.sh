#!/bin/sh
# Process 1 of a test machine's outer namespaces: init.sh FOLDER ROOT [DEB…] -- NSPAWN-OPTIONS…
#
# Everything the machine writes lies on a tmpfs that only this mount namespace has: the upper layer over ROOT, and its
# /var/lib/berth, which must not be on an overlay, since overlays do not stack.
set -eu
folder=$1 root=$2
shift 2

mount -t tmpfs -o mode=0755 berth-test "$folder"
mkdir "$folder/upper" "$folder/work" "$folder/root" "$folder/data"
mount -t overlay -o "lowerdir=$root,upperdir=$folder/upper,workdir=$folder/work" overlay "$folder/root"

# The packages under test: the real dpkg, in the machine's root, as an installer does it before the first boot.
packages=''
while [ "$1" != -- ]; do
  cp "$1" "$folder/root/var/cache/apt/"
  packages="$packages /var/cache/apt/${1##*/}"
  shift
done
shift
if [ -n "$packages" ]; then
  # shellcheck disable=SC2086 # a list, and file names of our own
  mount -t proc proc "$folder/root/proc"
  chroot "$folder/root" dpkg --force-unsafe-io --install $packages </dev/null
  umount "$folder/root/proc"
  rm "$folder"/root/var/cache/apt/*.deb
fi

# The end of standard input ends the machine, whatever state it is in.
exec 8<&0
{
  cat <&8 >/dev/null
  kill -KILL -1
} &
exec 8<&- </dev/null
while :; do
  status=0
  systemd-nspawn --quiet --directory "$folder/root" --bind "$folder/data:/var/lib/berth" "$@" || status=$?
  [ "$status" -eq 133 ] || exit "$status" # 133: a reboot, which --keep-unit leaves to the caller
done
