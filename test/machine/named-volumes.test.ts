/** Volumes: what they take over, who keeps them, and what a hostile image cannot make of them. podman's rules stand beside them. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Configuration, Mount } from '../../src/api/io-berth-container.ts';
import { Berth } from './berth.ts';
import { leaks } from './leaks.ts';
import { useMachine } from './use-machine.ts';

const machine = useMachine();
let berth: Berth;
const ROOT = '/var/lib/berth/volumes';
const FOREVER = 'trap "exit 0" TERM; while :; do sleep 1000 & wait; done';
/** In the machine: what the image `tricks` has below /tree, as tar sees it. */
const WORK = '/run/named-volumes';

/** The plain image, with everything in /tree that a file system knows, and links where volumes are mounted. */
const IMAGE = `
set -eu
rm -rf ${WORK}; mkdir -p ${WORK}/layer/tree/sub ${WORK}/layer/opaque; cd ${WORK}/layer
cd tree
echo text >file; ln file hard; ln -s /etc/passwd outside; ln -s ../../../../${WORK.slice(1)} upwards
mkfifo pipe; mknod null c 1 3; mknod disk b 7 0
truncate -s 1M sparse; echo end >>sparse
cp /bin/true suid; chmod 4755 suid; setcap cap_net_raw+ep suid 2>/dev/null || true
printf x >"$(printf 'n%.0s' $(seq 200))"; printf x >"$(printf 'bytes-\\377\\376')"; printf x >'-rf'
python3 -c "import os; os.setxattr('sub', 'user.berth', b'1'); os.setxattr('.', 'user.berth', b'2')"
chown 1000:2000 . sub; chmod 2770 .; touch -d 2020-02-02 sub file .
cd ..
ln -s /tree to-tree; ln -s ../../../../../../..${WORK} to-host; ln -s circle circle; ln -s /proc/1/root${WORK} by-proc
tar --xattrs --xattrs-include='*' --numeric-owner -C ${WORK}/layer -cf ${WORK}/layer.tar .
cp -r /srv/images/oci/plain ${WORK}/image
umoci raw add-layer --image ${WORK}/image:latest ${WORK}/layer.tar
umoci config --image ${WORK}/image:latest --config.volume /declared --config.volume /tree
echo secret >${WORK}/secret
berth load -q ${WORK}/image --name tricks
`;

beforeAll(async () => {
  berth = await Berth.connect(machine);
  for (const image of ['plain', 'config'] as const) await berth.image(image);
  await machine.sh(IMAGE);
}, 120_000);
afterEach(async () => {
  await berth.removeAll();
  await berth.removeVolumes();
  expect(await leaks(machine)).toEqual([]);
  expect((await machine.sh(`ls -A ${ROOT}`)).text()).toBe('');
});
afterAll(async () => {
  await machine.sh(`berth rmi tricks; rm -rf ${WORK}`);
  await berth[Symbol.asyncDispose]();
});

let count = 0;
const volume = (source: string | undefined, destination: string, more: Partial<Mount> = {}): Mount => ({
  kind: 'volume',
  source,
  destination,
  ...more,
});

/** What a script says in a container of an image. */
async function said(image: string, script: string, configuration: Partial<Configuration>): Promise<string> {
  const name = `v-${count++}`;
  await berth.containers.create({
    configuration: { image, name, entrypoint: ['sh', '-c', `exec 2>&1; ${script}`], ...configuration },
  });
  await berth.containers.start({ container: name });
  await berth.wait(name);
  return (await berth.lines(name)).map(({ message }) => message).join('\n');
}
const out = async (command: string): Promise<{ code: number | null; stdout: string; stderr: string }> => {
  const { code, stdout, stderr } = await machine.exec(['sh', '-c', command]);
  return { code, stdout: stdout.toString().trim(), stderr: stderr.toString().trim() };
};
const names = async (): Promise<string[]> => (await out('berth volume ls -q')).stdout.split('\n').filter(Boolean);

