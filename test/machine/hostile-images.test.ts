/**
 * Archives and images that lie. Whatever they say, nothing is written outside of the store, nobody waits for ever, berthd answers
 * others meanwhile, and the caller is told what is wrong by a typed error.
 */
import { beforeAll, describe, expect, it } from 'vitest';
import type { Berth } from './berth.ts';
import { IMAGES } from './images.ts';
import { useBerth } from './use-berth.ts';
import { useMachine } from './use-machine.ts';

const machine = useMachine();
let berth: Berth;
useBerth(machine, (connected) => {
  berth = connected;
});

/** On the disk of the store; `victim` lies beside what is unpacked, and nothing may happen to it. */
const FOLDER = '/var/lib/berth/hostile';
const HELPERS = `
import gzip, hashlib, io, json, os, sys, tarfile
def sha(data): return hashlib.sha256(data).hexdigest()
class Layer:
  def __init__(self):
    self.buffer = io.BytesIO(); self.tar = tarfile.open(fileobj=self.buffer, mode='w')
  def add(self, name, type=tarfile.REGTYPE, data=b'', **more):
    info = tarfile.TarInfo(name); info.type = type; info.size = len(data) if type == tarfile.REGTYPE else 0
    for key, value in more.items(): setattr(info, key, value)
    self.tar.addfile(info, io.BytesIO(data)); return self
  def bytes(self): self.tar.close(); return self.buffer.getvalue()
def config(diffs, **more):
  return json.dumps({'architecture': 'amd64', 'os': 'linux', 'config': {'Cmd': ['/bin/sh']},
    'rootfs': {'type': 'layers', 'diff_ids': ['sha256:' + diff for diff in diffs]}, **more}).encode()
def docker(path, layers, conf=None, tags=['hostile:latest'], extra=()):
  conf = conf or config([sha(layer) for layer in layers])
  with tarfile.open(path, 'w') as tar:
    def put(name, data): info = tarfile.TarInfo(name); info.size = len(data); tar.addfile(info, io.BytesIO(data))
    names = ['l%d.tar' % index for index in range(len(layers))]
    put('manifest.json', json.dumps([{'Config': 'c.json', 'RepoTags': tags, 'Layers': names}]).encode())
    put('c.json', conf)
    for name, layer in zip(names, layers): put(name, layer)
    for info in extra: tar.addfile(info)
def oci(path, layers, change=lambda index, manifest, blobs: None, members=lambda tar: None):
  blobs = {}
  def put(data): blobs[sha(data)] = data; return {'digest': 'sha256:' + sha(data), 'size': len(data)}
  conf = put(config([sha(layer) for layer in layers]))
  manifest = {'schemaVersion': 2, 'mediaType': 'application/vnd.oci.image.manifest.v1+json',
    'config': {'mediaType': 'application/vnd.oci.image.config.v1+json', **conf},
    'layers': [{'mediaType': 'application/vnd.oci.image.layer.v1.tar', **put(layer)} for layer in layers]}
  index = {'schemaVersion': 2, 'manifests': []}
  change(index, manifest, blobs)
  if not index['manifests']:
    index['manifests'] = [{'mediaType': manifest['mediaType'], **put(json.dumps(manifest).encode())}]
  with tarfile.open(path, 'w') as tar:
    members(tar)
    def add(name, data): info = tarfile.TarInfo(name); info.size = len(data); tar.addfile(info, io.BytesIO(data))
    add('oci-layout', b'{"imageLayoutVersion":"1.0.0"}'); add('index.json', json.dumps(index).encode())
    for digest, data in blobs.items(): add('blobs/sha256/' + digest, data)
def special(name, type, **more):
  info = tarfile.TarInfo(name); info.type = type
  for key, value in more.items(): setattr(info, key, value)
  return info
plain = Layer().add('etc/motd', data=b'hello').bytes()
`;

beforeAll(async () => {
  await machine.sh(
    `rm -rf ${FOLDER}; mkdir -p ${FOLDER}/outside; echo safe >${FOLDER}/victim; cat >${FOLDER}/helpers.py`,
    { input: HELPERS },
  );
});

const loading = async (path: string): Promise<unknown> =>
  await berth.images.load({ path }).then(
    ({ images }) => images,
    (error: unknown) => error,
  );

