#!/bin/sh
# A test machine with a kernel of its own, as long as standard input is open: qemu.sh FOLDER ROOT LAYER IMAGES DEB QEMU…
#
# Its disk is a copy of ROOT with LAYER (the kernel and what comes with it) and DEB on it, and IMAGES. The disk is a file without a
# name in FOLDER that QEMU finds as /dev/fd/9, and what it is copied from lies on a tmpfs of this mount namespace. As process 1 of
# a PID namespace this script takes the emulator with it: nothing is left of any of them, however this ends.
set -eu
folder=$1 root=$2 layer=$3 images=$4 deb=$5
shift 5

disk=$(mktemp "$folder/.qemu-XXXXXX")
exec 8<&0 9<>"$disk" </dev/null
rm "$disk"

# The end of standard input ends the machine, whatever state it is in.
{
  cat <&8 >/dev/null
  kill -KILL -1
} &
exec 8<&-

mount -t tmpfs -o mode=0755 berth-test /mnt
mkdir /mnt/upper /mnt/work /mnt/root
mount -t overlay -o "lowerdir=$layer:$root,upperdir=/mnt/upper,workdir=/mnt/work" overlay /mnt/root
mount -t proc proc /mnt/root/proc
cp "$deb" /mnt/root/berth.deb
chroot /mnt/root dpkg --force-unsafe-io --install /berth.deb
rm /mnt/root/berth.deb
umount /mnt/root/proc
cp -a "$images/." /mnt/root/srv/images/
touch /mnt/root/etc/.updated /mnt/root/var/.updated # systemd has nothing to do again because /usr is newer
mke2fs -q -F -t ext4 -O ^has_journal -m 0 -d /mnt/root /dev/fd/9 4G
cp "$layer"/boot/vmlinuz-* /mnt/kernel
umount /mnt/root

"$@" -kernel /mnt/kernel
