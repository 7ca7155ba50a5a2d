#!/bin/sh
# Makes the test images in /srv/images; runs in the root of a test machine, without a network (see images.ts).
set -eu
umask 022
export SOURCE_DATE_EPOCH=1767225600 # 2026-01-01: the images are the same wherever they are built
out=/srv/images
mkdir -p "$out/oci" /tmp/work
cd /tmp/work

# layer NAME: packs the folder ./NAME, as a layer on top of the image in $image
layer() {
  find "$1" -exec touch --no-dereference --date "@$SOURCE_DATE_EPOCH" {} +
  tar --create --file "$1.tar" --directory "$1" --sort=name --numeric-owner \
    --format=posix --pax-option=delete=atime,delete=ctime .
  umoci raw add-layer --image "$image" --history.created_by "$1" --history.created 2026-01-01T00:00:00Z "$1.tar"
}

configure() {
  umoci config --image "$image" --created 2026-01-01T00:00:00Z --no-history --author berth "$@"
}

# --- plain: busybox, a user, and what programs expect to find
base() {
  mkdir -p base/bin base/etc base/proc base/sys base/dev base/root base/tmp base/var/tmp base/home/app base/usr
  cp /bin/busybox base/bin/busybox
  for applet in $(busybox --list); do
    [ "$applet" = busybox ] || ln -s busybox "base/bin/$applet"
  done
  ln -s ../bin base/usr/bin
  cat >base/etc/passwd <<'END'
root:x:0:0:root:/root:/bin/sh
nobody:x:65534:65534:nobody:/:/bin/false
app:x:1000:1000:app:/home/app:/bin/sh
END
  cat >base/etc/group <<'END'
root:x:0:
nogroup:x:65534:
app:x:1000:
extra:x:2000:app
END
  echo '127.0.0.1 localhost' >base/etc/hosts
  echo 'berth test image' >base/etc/motd
  : >base/etc/resolv.conf
  chmod 1777 base/tmp base/var/tmp
  chmod 0700 base/root
  chown 1000:1000 base/home/app
}
base

new_image() {
  umoci init --layout "$out/oci/$1"
  image=$out/oci/$1:latest
  umoci new --image "$image"
  layer base
}

new_image plain
configure --config.cmd /bin/sh --config.env PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin

# --- layers: what must hold after all of them is listed in /expected
new_image layers
mkdir -p one/tree/opaque/sub one/tree/kept one/tree/modes
echo gone >one/tree/whited-out
echo first >one/tree/replaced
echo hidden >one/tree/opaque/hidden
echo hidden >one/tree/opaque/sub/hidden
echo kept >one/tree/kept/file
echo modes >one/tree/modes/file
echo linked >one/tree/link-target
ln one/tree/link-target one/tree/hard-link
ln one/tree/link-target one/tree/hard-link-two
ln -s link-target one/tree/symbolic-link
ln -s /tree/kept one/tree/to-folder
mkdir one/tree/becomes-file && echo x >one/tree/becomes-file/x
echo x >one/tree/becomes-folder
chmod 4755 one/tree/modes/file
chmod 0700 one/tree/modes
layer one

mkdir -p two/tree/modes two/tree/opaque
: >two/tree/.wh.whited-out
: >two/tree/opaque/.wh..wh..opq
echo shown >two/tree/opaque/shown
echo second >two/tree/replaced
chmod 2750 two/tree/modes # the folder's mode changes, its file stays
chown 1000:1000 two/tree/modes
layer two

mkdir -p three/tree/becomes-folder
echo file >three/tree/becomes-file
echo inside >three/tree/becomes-folder/inside
echo changed >three/tree/hard-link # breaks the link; the other name keeps what it had
mkfifo three/tree/pipe
printf 'name with spaces\n' >'three/tree/with spaces and ünïcode'
layer three

mkdir -p four/tree
echo third >four/tree/replaced
: >four/tree/.wh.kept
mkdir -p four/tree/again
cat >four/expected <<'END'
/tree 755 0:0 directory
/tree/again 755 0:0 directory
/tree/becomes-file 644 0:0 regular file
/tree/becomes-folder 755 0:0 directory
/tree/becomes-folder/inside 644 0:0 regular file
/tree/hard-link 644 0:0 regular file
/tree/hard-link-two 644 0:0 regular file
/tree/link-target 644 0:0 regular file
/tree/modes 2750 1000:1000 directory
/tree/modes/file 4755 0:0 regular file
/tree/opaque 755 0:0 directory
/tree/opaque/shown 644 0:0 regular file
/tree/pipe 644 0:0 fifo
/tree/replaced 644 0:0 regular file
/tree/symbolic-link 777 0:0 symbolic link
/tree/to-folder 777 0:0 symbolic link
/tree/with spaces and ünïcode 644 0:0 regular file
END
layer four
configure --config.cmd /bin/sh --config.env PATH=/bin

# --- config: every setting; SIGUSR1 ends it with 42, and it says first what it was given
new_image config
mkdir -p settings/usr/local/bin settings/srv/app settings/data
cat >settings/usr/local/bin/entry <<'END'
#!/bin/sh
trap 'echo stopped; exit 42' USR1
echo "arguments: $*"
echo "pwd: $(pwd)"
echo "id: $(id -u):$(id -g) $(id -G)"
env | sort
echo ready
if [ "$1" = exit ]; then exit "$2"; fi
while :; do
  sleep 86400 &
  wait
done
END
chmod 0755 settings/usr/local/bin/entry
echo original >settings/data/file
chown -R 1000:1000 settings/srv/app settings/data
layer settings
configure --config.user app --config.entrypoint /usr/local/bin/entry --config.cmd default --config.cmd arguments \
  --config.env PATH=/usr/local/bin:/bin --config.env GREETING='hello world' --config.env EMPTY= \
  --config.workingdir /srv/app --config.stopsignal SIGUSR1 --config.volume /data \
  --config.label berth.test=yes --config.label 'description=a label, with = and spaces' --config.exposedports 8080/tcp

for name in plain layers config; do
  umoci gc --layout "$out/oci/$name"
  skopeo copy --quiet --insecure-policy "oci:$out/oci/$name:latest" "oci-archive:$out/$name.oci.tar:latest"
  skopeo copy --quiet --insecure-policy "oci:$out/oci/$name:latest" \
    "docker-archive:$out/$name.docker.tar:berth.test/$name:latest"
done
