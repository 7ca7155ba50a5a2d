#!/bin/sh
# Runs a test machine as long as its standard input is open: supervisor.sh FOLDER NAME INIT ARGUMENTS…
#
# FOLDER is where the machine's file systems get mounted (in a mount namespace, so nothing shows outside), NAME the control
# group made for it, INIT the script that becomes process 1 of its PID namespace. Whoever holds the other end of standard
# input may end in any way, kill -9 included: process 1 reads the end of file and goes, and with it, by the kernel's hand,
# go all processes and mounts. What is left then is the control group, which this script removes. If this script is killed
# too, the next machine's removes it: groups of this name without a process belong to nobody.
set -eu
folder=$1 name=$2 init=$3
shift 3

unified=$(findmnt --noheadings --first-only --types cgroup2 --output TARGET)
legacy=/sys/fs/cgroup/systemd # nspawn copies the tree there on a host with both hierarchies

remove() {
  for tree in "$unified" "$legacy"; do
    if [ -d "$tree/$1" ]; then
      find "$tree/$1" -depth -type d -exec rmdir {} + 2>/dev/null || true
    fi
  done
}

mkdir -p "$folder"
exec 9>"$folder.lock"
flock 9 # a group is empty until its first process is in it
for group in "$unified"/berth-test-*; do
  if grep -qs '^populated 0' "$group/cgroup.events"; then remove "${group##*/}"; fi
done
mkdir "$unified/$name"
echo "$$" >"$unified/$name/cgroup.procs"
exec 9>&-

status=0
unshare --mount --propagation private --pid --fork --kill-child --mount-proc sh "$init" "$folder" "$@" || status=$?
echo "$$" >"$unified/cgroup.procs"
remove "$name"
exit "$status"