const IN_TIME = 60_000;

describe('an archive that', () => {
  // prettier-ignore
  it.each<[what: string, script: string]>([
    ['has a layer of another digest',               `oci(path, [plain], lambda i, m, b: b.update({sha(plain): plain[::-1]}))`],
    ['has another manifest than it says',           `oci(path, [plain], lambda i, m, b: (i['manifests'].append({'mediaType': m['mediaType'], 'digest': 'sha256:' + 'a' * 64, 'size': 3}), b.update({'a' * 64: b'{}!'})))`],
    ['has a digest that is a path',                 `oci(path, [plain], lambda i, m, b: i['manifests'].append({'mediaType': m['mediaType'], 'digest': 'sha256:../../../../victim', 'size': 3}))`],
    ['has a layer whose digest is a path',          `oci(path, [plain], lambda i, m, b: m['layers'][0].update(digest='sha256:../../../victim'))`],
    ['has a negative size',                         `oci(path, [plain], lambda i, m, b: i['manifests'].append({'digest': 'sha256:' + 'a' * 64, 'size': -1}))`],
    ['has ten thousand images',                     `oci(path, [plain], lambda i, m, b: i['manifests'].extend([{'digest': 'sha256:%064x' % n, 'size': 2} for n in range(10000)]))`],
    ['has a manifest that refers to itself',        `oci(path, [plain], lambda i, m, b: m.update(mediaType='application/vnd.oci.image.index.v1+json', manifests=[]))`],
    ['has an index that is a link to the host',     `oci(path, [plain], members=lambda tar: tar.addfile(special('blobs', tarfile.SYMTYPE, linkname='${FOLDER}/outside')))`],
    ['has a blob that is a link to the host',       `oci(path, [plain], members=lambda tar: tar.addfile(special('blobs/sha256/' + 'b' * 64, tarfile.SYMTYPE, linkname='/etc/shadow')))`],
    ['has a blob that is a FIFO',                   `oci(path, [plain], members=lambda tar: tar.addfile(special('blobs/sha256/' + 'b' * 64, tarfile.FIFOTYPE)))`],
    ['has a blob that is a device',                 `oci(path, [plain], members=lambda tar: tar.addfile(special('blobs/sha256/' + 'b' * 64, tarfile.CHRTYPE, devmajor=1, devminor=5)))`],
    ['is cut off',                                  `oci(path, [plain * 100]); os.truncate(path, 20000)`],
    ['is Docker’s and cut off',                     `docker(path, [plain * 100]); os.truncate(path, 20000)`],
    ['is noise',                                    `open(path, 'wb').write(os.urandom(100000))`],
    ['is empty',                                    `open(path, 'wb')`],
    ['says so many zeros are its list',        `f = gzip.open(path, 'wb', 1); info = tarfile.TarInfo('manifest.json'); info.size = 1 << 26; f.write(info.tobuf()); [f.write(bytes(1 << 20)) for _ in range(1 << 6)]; f.close()`],
    ['has a list of nothing but brackets',          `data = b'[' * 10**6; tar = tarfile.open(path, 'w'); info = tarfile.TarInfo('manifest.json'); info.size = len(data); tar.addfile(info, io.BytesIO(data)); tar.close()`],
    ['has a name that is none',                     `docker(path, [plain], tags=['../../victim:latest'])`],
    ['has a name with an escape in it',             `docker(path, [plain], tags=['a\\x1b[31m:latest'])`],
    ['has a configuration that is none',            `docker(path, [plain], conf=b'[]')`],
    ['has more layers than its configuration',      `docker(path, [plain, plain], conf=config([sha(plain)]))`],
    ['has a layer of another content than it says', `docker(path, [plain], conf=config(['c' * 64]))`],
    ['has a configuration outside of it',           `docker(path, [plain]); data = open(path, 'rb').read().replace(b'"c.json"', b'"/../x"'); open(path, 'wb').write(data)`],
  ])('%s is refused, and nothing is left of it', async (_, script) => {
    const path = `${FOLDER}/bad.tar`;
    const before = await trees();
    await make(script, path);
    expect(await loading(path)).toMatchObject({ error: 'io.berth.Image.LoadFailed', parameters: { path } });
    expect(await trees()).toEqual(before);
  }, IN_TIME);

  // prettier-ignore
  it.each<[what: string, members: string]>([
    ['with ../',                         `special('../../victim', tarfile.REGTYPE)`],
    ['with an absolute path',            `special('${FOLDER}/victim', tarfile.REGTYPE)`],
    ['behind a link that it has itself', `special('out', tarfile.SYMTYPE, linkname='${FOLDER}'), special('out/victim', tarfile.REGTYPE)`],
    ['that is a hard link to the host',  `special('hard', tarfile.LNKTYPE, linkname='${FOLDER}/victim'), special('hard', tarfile.REGTYPE)`],
  ])('has a member %s writes nothing outside', async (_, members) => {
    const path = `${FOLDER}/member.tar`;
    const before = await trees();
    await make(`oci(path, [plain], members=lambda tar: [tar.addfile(info) for info in (${members},)])`, path);
    await loading(path);
    await berth.removeImages();
    const after = await trees();
    expect(after[0]).toBe('safe');
    // A layer that an earlier load has left goes with the image that has it, too.
    expect(after.filter((each) => each !== '' && !before.includes(each))).toEqual([]);
  }, IN_TIME);
});

