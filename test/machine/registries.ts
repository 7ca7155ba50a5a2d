/** Registries in the test machine: Debian's docker-registry on loopback, bare and with everything a registry can ask for. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { IMAGES } from './images.ts';
import type { Machine } from './machine.ts';

/** Plain HTTP, open to all. */
export const OPEN = 'localhost:5000';
/** TLS by a certificate that nobody knows, and a password. */
export const GUARDED = 'localhost:5001';
export const USER = { username: 'ship', password: 'päss:word' } as const;
/** Has what OPEN has, and gets stuck in the middle of every large layer. */
export const STALLING = 'localhost:5002';
/** An image with a large layer. */
export const HEAVY = `${OPEN}/test/heavy:1`;

const START = `
mkdir -p /tmp/registries/certs
cd /tmp/registries
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=localhost \\
  -addext subjectAltName=DNS:localhost -keyout key.pem -out certs/ca.crt 2>/dev/null
printf '%s:%s\\n' "$USERNAME" "$(perl -e 'print crypt($ENV{PASSWORD}, q($2y$05$berthberthberthberthbe))')" >htpasswd
cat >open.yml <<END
version: 0.1
storage: {filesystem: {rootdirectory: /tmp/registries/open}}
http: {addr: "${OPEN}"}
END
cat >guarded.yml <<END
version: 0.1
storage: {filesystem: {rootdirectory: /tmp/registries/open}}
http: {addr: "${GUARDED}", tls: {certificate: /tmp/registries/certs/ca.crt, key: /tmp/registries/key.pem}}
auth: {htpasswd: {realm: test, path: /tmp/registries/htpasswd}}
END
for name in open guarded; do
  systemd-run --quiet --unit berth-test-registry-$name docker-registry serve /tmp/registries/$name.yml
done
push() { skopeo copy --quiet --retry-times 5 --dest-tls-verify=false "$1" "docker://${OPEN}/test/$2"; }
push oci:${IMAGES}/oci/plain:latest plain:1
push oci:${IMAGES}/oci/layers:latest layers:1
mkdir -p heavy/root
head -c 5000000 /dev/urandom >heavy/root/bytes
tar -C heavy/root -cf heavy/layer.tar bytes
umoci init --layout heavy/image
umoci new --image heavy/image:1
umoci raw add-layer --image heavy/image:1 heavy/layer.tar
push oci:/tmp/registries/heavy/image:1 heavy:1
rm -r heavy
cat >stalling.py
systemd-run --quiet --unit berth-test-registry-stalling python3 /tmp/registries/stalling.py 5002 5000
until skopeo inspect --tls-verify=false docker://${STALLING}/test/plain:1 >/dev/null 2>&1; do :; done
`;

export async function startRegistries(machine: Machine): Promise<void> {
  const input = readFileSync(join(import.meta.dirname, 'stalling-registry.py'));
  await machine.sh(START, { input, env: { USERNAME: USER.username, PASSWORD: USER.password } });
}

export async function stopRegistries(machine: Machine): Promise<void> {
  await machine.sh(`systemctl stop 'berth-test-registry-*'
    rm -rf /tmp/registries /etc/containers/certs.d /etc/containers/registries.conf.d/zz-berth-test.conf`);
}
