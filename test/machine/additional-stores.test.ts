/** Images that podman has: used where they lie, and left alone. */
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import type { Image } from '../../src/api/io-berth-image.ts';
import { ServiceClient } from '../../src/api/io-systemd-service.ts';
import { Berth } from './berth.ts';
import { IMAGES } from './images.ts';
import { leaks } from './leaks.ts';
import { useMachine } from './use-machine.ts';

const machine = useMachine();
let berth: Berth;

/** On the disk that overlayfs can be put on. */
const STORE = '/var/lib/berth/podman';
const CONFIGURATION = '/etc/berth/berth.conf';
const podman = (...args: readonly string[]): string[] => [
  ...`podman --root ${STORE} --runroot /run/podman-test --storage-driver overlay`.split(' '),
  ...args,
];
const NAME = 'berth.test/config:latest';
const configure = async (text: string): Promise<void> => {
  await machine.sh(`mkdir -p /etc/berth; cat >${CONFIGURATION}`, { input: text });
  await new ServiceClient(berth.client).reload();
};
const imagesThere = async (): Promise<Image[]> => {
  const images: Image[] = [];
  for await (const { image } of berth.images.list()) if (image !== undefined) images.push(image);
  return images;
};
const podmans = async (): Promise<Image> => {
  const found = (await imagesThere()).find(({ store }) => store === STORE);
  if (found === undefined) throw new Error('podman’s image is not listed');
  return found;
};

beforeAll(async () => {
  berth = await Berth.connect(machine);
  for (const { id } of await imagesThere()) await berth.images.remove({ image: id });
  await machine.check(podman('load', '--quiet', '--input', `${IMAGES}/config.docker.tar`), { timeoutMs: 60_000 });
});
beforeEach(async () => {
  await configure(`[Daemon]\nAdditionalImageStores=/nowhere ${STORE}\n`);
});
afterEach(async () => {
  await berth.removeAll();
  expect(await leaks(machine)).toEqual([]);
});
afterAll(async () => {
  await configure('');
  await machine.check(['rm', CONFIGURATION]);
  await machine.check(podman('rmi', '--all', '--force'));
  await machine.sh(`umount ${STORE}/overlay 2>/dev/null || true; rm -rf ${STORE}`);
  await berth[Symbol.asyncDispose]();
});

it('are listed from the moment at which berthd is told of them, as what they are', async () => {
  expect(await podmans()).toMatchObject({ names: [NAME], readOnly: true });
  expect(await berth.system.getInfo()).toMatchObject({ additionalStorageDirectories: ['/nowhere', STORE] });
  await configure('');
  expect(await imagesThere()).toEqual([]);
});

it('are what containers run, without a copy', async () => {
  const { id } = await berth.containers.create({
    configuration: { image: NAME, name: 'a-runs', entrypoint: [], command: ['sh', '-c', 'echo "$GREETING"; id -un'] },
  });
  await berth.containers.start({ container: id });
  expect(await berth.wait('a-runs')).toMatchObject({ exitCode: 0 });
  expect((await berth.lines('a-runs')).map(({ message }) => message)).toEqual(['hello world', 'app']);
  expect((await berth.containers.inspect({ container: id })).configuration.image).toBe(NAME);
  expect((await imagesThere()).map(({ store }) => store)).toEqual([STORE]);
});

it('cannot be named or removed, and say so', async () => {
  const refusal = { error: 'io.berth.Image.ImageReadOnly', parameters: { image: NAME, store: STORE } };
  await expect(berth.images.remove({ image: NAME })).rejects.toMatchObject(refusal);
  await expect(berth.images.tag({ image: NAME, name: 'other' })).rejects.toMatchObject(refusal);
  for await (const { id } of berth.images.prune({ all: true })) expect(id).toBeUndefined();
  expect(await podmans()).toMatchObject({ names: [NAME] });
  const cli = await machine.exec(['berth', 'rmi', NAME]);
  expect([cli.code, cli.stderr.toString()]).toEqual([125, expect.stringContaining('belongs to another program')]);
  expect((await machine.check(['berth', 'images'])).text()).toMatch(/R\/O\n.*berth\.test\/config.*yes/);
});

it('can be saved, and be had in the own store beside them: that one is meant then', async () => {
  await berth.images.save({ images: [NAME], path: '/run/saved.tar' });
  await configure('');
  const { images } = await berth.images.load({ path: '/run/saved.tar', name: NAME });
  await machine.check(['rm', '/run/saved.tar']);
  await configure(`[Daemon]\nAdditionalImageStores=${STORE}\n`);
  expect((await berth.images.inspect({ image: NAME })).image).toMatchObject({
    id: images[0]?.image.id,
    readOnly: false,
  });
  await berth.images.remove({ image: NAME });
  expect((await berth.images.inspect({ image: NAME })).image).toEqual(await podmans());
});
