/** The .deb itself: what is in it, and what dpkg does with it on a running system. */
import { basename, dirname } from 'node:path';
import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, it } from 'vitest';
import { buildPackage } from '../../packaging/package.ts';
import { Machine } from './machine.ts';
import { bootOrSkip, useMachine } from './use-machine.ts';

const manifest = JSON.parse(readFileSync('package.json', 'utf8')) as { dependencies: Record<string, string> };

describe('the installed package', () => {
  const machine = useMachine();

  it('holds what runs, and no sources, documents or foreign binaries', async () => {
    const files = (await machine.check(['dpkg', '--listfiles', 'berth'])).text().split('\n');
    expect(files).toEqual(expect.arrayContaining(['/usr/bin/berth', '/usr/lib/berth/berthd', '/usr/lib/berth/node']));
    const odd = /\.(?:tsx?|cc?|cpp|h|o|a|gyp|map|exe|dll|mk)$|(?:musl|darwin|win32).*\.node$|\/node-gyp\//;
    expect(files.filter((file) => odd.test(file))).toEqual([]);
    expect(files.filter((file) => file.startsWith('/usr/share/varlink/'))).toEqual(
      ['Container', 'Image', 'Network', 'System', 'Volume'].map(
        (name) => `/usr/share/varlink/io.berth.${name}.varlink`,
      ),
    );
  });

  it('is root’s, and nobody else can write to it', async () => {
    const { stdout } = await machine.sh(`
      dpkg --listfiles berth | grep -e /berth -e '^/usr/share/varlink/' | xargs -d '\\n' stat --format='%U:%G %A %n' |
        grep -v '^root:root .....-..-.' || true`);
    expect(stdout.toString()).toBe('');
  });

  it.each(Object.keys(manifest.dependencies))('can load %s', async (name) => {
    const argv = ['./node', '--input-type=module', '--eval', `await import('${name}')`];
    expect((await machine.check(argv, { cwd: '/usr/lib/berth' })).stderr.toString()).toBe('');
  });

  it('has native addons that this Node loads', async () => {
    const { stdout } = await machine.sh(`
      cd /usr/lib/berth
      find node_modules -name '*.node' | while read -r addon; do
        ./node --eval 'process.dlopen({ exports: {} }, require("path").resolve(process.argv[1]))' "$addon" && echo "$addon"
      done`);
    const names = stdout.toString().trim().split('\n');
    expect(names.map((name) => basename(name)).toSorted()).toEqual(
      expect.arrayContaining(['journal_send.node', 'koffi.node', 'pty.node', 'uwrap.node']),
    );
  });

  it('lets PATH find what it lacks, and depends on what it needs', async () => {
    const linked = await machine.sh(`
      cd /usr/lib/berth; { echo node; find node_modules -name '*.node'; } | xargs ldd | grep 'not found' || true`);
    expect(linked.text()).toBe('');
  });

  it('has units that systemd has nothing to say against', async () => {
    const verified = await machine.sh('systemd-analyze verify /usr/lib/systemd/system/berth*.* 2>&1');
    expect(verified.text()).toBe('');
  });

  it('listens for whoever is in the group berth, and is found by interface', async () => {
    expect((await machine.check(['systemctl', 'is-active', 'berthd.socket'])).text()).toBe('active');
    const { stdout } = await machine.sh(`
      stat --format='%A %U:%G' /run/berth/io.berth /run/berth /var/lib/berth
      readlink /run/varlink/registry/io.berth.*`);
    expect(stdout.toString().trim().split('\n')).toEqual([
      'srw-rw---- root:berth',
      'drwx--x--x root:root',
      'drwx------ root:root',
      '/run/berth/io.berth',
      '/run/berth/io.berth',
      '/run/berth/io.berth',
      '/run/berth/io.berth',
    ]);
  });

  it('makes no mount namespace for berthd: PID 1 must see its mounts', async () => {
    const { stdout } = await machine.sh(`
      systemctl start berthd.service
      readlink /proc/1/ns/mnt "/proc/$(systemctl show --property=MainPID --value berthd.service)/ns/mnt" | uniq | wc -l`);
    expect(stdout.toString().trim()).toBe('1');
  });
});

