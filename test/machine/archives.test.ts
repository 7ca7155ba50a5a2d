/** Archives of several images and of several names, as docker and podman write and read them. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Berth } from './berth.ts';
import { IMAGES } from './images.ts';
import { useBerth } from './use-berth.ts';
import { useMachine } from './use-machine.ts';

const machine = useMachine();
let berth: Berth;
useBerth(machine, (connected) => {
  berth = connected;
});

const FOLDER = '/var/lib/berth/archives';
const PODMAN = 'podman --root /var/lib/berth/podman --runroot /run/podman-test --storage-driver overlay';
const sh = async (script: string): Promise<{ code: number | null; stdout: string; stderr: string }> => {
  const { code, stdout, stderr } = await machine.exec(['sh', '-c', `cd ${FOLDER}; ${script}`]);
  return { code, stdout: stdout.toString(), stderr: stderr.toString() };
};

/** What docker writes from version 25 on: both forms in one archive, and both images have the tag `latest`. */
const DOCKER_25 = `
  for name in plain layers; do
    skopeo copy --quiet --insecure-policy oci:${IMAGES}/oci/$name:latest oci:two:latest
    jq -c ".manifests[-1] | .annotations[\\"io.containerd.image.name\\"] = \\"docker.io/library/$name:latest\\"" two/index.json >>manifests
  done
  jq -s '{schemaVersion: 2, manifests: .}' manifests >two/index.json
  for digest in $(jq -r '.manifests[].digest[7:]' two/index.json); do
    jq -c '{Config: ("blobs/" + (.config.digest | sub(":"; "/"))), Layers: [.layers[].digest | "blobs/" + sub(":"; "/")]}' two/blobs/sha256/$digest
  done | jq -s '.[0].RepoTags = ["plain:latest"] | .[1].RepoTags = ["layers:latest"]' >two/manifest.json
  tar -C two -cf two.tar blobs index.json manifest.json oci-layout`;

beforeAll(async () => {
  await machine.sh(`rm -rf ${FOLDER}; mkdir ${FOLDER}; cd ${FOLDER}; ${DOCKER_25}`);
});
beforeEach(async () => {
  await berth.removeImages();
});
afterAll(async () => {
  await machine.sh(`${PODMAN} rmi --all --force; umount /var/lib/berth/podman/overlay 2>/dev/null || true
    rm -rf /var/lib/berth/podman ${FOLDER}`);
});

const NAMES = ['docker.io/library/plain:latest', 'docker.io/library/layers:latest'];
const PRINTED = NAMES.map((name) => `Loaded image: ${name}\n`).join('');

describe('load', () => {
  it.each(['berth load two.tar', 'berth load -i two', 'berth load <two.tar', 'cat two.tar | berth load'])(
    'takes every image, and not the first of a tag twice: %s',
    async (command) => {
      expect(await sh(command)).toEqual({ code: 0, stdout: PRINTED, stderr: '' });
      const ids = await sh('jq -r ".[].Config[13:]" two/manifest.json');
      const found = await Promise.all(NAMES.map(async (image) => (await berth.images.inspect({ image })).image.id));
      expect(found.join('\n')).toBe(ids.stdout.trim());
    },
  );

  it.each(['--tag latest', '--name one'])('stores nothing where %s is several images', async (option) => {
    expect(await sh(`berth load two.tar ${option}`)).toMatchObject({ code: 125, stdout: '' });
    for await (const { image } of berth.images.list()) expect(image).toBeUndefined();
  });

  it('takes one of several by its whole name', async () => {
    expect(await sh(`berth load -q --tag ${NAMES[1] ?? ''} two.tar`)).toEqual({
      code: 0,
      stdout: `${NAMES[1] ?? ''}\n`,
      stderr: '',
    });
  });
});

describe('save', () => {
  it.each(['oci-archive', 'docker-archive'])(
    'writes several images under the names that are given, as %s',
    async (format) => {
      await sh('berth load two.tar; berth tag plain localhost/a:1 localhost/a:2');
      const saved = await sh(`rm -f saved.tar; berth save --format ${format} a:2 layers a:1 >saved.tar`);
      expect(saved).toEqual({ code: 0, stdout: '', stderr: '' });
      await berth.removeImages();
      const printed = ['localhost/a:2', 'localhost/a:1', NAMES[1] ?? '']
        .map((name) => `Loaded image: ${name}\n`)
        .join('');
      expect(await sh('berth load saved.tar')).toEqual({ code: 0, stdout: printed, stderr: '' });
    },
  );

  it('writes what podman loads, and loads what podman writes', async () => {
    await sh('berth load two.tar');
    await sh('rm -f saved.tar; berth save --format docker-archive -o saved.tar plain layers');
    expect(await sh(`${PODMAN} load -q -i saved.tar`)).toMatchObject({ code: 0, stdout: PRINTED });
    await sh(`rm -f podman.tar; ${PODMAN} save -q -m -o podman.tar ${NAMES.join(' ')}`);
    await berth.removeImages();
    expect(await sh('berth load podman.tar')).toEqual({ code: 0, stdout: PRINTED, stderr: '' });
  });
});

it('rmi by a digest takes off that name, or those of the repository, and the image with its last', async () => {
  await sh('berth load two.tar; berth tag plain localhost/a:1 localhost/a:2');
  const { image } = await berth.images.inspect({ image: 'plain' });
  const store = 'containers-storage:[overlay@/var/lib/berth/storage+/run/berth/storage]';
  let byDigest = '';
  for (const digest of image.digests) {
    const name = `localhost/a@${digest}`;
    // Only the manifest as it is now can be copied under its digest.
    const copied = await sh(`skopeo copy --insecure-policy '${store}@${image.id}' '${store}${name}'`);
    if (copied.code === 0) byDigest = name;
  }
  const names = async (): Promise<readonly string[]> =>
    (await berth.images.inspect({ image: image.id })).image.names.toSorted();
  expect(await names()).toContain(byDigest);
  expect(await sh(`berth rmi ${byDigest}`)).toEqual({ code: 0, stdout: `${byDigest}\n`, stderr: '' });
  expect(await names()).toEqual([NAMES[0], 'localhost/a:1', 'localhost/a:2']);
  expect(await sh(`berth rmi ${byDigest}`)).toMatchObject({ code: 0 });
  expect(await names()).toEqual([NAMES[0]]);
  expect(await sh(`berth rmi plain@${image.digests[0] ?? ''}`)).toMatchObject({ code: 0 });
  await expect(berth.images.inspect({ image: image.id })).rejects.toMatchObject({
    error: 'io.berth.Image.NoSuchImage',
  });
});