describe('an image with a layer that', () => {
  // prettier-ignore
  it.each<[what: string, layers: string]>([
    ['writes through a link',                 `[Layer().add('a', tarfile.SYMTYPE, linkname='${FOLDER}').add('a/victim', data=b'x').bytes()]`],
    ['writes through a link of another layer', `[Layer().add('a', tarfile.SYMTYPE, linkname='${FOLDER}').bytes(), Layer().add('a/victim', data=b'x').bytes()]`],
    ['has a file with ../',                   `[Layer().add('../../../../victim', data=b'x').bytes()]`],
    ['has an absolute file',                  `[Layer().add('${FOLDER}/victim', data=b'x').bytes()]`],
    ['has a hard link to the host',           `[Layer().add('a', tarfile.LNKTYPE, linkname='../../../../../../..${FOLDER}/victim').bytes()]`],
    ['whites out ..',                         `[plain, Layer().add('.wh...', data=b'').bytes()]`],
    ['whites out .',                          `[plain, Layer().add('.wh..', data=b'').bytes()]`],
    ['whites out what is behind a link',      `[Layer().add('a', tarfile.SYMTYPE, linkname='${FOLDER}').bytes(), Layer().add('a/.wh.victim', data=b'').bytes()]`],
    ['makes the folder behind a link opaque', `[Layer().add('a', tarfile.SYMTYPE, linkname='${FOLDER}').bytes(), Layer().add('a/.wh..wh..opq', data=b'').bytes()]`],
    ['has a device for a disk',               `[Layer().add('disk', tarfile.BLKTYPE, devmajor=8, devminor=0).bytes()]`],
    ['has a root that is a link',             `[Layer().add('.', tarfile.SYMTYPE, linkname='${FOLDER}').add('victim', data=b'x').bytes()]`],
    ['has names of 255 and a path of 4096',   `[Layer().add('/'.join(['n' * 255] * 16), data=b'x').bytes()]`],
    ['is cut off',                            `[plain[:700]]`],
  ])('%s changes nothing of the host, whether it is taken or not', async (_, layers) => {
    const path = `${FOLDER}/layer.tar`;
    const before = await outside();
    await make(`docker(path, ${layers})`, path);
    const answer = await loading(path);
    if (!Array.isArray(answer)) expect(answer).toMatchObject({ error: 'io.berth.Image.LoadFailed' });
    else {
      const { id } = await berth.containers.create({
        configuration: { image: 'hostile', name: 'h-runs', command: ['/bin/sh'] },
      });
      const started = await berth.containers.start({ container: id }).then(
        () => 'started',
        (error: unknown) => error,
      );
      expect(started).toMatchObject({ error: expect.stringMatching(/^io\.berth\.Container\.[A-Z]/) as string });
      await berth.removeAll();
    }
    await berth.removeImages();
    expect(await outside()).toEqual(before);
  }, IN_TIME);
});