describe('dpkg', () => {
  let current = '';
  let next = '';

  beforeAll(async () => {
    current = await buildPackage({ types: 'unchecked' });
    next = await buildPackage({ types: 'unchecked', version: '99.0.0' });
  });

  const bootWith = async (install: readonly string[]): Promise<Machine> =>
    await Machine.boot({ install, show: { '/srv/packages': dirname(current) } });
  const install = async (machine: Machine, file: string): Promise<unknown> =>
    await machine.check(['dpkg', '--install', `/srv/packages/${basename(file)}`]);
  const property = async (machine: Machine, unit: string, name: string): Promise<string> =>
    (await machine.check(['systemctl', 'show', `--property=${name}`, '--value', unit])).text();
  /** What a container is to systemd. */
  const aContainer = async (machine: Machine): Promise<string> => {
    await machine.sh('systemd-run --quiet --unit=berth-web --slice=berth.slice sleep infinity');
    return await property(machine, 'berth-web.service', 'MainPID');
  };

  it('installs on a running system, and the socket listens at once', async () => {
    await using machine = await bootWith([]);
    await install(machine, current);
    expect((await machine.sh('systemctl is-enabled berthd.socket; systemctl is-active berthd.socket')).text()).toBe(
      'enabled\nactive',
    );
  });

  it('upgrades: berthd is restarted, the containers go on, what is disabled stays so', async () => {
    await using machine = await bootWith([current]);
    await machine.sh('systemctl start berthd.service; systemctl disable --quiet berthd.socket');
    const container = await aContainer(machine);
    const daemon = await property(machine, 'berthd.service', 'MainPID');
    await install(machine, next);
    expect(await property(machine, 'berth-web.service', 'MainPID')).toBe(container);
    expect(await property(machine, 'berthd.service', 'ActiveState')).toBe('active');
    expect(await property(machine, 'berthd.service', 'MainPID')).not.toBe(daemon);
    expect((await machine.exec(['systemctl', 'is-enabled', 'berthd.socket'])).text()).toBe('disabled');
  });

  it('removes: the daemon stops, containers and data stay, and it comes to life again', async () => {
    await using machine = await bootWith([current]);
    await machine.sh('systemctl start berthd.service; echo data >/var/lib/berth/kept');
    const pid = await aContainer(machine);
    await machine.check(['dpkg', '--remove', 'berth']);
    expect(await property(machine, 'berth-web.service', 'MainPID')).toBe(pid);
    expect((await machine.sh('systemctl list-units --plain --no-legend "berthd*"')).text()).toBe('');
    await install(machine, current);
    expect((await machine.sh('cat /var/lib/berth/kept; systemctl is-active berthd.socket')).text()).toBe(
      'data\nactive',
    );
  });

  it('purges: what is in the slice ends, mounted or failed, and nothing else of that name', async () => {
    await using machine = await bootWith([current]);
    await aContainer(machine);
    await machine.sh(`systemd-run --quiet --unit=berth-failed --slice=berth.slice false || true
      systemd-run --quiet --unit=berth-foreign sleep infinity
      mkdir -p /var/lib/berth/storage/overlay
      mount --bind /var/lib/berth/storage/overlay /var/lib/berth/storage/overlay`);
    await machine.check(['dpkg', '--purge', 'berth']);
    const units = await machine.sh('systemctl list-units --all --plain --no-legend "berth-*" | grep -v test-ready');
    expect(units.text().trim().split('\n')).toEqual([expect.stringContaining('berth-foreign.service')]);
    const left = await machine.sh('find / -xdev -path "*berth*" ! -path "*berth-test*" ! -path "*berth-foreign*"');
    expect(left.text()).toBe('/var/lib/berth'); // which is mounted there
  });

  it('purges: everything goes, but the volumes', async () => {
    await using machine = await bootWith([current]);
    await machine.sh('mkdir -p /var/lib/berth/volumes/db /var/lib/berth/storage; echo x >/var/lib/berth/storage/file');
    const said = await machine.check(['dpkg', '--purge', 'berth']);
    expect(said.text()).toContain('the volumes are still in /var/lib/berth/volumes');
    const left = (await machine.sh('find / -xdev -path "*berth*" ! -path "*berth-test*"; find /var/lib/berth')).text();
    expect([...new Set(left.split('\n'))].toSorted()).toEqual([
      '/var/lib/berth',
      '/var/lib/berth/volumes',
      '/var/lib/berth/volumes/db',
    ]);
  });
});

it('finds its interfaces registered, on a systemd that has a registry', { timeout: 900_000 }, async (context) => {
  const install = [await buildPackage({ types: 'unchecked' })];
  await using machine = await bootOrSkip(context, { root: 'forky', install });
  const listed = (await machine.check(['varlinkctl', 'list-registry'])).text();
  for (const name of ['Container', 'Image', 'Network', 'System']) expect(listed).toContain(`io.berth.${name}`);
});
