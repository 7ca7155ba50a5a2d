#!/bin/sh
# Runs in a Debian root that is to boot without a host: a kernel, and a way in (see kernel.ts).
set -eu
export DEBIAN_FRONTEND=noninteractive
export INITRD=No # this kernel has the driver of the disk and its file system built in
apt-get update -qq
apt-get install -y -qq --no-install-recommends linux-image-cloud-amd64
apt-get clean
rm -f /var/lib/apt/lists/*_dists_* /etc/resolv.conf

cd /etc/systemd/system
# The emulator's network: it forwards the ports below from the host.
cat >machine-network.service <<'END'
[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=modprobe virtio_net
ExecStart=ip address add 10.0.2.15/24 dev eth0
ExecStart=ip link set eth0 up
END
# Runs the shell script that comes over a connection, and says how it ended in the last line.
cat >machine-shell.socket <<'END'
[Socket]
ListenStream=1001
Accept=yes
MaxConnections=16
END
cat >machine-shell@.service <<'END'
[Unit]
CollectMode=inactive-or-failed
[Service]
ExecStart=sh -c 'script="$$(cat)"; code=0; sh -euc "$$script" </dev/null 2>&1 || code=$$?; echo; echo "$$code"'
StandardInput=socket
StandardOutput=socket
StandardError=journal
END
# berth's socket.
cat >machine-berth.socket <<'END'
[Socket]
ListenStream=1002
END
cat >machine-berth.service <<'END'
[Service]
ExecStart=/usr/lib/systemd/systemd-socket-proxyd /run/berth/io.berth
END
for unit in machine-network.service machine-shell.socket machine-berth.socket; do
  ln -s "../$unit" multi-user.target.wants/
done

# Nothing here depends on devices that come and go, and an emulated processor takes seconds for each of these.
for unit in systemd-udevd.service systemd-udevd-kernel.socket systemd-udevd-control.socket systemd-udev-trigger.service \
  systemd-udev-load-credentials.service systemd-udev-settle.service serial-getty@ttyS0.service getty.target \
  systemd-logind.service systemd-user-sessions.service systemd-binfmt.service proc-sys-fs-binfmt_misc.automount \
  systemd-random-seed.service systemd-ask-password-console.path systemd-ask-password-wall.path \
  systemd-journal-flush.service e2scrub_reap.service polkit.service systemd-hostnamed.socket systemd-pstore.service \
  systemd-tpm2-setup.service systemd-tpm2-setup-early.service kmod-static-nodes.service \
  systemd-tmpfiles-setup-dev.service systemd-tmpfiles-setup-dev-early.service; do
  ln -sf /dev/null "$unit"
done