/** Every entry of a folder, with all that there is to know of it, and extended attributes. */
const LISTING = `find . ! -type d -printf '%y %m %U:%G %n %s %T@ %l %p\\n' | LC_ALL=C sort | base64 -w0; echo
find . -type d -printf '%y %m %U:%G %T@ %p\\n' | LC_ALL=C sort | base64 -w0; echo
python3 -c "
import os
for top, folders, files in os.walk(b'.'):
    for each in sorted([top] + [os.path.join(top, name) for name in files]):
        for attribute in sorted(os.listxattr(each, follow_symlinks=False)):
            print(each, attribute, os.getxattr(each, attribute, follow_symlinks=False))
" | LC_ALL=C sort`;

describe('the content', () => {
  it('of the place is taken over, whole, with owner and mode, and once', async () => {
    await said('tricks', 'true', { mounts: [volume('data', '/tree')] });
    const [expected, found] = await Promise.all(
      [`${WORK}/layer/tree`, `${ROOT}/data/_data`].map(
        async (folder) => (await out(`cd ${folder}; ${LISTING}`)).stdout,
      ),
    );
    expect(found).toBe(expected);
    expect(found).toContain('user.berth');
    await machine.sh(`cd ${ROOT}/data/_data; rm -rf ./*`);
    expect(await said('tricks', 'ls -A /tree', { mounts: [volume('data', '/tree')] })).toBe('');
  });

  it.each<[what: string, mounts: Mount[], script: string, seen: string]>([
    [
      'is not with nocopy, but owner and mode',
      [volume('data', '/data', { options: ['nocopy'] })],
      'ls -A /data; stat -c %u:%g /data',
      '1000:1000',
    ],
    [
      'is where it is mounted read-only, too',
      [volume('data', '/data', { readOnly: true })],
      'cat /data/file; touch /data/x',
      'original\ntouch: /data/x: Read-only file system',
    ],
    [
      'is of a place that is not there the user’s',
      [volume('data', '/srv/new')],
      'stat -c %u:%g:%a /srv/new; touch /srv/new/x && echo written',
      '1000:1000:755\nwritten',
    ],
    ['is of an empty place its owner and mode', [volume('data', '/tmp')], 'stat -c %u:%g:%a /tmp', '0:0:1777'],
    ['is of /etc, whose users then count', [volume('data', '/etc')], 'cat /etc/motd; id -un', 'berth test image\napp'],
    [
      'is given to the user with U',
      [volume('data', '/etc', { options: ['U'] })],
      'stat -c %u /etc /etc/motd',
      '1000\n1000',
    ],
    [
      'is under a mount in it',
      [volume('inner', '/data/inner'), volume('data', '/data')],
      'touch /data/inner/x; ls -A /data',
      'file\ninner',
    ],
  ])('%s', async (_, mounts, script, seen) => {
    expect(await said('config', script, { mounts })).toBe(seen);
  });

  it('comes later where the volume is empty, and never where it is not', async () => {
    expect(await said('config', 'ls -A /other', { mounts: [volume('data', '/other')] })).toBe('');
    expect(await said('config', 'ls -A /data', { mounts: [volume('data', '/data')] })).toBe('file');
    expect(await said('config', 'touch /other/x', { mounts: [volume('busy', '/other')] })).toBe('');
    expect(await said('config', 'ls -A /data', { mounts: [volume('busy', '/data')] })).toBe('x');
  });

  it('reaches those who have the volume mounted already', async () => {
    await berth.run('first', FOREVER, { mounts: [volume('data', '/x')] });
    expect(await said('config', 'cat /data/file', { mounts: [volume('data', '/data')] })).toBe('original');
    expect((await out('berth exec first cat /x/file')).stdout).toBe('original');
  });

  it('is whole for each of 16 containers that start at once', async () => {
    const starts = Array.from({ length: 16 }, async () => {
      const script = 'ls -A /tree | wc -l; stat -c %u:%g:%a /tree; stat -c %h /tree/hard';
      return await said('tricks', script, { mounts: [volume('data', '/tree')] });
    });
    expect(new Set(await Promise.all(starts))).toEqual(new Set(['13\n1000:2000:2770\n2']));
    expect((await out(`ls -A ${ROOT}/data`)).stdout).toBe('_data\nvolume.json');
  });

  it('that does not fit on the disk is an error, and leaves nothing', async () => {
    await machine.sh(`mount -t tmpfs -o size=64k full ${ROOT}`);
    try {
      await berth.containers.create({
        configuration: { image: 'plain', name: 'full', command: ['true'], mounts: [volume('data', '/bin')] },
      });
      await expect(berth.containers.start({ container: 'full' })).rejects.toMatchObject({
        error: 'io.berth.Container.SystemFailed',
        parameters: { errnoName: 'ENOSPC' },
      });
      expect((await out(`ls -A ${ROOT}/data ${ROOT}/data/_data`)).stdout).toBe(
        `${ROOT}/data:\n_data\nvolume.json\n\n${ROOT}/data/_data:`,
      );
    } finally {
      await berth.removeAll();
      await machine.sh(`umount ${ROOT}`);
    }
  });
});