it.each([
  ['a FIFO', 'mkfifo'],
  ['a device', 'mknod -m 600'],
  ['a socket', 'python3 -c "import socket,sys; socket.socket(socket.AF_UNIX).bind(sys.argv[1])"'],
])(
  '%s in the place of an archive is refused at once, however many ask, and berthd answers others',
  async (what, make) => {
    const path = `${FOLDER}/special`;
    await machine.sh(`rm -rf ${path}; ${make} ${path} ${what === 'a device' ? 'c 1 5' : ''}`);
    const asked = Array.from({ length: 8 }, async () => await loading(path));
    expect(await berth.system.getInfo()).toHaveProperty('version');
    for (const answer of await Promise.all(asked))
      expect(answer).toMatchObject({ error: 'io.berth.Image.LoadFailed', parameters: { path } });
  },
);

it.each(['index.json', 'blobs/sha256/extra', 'blobs'])('a folder whose %s is a FIFO is refused', async (name) => {
  const path = `${FOLDER}/layout`;
  await machine.sh(`rm -rf ${path}; cp -r ${IMAGES}/oci/plain ${path}; rm -rf ${path}/${name}; mkfifo ${path}/${name}`);
  expect(await loading(path)).toMatchObject({ error: 'io.berth.Image.LoadFailed', parameters: { path } });
});

it('an image keeps everything of its configuration, whatever it is called, through load, save and load', async () => {
  const more = `config={'Cmd': ['/bin/sh'], 'Healthcheck': {'Test': ['CMD', 'true'], 'Interval': 7}, 'OnBuild': ['RUN x'],
    'Labels': {'constructor': 'a', '__proto__': 'b', 'toString': 'c'}}, unheard={'of': [1]}`;
  await make(`docker(path, [plain], conf=config([sha(plain)], **dict(${more})))`, `${FOLDER}/kept.tar`);
  const { images } = await berth.images.load({ path: `${FOLDER}/kept.tar` });
  const [id] = images.map(({ image }) => image.id);
  expect(new Map(Object.entries(images[0]?.image.labels ?? {}))).toEqual(
    new Map([
      ['constructor', 'a'],
      ['__proto__', 'b'],
      ['toString', 'c'],
    ]),
  );
  await berth.containers.create({ configuration: { image: 'hostile', name: 'h-kept', command: ['/none'] } });
  const { configuration } = await berth.containers.inspect({ container: 'h-kept' });
  expect(Object.keys(configuration.labels ?? {}).toSorted()).toEqual(['__proto__', 'constructor', 'toString']);
  await berth.removeAll();
  for (const transport of ['oci', 'oci_archive', 'docker_archive'] as const) {
    const path = `${FOLDER}/kept-${transport}`;
    await berth.images.save({ images: ['hostile'], path, transport });
    await berth.removeImages();
    const again = await berth.images.load({ path });
    expect([transport, again.images.map(({ image }) => image.id)]).toEqual([transport, [id]]);
  }
  await berth.removeImages();
});

async function make(script: string, path: string): Promise<void> {
  await machine.sh(
    `rm -rf ${FOLDER}/victim ${path}; echo safe >${FOLDER}/victim; rm -rf ${FOLDER}/outside; mkdir ${FOLDER}/outside`,
  );
  await machine.check([
    'python3',
    '-c',
    `import sys; sys.path.insert(0, '${FOLDER}')\nfrom helpers import *\npath = '${path}'\n${script}`,
  ]);
}

/** What lies around where a hostile archive could write. */
async function outside(): Promise<string[]> {
  const elsewhere = ['/proc', '/sys', '/run', '/var/log', '/var/lib/berth'].map((path) => `-path ${path}`).join(' -o ');
  const found = await machine.sh(`
    cat ${FOLDER}/victim; find ${FOLDER}/outside -mindepth 1
    find / -xdev \\( ${elsewhere} \\) -prune -o -name '*victim*' -print
    find /var/lib/berth -maxdepth 1 -name '*victim*'`);
  return found.text().split('\n');
}

/** That, and what is in the store. */
async function trees(): Promise<string[]> {
  const found = await machine.sh(`
    mkdir -p /var/lib/berth/storage/overlay /var/lib/berth/storage-temporary
    find /var/lib/berth/storage/overlay /var/lib/berth/storage-temporary -mindepth 1 -maxdepth 1 -regex '.*/copy-.*\\|.*/[0-9a-f]+'`);
  return [...(await outside()), ...found.text().split('\n')];
}
