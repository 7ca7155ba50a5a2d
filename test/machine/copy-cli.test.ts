/** `berth cp` and `berth export`, with what podman's `cp` does beside it. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Berth } from './berth.ts';
import { EVERY_KIND, manifest } from './copying.ts';
import { IMAGES } from './images.ts';
import { useBerth } from './use-berth.ts';
import { useMachine } from './use-machine.ts';

const machine = useMachine();
let berth: Berth;
useBerth(
  machine,
  (connected) => {
    berth = connected;
  },
  'none-soon',
);

/** On the host's disk: overlayfs does not stack on overlayfs. */
const PODMAN = 'podman --root /var/lib/berth/podman --runroot /run/podman-cp --storage-driver overlay';
const WORK = '/srv/copy-cli';

beforeAll(async () => {
  await machine.sh(
    `${PODMAN} load -qi ${IMAGES}/plain.oci.tar >/tmp/loaded; ${PODMAN} tag "$(sed 's/.*: //' /tmp/loaded)" plain`,
  );
});
afterAll(async () => {
  await machine.sh(`${PODMAN} system reset --force; rm -rf /var/lib/berth/podman ${WORK}`);
});
beforeEach(async () => {
  await machine.sh(`rm -rf ${WORK}; mkdir -p ${WORK}/in/tree ${WORK}/out/old; cd ${WORK}/in
    echo one >tree/one; ln -s one tree/link; echo file >file; ln -s tree to-tree; ln -s file to-file; mkdir empty`);
});

const run = async (script: string): Promise<string> => {
  const { stdout } = await machine.sh(`set +e; cd ${WORK}/in; { ${script}; } 2>&1; echo "exit $?"`);
  return stdout.toString();
};
/** Names, kinds, owners and contents below a path. */
const LIST = `find . -printf '%P %y %m %l\\n' | sort`;

const CASES: readonly (readonly [from: string, to: string])[] = [
  ['file', 'C:/new'],
  ['file', 'C:/t/new'],
  ['file', 'C:/t'],
  ['file', 'C:/t/'],
  ['file', 'C:/t/file'],
  ['file', 'C:/missing/new'],
  ['file', 'C:/new/'],
  ['tree', 'C:/new'],
  ['tree', 'C:/t'],
  ['tree/', 'C:/t'],
  ['tree/.', 'C:/t'],
  ['tree/.', 'C:/new'],
  ['tree', 'C:/t/file'],
  ['empty', 'C:/t'],
  ['to-file', 'C:/t'],
  ['nothing', 'C:/t'],
];

describe('into a container, as podman has it', () => {
  it.each(CASES)('%s to %s', async (from, to) => {
    const listed = async (make: string, cp: string, remove: string): Promise<{ code: string; files: string }> => {
      await machine.sh(
        `${make} >/dev/null; cd ${WORK}; mkdir -p seed/t; echo old >seed/t/file; tar -C seed -c . | ${cp} - both:/ >/dev/null`,
      );
      const said = await run(`${cp} ${from} ${to.replace('C:', 'both:')}`);
      const out = await machine.sh(
        `mkdir -p ${WORK}/x && cd ${WORK}/x && rm -rf ./* && for each in t new missing; do ${cp} both:/$each ${WORK}/x/ >/dev/null 2>&1 || true; done; ${LIST}`,
      );
      await machine.sh(remove);
      return { code: said.trim().endsWith('exit 0') ? 'copied' : 'refused', files: out.stdout.toString() };
    };
    await berth.image('plain');
    const ours = await listed('berth create --name both plain true', 'berth cp', 'berth rm both');
    const theirs = await listed(`${PODMAN} create --name both plain true`, `${PODMAN} cp`, `${PODMAN} rm both`);
    expect(ours).toEqual(theirs);
  });
});

it('brings everything out that went in, from one container to another', async () => {
  await machine.sh(`mkdir -p ${WORK}/all && cd ${WORK}/all && ${EVERY_KIND}`);
  await berth.create('first', 'true');
  await berth.create('second', 'true');
  expect(
    await run(
      `berth cp -a ${WORK}/all first:/all && berth cp -a first:/all second:/all && berth cp -a second:/all ${WORK}/back`,
    ),
  ).toBe('exit 0\n');
  expect(await manifest(machine, `${WORK}/back`)).toBe(await manifest(machine, `${WORK}/all`));
});

it('makes files belong to those who get them, unless it keeps their owners', async () => {
  await machine.sh(`chown 1234:1234 ${WORK}/in/file`);
  await berth.create('owned', 'true', { user: '77:88' });
  expect(
    await run(
      'berth cp file owned:/a; berth cp -a file owned:/b; berth cp owned:/a ../out/; berth cp -a owned:/a ../out/kept; stat -c %u:%g ../out/a ../out/kept',
    ),
  ).toBe('0:0\n77:88\nexit 0\n');
  const uidOf = async (path: string) => (await berth.containers.stat({ container: 'owned', path })).facts.uid;
  expect([await uidOf('/a'), await uidOf('/b')]).toEqual([77, 1234]);
});

it('takes an archive from standard input, and writes one to standard output', async () => {
  await berth.create('streams', 'true');
  expect(
    await run(
      'tar -c tree | berth cp - streams:/ && berth cp streams:/tree - | tar -t | sort; berth cp streams:/tree/. - | tar -t | sort',
    ),
  ).toBe('tree/\ntree/link\ntree/one\n./\nlink\none\nexit 0\n');
  expect(await run('tar -c tree | berth cp - streams:/tree/one')).toContain("'/tree/one' is no directory");
});

it('does not replace a directory by a file, or a file by a directory, unless it is told to', async () => {
  await berth.create('kinds', 'true');
  await run(
    'mkdir file-dir && mkdir file-dir/file; berth cp file kinds:/one; berth cp tree kinds:/t; berth cp file kinds:/t/tree',
  );
  expect(await run('berth cp tree kinds:/t')).toContain(
    "'/t/tree' is there, and is no directory; --overwrite replaces it",
  );
  expect(await run('berth cp --overwrite tree kinds:/t; berth cp kinds:/t/tree/one -  | tar -xO')).toBe(
    'one\nexit 0\n',
  );
});

it('exports a container to a file when all of it is there', async () => {
  await berth.create('whole', 'true');
  expect(
    await run(
      `berth export -o ../out/whole.tar whole && tar -tf ../out/whole.tar etc/passwd; ls -A ../out; berth export whole | tar -t etc/passwd`,
    ),
  ).toBe('etc/passwd\nold\nwhole.tar\netc/passwd\nexit 0\n');
  expect(await run('berth export -o ../out/none.tar nothing; ls -A ../out | grep none')).toContain(
    "there is no container 'nothing'",
  );
});