describe('a place that is a link', () => {
  it('leads where it leads in the container', async () => {
    const script = 'cat /tree/file; touch /tree/over-what-the-image-declares';
    expect(await said('tricks', script, { mounts: [volume('data', '/to-tree')] })).toBe('text');
    await machine.sh(`test -e ${ROOT}/data/_data/over-what-the-image-declares`);
  });

  it.each(['/to-host', '/by-proc', '/tree/upwards'])('never leads to the host: %s', async (destination) => {
    // Where it leads inside is not there, or is only a folder of the container’s own; the runtime may refuse it.
    await said('tricks', 'true', { mounts: [volume('data', destination)] }).catch((error: unknown) => {
      expect(error).toMatchObject({ error: 'io.berth.Container.RuntimeFailed' });
    });
    expect((await out(`ls -A ${ROOT}/data/_data`)).stdout).toBe('');
  });

  it('in a circle is an error that says so', async () => {
    await expect(said('tricks', 'true', { mounts: [volume('data', '/circle')] })).rejects.toMatchObject({
      error: 'io.berth.Container.InvalidFile',
      parameters: { path: '/circle' },
    });
  });
});

describe('an anonymous volume', () => {
  const create = 'berth create --name anon -v /more -v named:/named tricks sh';

  it('is made for what the image declares and -v PATH, and stays unless rm -v takes it along', async () => {
    await machine.sh(create);
    expect((await names()).filter((name) => /^[0-9a-f]{64}$/u.test(name))).toHaveLength(3);
    await machine.sh('berth rm anon');
    expect(await names()).toHaveLength(4);
    await machine.sh(`berth volume prune -f; ${create}; berth rm -v anon`);
    expect(await names()).toEqual(['named']);
  });

  it('goes with a container that goes at its end', async () => {
    await machine.sh('berth run --rm -v /more -v named:/named tricks true');
    await expect.poll(names).toEqual(['named']);
  });

  it('stays for another container that has it from the first one', async () => {
    await machine.sh(`${create}; berth create --name second --volumes-from anon plain sh; berth rm -v anon`);
    expect(await names()).toHaveLength(4);
    await machine.sh('berth rm -v second');
    expect(await names()).toEqual(['named']);
  });

  it('is not made where Create fails', async () => {
    await machine.sh(create);
    const before = await names();
    expect(await out(create)).toMatchObject({ code: 125 });
    expect(await names()).toEqual(before);
  });
});

