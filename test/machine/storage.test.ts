/** The image store against the real skopeo and overlayfs of a machine. */
import { execFileSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import {
  InsideFileUnfit,
  InvalidReference,
  LoadFailed,
  PullFailed,
  type StorageCorrupt,
} from '../../src/storage/errors.ts';
import type { Image, ImageSource, PullEvent } from '../../src/storage/images.ts';
import { readInside } from '../../src/storage/inside.ts';
import { overlayMount, umountArgv } from '../../src/storage/overlay.ts';
import { SkopeoImageStore } from '../../src/storage/skopeo/skopeo-image-store.ts';
import { IMAGES, imagesFolder } from './images.ts';
import { Machine } from './machine.ts';

const never = new AbortController().signal;
const damages: StorageCorrupt[] = [];
let machine: Machine;
let store: SkopeoImageStore;
let count = 0;

beforeAll(async () => {
  machine = await Machine.boot({ show: { [IMAGES]: await imagesFolder() } });
});
afterAll(async () => {
  await machine[Symbol.asyncDispose]();
});
beforeEach(() => {
  count += 1;
  damages.length = 0;
  store = new SkopeoImageStore({
    root: `/var/lib/berth/store${count}`,
    runRoot: `/run/berth/store${count}`,
    onDamage: (damage) => damages.push(damage),
    elsewhere: {
      // nsenter forks, and a signal ends only itself; its child is to end with it.
      enter: ['nsenter', '-t', String(machine.leader), '-a', '-r', '-w', '--', 'setpriv', '--pdeathsig', 'KILL'],
      seenAt: machine.path('/'),
    },
  });
});

const layout = (name: string): ImageSource => ({
  transport: 'oci',
  path: `${IMAGES}/oci/${name}`,
  reference: 'latest',
});
const docker = (name: string): ImageSource => ({ transport: 'docker-archive', path: `${IMAGES}/${name}.docker.tar` });
const load = async (source: ImageSource, signal = never): Promise<Image[]> => {
  await using opened = await store.open(source, signal);
  const images: Image[] = [];
  for (const found of opened.images) {
    await store.load(found, {}, signal);
    const image = await store.get(found.id);
    if (image !== undefined) images.push(image);
  }
  return images;
};
const namesOf = async (reference: string): Promise<readonly string[] | undefined> =>
  (await store.find(reference))?.image.names;
const layersThere = async (): Promise<string[]> => {
  const list = await machine.sh(`ls ${store.root}/overlay`);
  return list
    .text()
    .split('\n')
    .filter((name) => /^[0-9a-f]{64}$/.test(name));
};

describe('loading', () => {
  it('takes an image from a folder, an OCI archive and a Docker archive: the same one each time', async () => {
    const [fromLayout] = await load(layout('plain'), never);
    expect(fromLayout).toMatchObject({ names: [], os: 'linux', config: { cmd: ['/bin/sh'] } });
    const [fromOci] = await load({ transport: 'oci-archive', path: `${IMAGES}/plain.oci.tar` }, never);
    expect(fromOci).toEqual(fromLayout);
    const [fromDocker] = await load(docker('plain'), never);
    expect(fromDocker?.id).toBe(fromLayout?.id);
    expect(fromDocker?.names).toEqual(['berth.test/plain:latest']);
    expect(await store.list()).toHaveLength(1);
    expect((await layersThere()).length).toBe(1);
  });

  it('knows everything the image says', async () => {
    const [image] = await load(docker('config'), never);
    expect(image).toMatchObject({
      createdAt: new Date('2026-01-01T00:00:00Z'),
      config: {
        env: ['PATH=/usr/local/bin:/bin', 'GREETING=hello world', 'EMPTY='],
        entrypoint: ['/usr/local/bin/entry'],
        cmd: ['default', 'arguments'],
        user: 'app',
        workingDir: '/srv/app',
        stopSignal: 'SIGUSR1',
        labels: { 'berth.test': 'yes', description: 'a label, with = and spaces' },
        volumes: ['/data'],
        exposedPorts: ['8080/tcp'],
      },
    });
    expect(image?.layers).toHaveLength(2);
    expect(image?.sizeBytes).toBeGreaterThan(1_000_000);
    expect(image?.digests[0]).toMatch(/^sha256:[0-9a-f]{64}$/);
  });

  it.each<[ImageSource, string]>([
    [{ transport: 'oci', path: '/nonexistent' }, 'ENOENT'],
    [{ transport: 'docker-archive', path: '/etc/passwd' }, 'it has no manifest.json'],
    [{ transport: 'oci-archive', path: '/etc/passwd' }, 'it cannot be unpacked'],
    [{ ...layout('plain'), reference: 'other' }, 'it has no image other'],
  ])('says what is wrong with %j', async (source, reason) => {
    await expect(load(source, never)).rejects.toThrow(LoadFailed);
    await expect(load(source, never)).rejects.toThrow(reason);
  });

  it('leaves nothing usable but broken, and nothing in the way, when it is ended half-way', async () => {
    await machine.sh(`
      test -d /var/lib/berth/big || {
        cp -r ${IMAGES}/oci/plain /var/lib/berth/big
        mkdir /tmp/blob && head -c 150000000 /dev/urandom >/tmp/blob/random
        tar -C /tmp -cf /tmp/blob.tar blob && umoci raw add-layer --image /var/lib/berth/big:latest /tmp/blob.tar
      }`);
    const big: ImageSource = { transport: 'oci', path: '/var/lib/berth/big' };
    for (const ms of [100, 200, 400]) {
      await expect(load(big, AbortSignal.timeout(ms))).rejects.toThrow('timeout');
      expect(await store.list()).toEqual([]);
      expect(await machine.sh(`ls ${store.root}-temporary`)).toMatchObject({ stdout: Buffer.alloc(0) });
    }
    const [image] = await load(big, never);
    expect(image?.layers).toHaveLength(2);
    expect(damages).toEqual([]);
  });
});

describe('names', () => {
  it('come and go one by one, and with the image all of them', async () => {
    const [image] = await load(docker('plain'), never);
    const id = image?.id ?? '';
    await store.tag(id, 'web:1', never);
    await store.tag(id, 'registry.test/web', never);
    expect((await namesOf('registry.test/web'))?.toSorted()).toEqual([
      'berth.test/plain:latest',
      'localhost/web:1',
      'registry.test/web:latest',
    ]);
    expect(await store.find('web:1')).toMatchObject({ names: ['localhost/web:1'] });
    await store.untag(id, 'localhost/web:1', never);
    expect(await store.find('web:1')).toBeUndefined();
    await store.untag(id, 'registry.test/web:latest', never);
    expect(await namesOf(id)).toEqual(['berth.test/plain:latest']);
    await store.delete(id, never);
    expect(await store.list()).toEqual([]);
    expect(await layersThere()).toEqual([]);
  });

  it('move to another image, and the old one stays without', async () => {
    const [plain] = await load(docker('plain'), never);
    const [layers] = await load(docker('layers'), never);
    await store.tag(layers?.id ?? '', 'berth.test/plain', never);
    expect(await namesOf(plain?.id ?? '')).toEqual([]);
    await expect(store.tag(plain?.id ?? '', 'Not A Name', never)).rejects.toThrow(InvalidReference);
  });
});

describe('removing', () => {
  it('keeps layers that other images have', async () => {
    await load(docker('plain'), never);
    const [layers] = await load(docker('layers'), never);
    expect((await layersThere()).length).toBe(5);
    await store.delete(layers?.id ?? '', never);
    const [plain] = await store.list();
    expect(await layersThere()).toEqual(plain?.layers.map(({ id }) => id));
  });

  it('fails where there is no such image', async () => {
    const id = 'f'.repeat(64);
    await expect(store.delete(id, never)).rejects.toMatchObject({ name: 'ChangeFailed', id });
  });
});

describe('pulling', () => {
  it('reports what it fetches, and takes what is there already from the disk', async () => {
    await machine.sh(`
      printf '%s\\n' 'version: 0.1' 'storage: {filesystem: {rootdirectory: /tmp/registry}}' 'http: {addr: "localhost:5000"}' \\
        >/tmp/registry.yml
      systemd-run --quiet --unit test-registry docker-registry serve /tmp/registry.yml`);
    await machine.sh(`skopeo copy --quiet --retry-times 5 --dest-tls-verify=false \\
      oci:${IMAGES}/oci/layers:latest docker://localhost:5000/some/layers:1`);
    const pull = async (reference: string): Promise<PullEvent[]> => {
      const events: PullEvent[] = [];
      for await (const event of store.pull(reference, { tlsVerification: 'skip' }, never)) events.push(event);
      return events;
    };
    const events = await pull('localhost:5000/some/layers:1');
    expect(events.map(({ kind }) => kind)).toEqual(['resolving', ...Array<string>(6).fill('blob'), 'storing', 'done']);
    const done = events.at(-1);
    const image = done?.kind === 'done' ? done.image : undefined;
    expect(image).toMatchObject({ names: ['localhost:5000/some/layers:1'] });
    expect((await pull(`localhost:5000/some/layers@${image?.digests[0] ?? ''}`)).at(-1)?.kind).toBe('done');
    expect(await store.list()).toHaveLength(1);
    await expect(pull('localhost:5000/some/nothing')).rejects.toMatchObject({
      name: 'PullFailed',
      reason: 'not-found',
    });
  });

  it('says that a registry cannot be reached', async () => {
    const pulling = store.pull('localhost:1/some/thing', {}, never);
    expect((await pulling.next()).value).toEqual({ kind: 'resolving', reference: 'localhost:1/some/thing:latest' });
    await expect(pulling.next()).rejects.toThrow(PullFailed);
    await expect(pulling.next()).resolves.toMatchObject({ done: true });
    await expect(store.pull('UPPER', {}, never).next()).rejects.toThrow(InvalidReference);
  });
});

describe('mounting', () => {
  it('shows the layers as the image means them', async () => {
    const [image] = await load(docker('layers'), never);
    const folder = '/var/lib/berth/mount, with: odd\\ name';
    const there = { upper: `${folder}/upper`, work: `${folder}/work`, target: `${folder}/root` };
    await machine.check(['mkdir', '-p', there.upper, there.work, there.target]);
    const { argv, directory } = overlayMount({ store: store.root, layers: image?.layers ?? [], ...there });
    await machine.check(argv, { cwd: directory, env: { LIBMOUNT_FORCE_MOUNT2: 'always' } });
    const shown = await machine.sh(
      'cd "$1/root"; find tree -exec stat -c "/%n %a %u:%g %F" {} + | sed "s/regular empty/regular/" | sort; echo; sort expected'.replace(
        '$1',
        folder.replaceAll('\\', '\\\\'),
      ),
    );
    const [found, expected] = shown.text().split('\n\n');
    expect(found).toBe(expected);
    await machine.check(umountArgv(there.target));
    expect((await machine.exec(['mountpoint', there.target])).code).not.toBe(0);
  });

  it('takes an image of 120 layers', async () => {
    await machine.sh(`
      cd /var/lib/berth; mkdir -p many/l many/upper many/work many/root
      for n in $(seq 120); do
        mkdir -p many/$n; touch many/$n/file$n; ln -s ../$n many/l/ABCDEFGHIJKLMNOPQRSTUVW$(printf %03d $n)
      done`);
    const there = {
      upper: '/var/lib/berth/many/upper',
      work: '/var/lib/berth/many/work',
      target: '/var/lib/berth/many/root',
    };
    const layers = Array.from({ length: 120 }, (_, n) => ({
      link: `l/ABCDEFGHIJKLMNOPQRSTUVW${String(n + 1).padStart(3, '0')}`,
    }));
    const options = { cwd: '/var/lib/berth/many', env: { LIBMOUNT_FORCE_MOUNT2: 'always' } };
    await machine.check(overlayMount({ store: store.root, layers, ...there }).argv, options);
    expect((await machine.sh('ls /var/lib/berth/many/root | wc -l')).text()).toBe('120');
  });

  it('takes an image of no layers', async () => {
    await machine.sh('cd /var/lib/berth; mkdir -p none/upper none/work none/root');
    const there = {
      upper: '/var/lib/berth/none/upper',
      work: '/var/lib/berth/none/work',
      target: '/var/lib/berth/none/root',
    };
    await machine.check(overlayMount({ store: store.root, layers: [], ...there }).argv);
    await machine.sh('touch /var/lib/berth/none/root/file; test -e /var/lib/berth/none/upper/file');
  });
});

describe('reading inside', () => {
  let folder: string;
  let upper: string;
  let lower: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'berth-inside-'));
    [upper, lower] = [join(folder, 'upper'), join(folder, 'lower')];
    await mkdir(upper);
    await mkdir(join(lower, 'etc'), { recursive: true });
    await writeFile(join(lower, 'etc/passwd'), 'lower');
    return async () => {
      await rm(folder, { recursive: true });
    };
  });
  const passwd = (): string | undefined => readInside({ folders: [upper, lower] }, '/etc/passwd');
  const inUpper = (script: string): void => {
    execFileSync('sh', ['-euc', script], { cwd: upper });
  };

  it('sees the topmost file, through layers that do not have it', async () => {
    expect(passwd()).toBe('lower');
    inUpper('mkdir etc');
    expect(passwd()).toBe('lower');
    inUpper('echo upper >etc/passwd');
    expect(passwd()).toBe('upper\n');
    expect(readInside({ folders: [join(folder, 'absent'), lower] }, '/etc/passwd')).toBe('lower');
    expect(readInside({ folders: [upper, lower] }, '/etc/group')).toBeUndefined();
  });

  it.each([
    ['a whiteout', 'mkdir etc; mknod etc/passwd c 0 0'],
    ['a whiteout of its folder', 'mknod etc c 0 0'],
    ['an opaque folder', "mkdir etc; python3 -c \"import os; os.setxattr('etc', 'trusted.overlay.opaque', b'y')\""],
    ['a file in place of the folder', 'echo >etc'],
    ['a link to a file that only the host has', 'mkdir etc; ln -s /etc/machine-id etc/passwd'],
    ['a link out of the root', 'mkdir etc; ln -s ../../lower/etc/passwd etc/passwd'],
    ['a link to a folder that only the host has', 'ln -s /usr/lib etc'],
    ['a link to what is no folder', 'echo >file; mkdir etc; ln -s /file/passwd etc/passwd'],
    ['a link with a name that is too long', 'mkdir etc; ln -s "$(printf %0300d 0)" etc/passwd'],
  ])('sees no file behind %s', (_, script) => {
    inUpper(script);
    expect(passwd()).toBeUndefined();
  });

  it.each([
    ['an absolute link', 'mkdir etc; ln -s /store/passwd etc/passwd; mkdir store; echo it >store/passwd'],
    ['a relative link', 'mkdir etc; ln -s ../store/passwd etc/passwd; mkdir store; echo it >store/passwd'],
    ['a link of too many steps back', 'mkdir etc; ln -s ../../../../etc/it etc/passwd; echo it >etc/it'],
    ['a folder that is a link', 'ln -s usr/etc etc; mkdir -p usr/etc; echo it >usr/etc/passwd'],
    ['links to links', 'mkdir etc; ln -s /b etc/passwd; ln -s c b; ln -s ./etc/../d c; echo it >d'],
  ])('follows %s inside the root', (_, script) => {
    inUpper(script);
    expect(passwd()).toBe('it\n');
  });

  it('follows a link of one layer into another', () => {
    inUpper('mkdir etc; ln -s /old/passwd etc/passwd; mkdir old');
    execFileSync('sh', ['-euc', 'mkdir old; echo below >old/passwd'], { cwd: lower });
    expect(passwd()).toBe('below\n');
  });

  it.each([
    ['a FIFO', 'mkdir etc; mkfifo etc/passwd'],
    ['a link to a FIFO', 'mkdir etc; ln -s /p etc/passwd; mkfifo p'],
    ['a device', 'mkdir etc; mknod etc/passwd c 1 5'],
    ['a socket', 'mkdir etc; python3 -c "import socket; socket.socket(socket.AF_UNIX).bind(\'etc/passwd\')"'],
    ['a folder', 'mkdir -p etc/passwd'],
    ['a huge file', 'mkdir etc; truncate -s 100G etc/passwd'],
    ['a circle', 'mkdir etc; ln -s passwd etc/passwd'],
    ['a larger circle', 'ln -s a etc; ln -s b a; ln -s etc b'],
  ])('refuses %s', (_, script) => {
    inUpper(script);
    expect(passwd).toThrow(InsideFileUnfit);
  });

  it('sees what is mounted, where that is in the end', async () => {
    const passwdWith = (...mounts: { destination: string; source: string | undefined }[]): string | undefined =>
      readInside({ folders: [upper, lower], mounts }, '/etc/passwd');
    const [file, over] = [join(folder, 'file'), join(folder, 'over')];
    await writeFile(file, 'mounted');
    await mkdir(over);
    await writeFile(join(over, 'passwd'), 'over');
    expect(passwdWith({ destination: '/etc/passwd', source: file })).toBe('mounted');
    expect(passwdWith({ destination: '/etc', source: over })).toBe('over');
    expect(passwdWith({ destination: '/etc', source: over }, { destination: '/etc/passwd', source: file })).toBe(
      'mounted',
    );
    expect(passwdWith({ destination: '/etc', source: undefined })).toBeUndefined();
    expect(passwdWith({ destination: '/data', source: over })).toBe('lower');
    expect(() => passwdWith({ destination: '/etc/passwd', source: '/dev/zero' })).toThrow(InsideFileUnfit);
    inUpper('ln -s usr/etc etc; mkdir -p usr/etc; ln -s /data/passwd usr/etc/passwd; mkdir data; ln -s data shortcut');
    expect(passwdWith({ destination: '/shortcut', source: over })).toBe('over');
    expect(passwdWith({ destination: '/etc/passwd', source: file })).toBe('mounted');
  });

  it('keeps nothing open', () => {
    const before = readdirSync('/proc/self/fd').length;
    inUpper('mkdir etc; ln -s /store/passwd etc/passwd; mkdir store; mkfifo store/passwd');
    for (let each = 0; each < 10; each++) expect(passwd).toThrow(InsideFileUnfit);
    expect(readdirSync('/proc/self/fd').length).toBe(before);
  });

  it('begins at the root', () => {
    expect(() => readInside({ folders: [lower] }, 'etc/passwd')).toThrow(RangeError);
    expect(readInside({ folders: [lower] }, '/etc/../../etc/passwd')).toBe('lower');
  });
});