describe('a volume', () => {
  it('keeps its data through kill -9, and a new container of another image in the place of the first', async () => {
    const write =
      'i=0; while :; do i=$((i+1)); echo $i >>/db/rows; sync; [ $i -gt 20 ] && touch /db/enough; sleep 0.01; done';
    await berth.run('db', write, { mounts: [volume('db', '/db')] });
    await machine.sh(`until [ -e ${ROOT}/db/_data/enough ]; do sleep 0.05; done; berth kill -s KILL db`);
    await berth.wait('db');
    const rows = Number((await out(`wc -l <${ROOT}/db/_data/rows`)).stdout);
    const replaced = `berth run --replace --name db -v db:/db --entrypoint '["sh","-c","wc -l </db/rows"]' -u 0 config`;
    expect(Number((await out(replaced)).stdout)).toBe(rows);
    expect(rows).toBeGreaterThan(20);
  });

  it('is kept from removal by a container that was never started, and by one that the database has lost', async () => {
    await machine.sh('berth create --name user -v data:/data plain sh');
    await berth.run('lost', 'echo kept >/data/x', { mounts: [volume('data', '/data')] });
    await berth.wait('lost');
    expect(await out('berth volume rm data')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('user, lost') as string,
    });
    await machine.sh('systemctl stop berthd.service; rm /var/lib/berth/berth.db*');
    await berth[Symbol.asyncDispose]();
    berth = await Berth.connect(machine);
    expect((await berth.volumes.inspect({ volume: 'data' })).volume).toMatchObject({
      name: 'data',
      containers: ['lost'],
    });
    expect((await out(`cat ${ROOT}/data/_data/x`)).stdout).toBe('kept');
    expect(await out('berth volume rm -f data')).toEqual({ code: 0, stdout: 'data', stderr: '' });
    expect((await out('berth ps -aq')).stdout).toBe('');
  });

  it('that somebody has deleted is not made anew for a container that had it', async () => {
    await berth.create('user', 'true', { mounts: [volume('data', '/data')] });
    await machine.sh(`rm -r ${ROOT}/data`);
    await expect(berth.containers.start({ container: 'user' })).rejects.toMatchObject({
      error: 'io.berth.Container.NoSuchVolume',
      parameters: { volume: 'data' },
    });
  });

  it.each(['../../etc', '..', '.hidden', 'a/b'])('is not called %s', async (name) => {
    expect(await out(`berth volume create -- '${name}'`)).toMatchObject({ code: 125 });
    expect(await out(`berth create --mount 'type=volume,source=${name},destination=/x' plain sh`)).toMatchObject({
      code: 125,
    });
  });

  it.each(['crun', 'runc'])('is mounted as its options say, by %s', async (runtime) => {
    const mounts = [
      volume('data', '/d', { options: ['nosuid', 'nodev', 'Z'] }),
      volume('data', '/r', { readOnly: true }),
    ];
    const script = 'touch /d/x; touch /r/y; grep -E " /(d|r) " /proc/mounts | cut -d" " -f2,4 | cut -d, -f1-3';
    expect(await said('plain', script, { runtime, mounts })).toMatch(
      /^touch: \/r\/y: Read-only file system\n\/d rw,nosuid,nodev\n\/r ro,relatime/u,
    );
  });
});

describe('on the command line', () => {
  it('volumes have podman’s verbs, shapes and exit codes', async () => {
    const run = `berth volume create --label a=b data; berth volume create --ignore data; berth volume ls; berth volume exists data; echo $?
      berth volume exists none; echo $?; berth volume rm none 2>/dev/null; echo $?; berth volume create data 2>/dev/null; echo $?
      berth volume ls -qf label=a=b; berth volume ls -qf dangling=false; berth volume create -d nfs x 2>&1; berth volume create -o type=tmpfs x 2>&1`;
    expect((await out(run)).stdout.split('\n').map((line) => line.replace(/ +/u, ' '))).toEqual([
      'data',
      'data',
      'DRIVER VOLUME NAME',
      'local data',
      '0',
      '1',
      '1',
      '125',
      'data',
      "berth: there is no driver 'nfs' here: plugins are not supported; leave --driver out, or give local",
      'berth: --opt takes NAME=VALUE that the driver has; a network such as mtu=1400 or isolate=true, a volume none',
    ]);
    const [shown] = JSON.parse((await out('berth volume inspect data')).stdout) as [object];
    expect(shown).toMatchObject({
      Name: 'data',
      Driver: 'local',
      Mountpoint: `${ROOT}/data/_data`,
      Labels: { a: 'b' },
      Scope: 'local',
      Options: {},
      NeedsCopyUp: true,
    });
    expect((await out('berth volume prune -f')).stdout).toBe('data');
  });
});
