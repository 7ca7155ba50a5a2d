/** What a start writes for the runtime and for the container. */
import { execFileSync } from 'node:child_process';
import { lstatSync, mkdirSync, readFileSync, readlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { ContainerError } from '../../../../src/container/errors.ts';
import type { OciSpec } from '../../../../src/oci-spec/spec.ts';
import { aWorld, patient, type World } from '../../../support/world.ts';

const FILES = { '/etc/passwd': 'web:x:7:8::/srv:/bin/sh\n', '/etc/group': 'web:x:8:\nwheel:x:10:web\naudio:x:20:\n' };

const specOf = (world: World, name: string): OciSpec & { linux: Record<string, unknown> } =>
  JSON.parse(readFileSync(join(world.folder(name).path, 'config.json'), 'utf8')) as never;
const etc = (world: World, name: string, file: string): string =>
  readFileSync(join(world.folder(name).etc, file), 'utf8');
/** Runs `act`, and answers the commands that come before the runtime in the unit that was started last. */
async function preparing(world: World, act: () => Promise<unknown>): Promise<string[][]> {
  const start = vi.spyOn(world.units, 'startTransient');
  await act();
  const property = start.mock.lastCall?.[0].properties.find(({ name }) => name === 'ExecStartPreEx');
  const commands = (property?.value ?? []) as [path: string, argv: string[], flags: string[]][];
  return commands.map(([, argv]) => argv);
}

describe('a bundle', () => {
  it('has the groups that are asked for besides the user’s', async () => {
    await using world = aWorld({ files: FILES });
    await world.given('web', 'running', { user: 'web', groups: ['audio', '10', '8', '4242'] });
    expect(specOf(world, 'web').process.user).toEqual({ uid: 7, gid: 8, additionalGids: [8, 10, 20, 4242], umask: 18 });
    await world.given('lost', 'configured', { groups: ['nobody'] });
    await expect(world.containers.start('lost', { dependencies: 'must-run' }, patient)).rejects.toThrow(
      new ContainerError('NoSuchUser', { user: 'nobody' }),
    );
  });

  it('gives a user who is not root what was asked for by name', async () => {
    await using world = aWorld({ files: FILES });
    await world.given('web', 'running', { user: 'web', addCapabilities: ['NET_RAW'] });
    const named = ['CAP_NET_RAW'];
    expect(specOf(world, 'web').process.capabilities).toEqual({
      bounding: expect.arrayContaining(named),
      effective: named,
      permitted: named,
      inheritable: named,
      ambient: named,
    });
    await world.given('root', 'running', { addCapabilities: ['NET_RAW'] });
    expect(specOf(world, 'root').process.capabilities).toMatchObject({ inheritable: [], ambient: [] });
  });

  it('knows the names that are asked for', async () => {
    await using world = aWorld();
    await world.given('web', 'running', { hostname: 'me', hosts: [{ name: 'db', address: '10.0.0.1' }] });
    expect(etc(world, 'web', 'hosts').split('\n').slice(2)).toEqual(['127.0.1.1\tme', '10.0.0.1\tdb', '']);
    expect(etc(world, 'web', 'resolv.conf')).toBe('');
    await world.given('open', 'running', { network: 'host', hosts: [{ name: 'db', address: '10.0.0.1' }] });
    expect(etc(world, 'open', 'hosts')).toBe(`${readFileSync('/etc/hosts', 'utf8').trimEnd()}\n10.0.0.1\tdb\n`);
  });

  it('lets the names of a shared network be those of whoever has it', async () => {
    await using world = aWorld();
    await world.given('a', 'running', { hosts: [{ name: 'db', address: '10.0.0.1' }] });
    await world.given('b', 'running', { network: 'container:a' });
    await world.given('c', 'running', { network: 'container:b' });
    expect(lstatSync(join(world.folder('c').etc, 'hosts')).isSymbolicLink()).toBe(true);
    for (const file of ['hosts', 'resolv.conf']) expect(etc(world, 'c', file)).toBe(etc(world, 'a', file));
    expect(etc(world, 'c', 'hostname')).not.toBe(etc(world, 'a', 'hostname'));
  });

  it('refers to shared namespaces by links that the unit sets right at each start', async () => {
    await using world = aWorld();
    await world.given('a', 'running');
    const request = { network: 'container:a', pidNamespace: 'container:a', ipcNamespace: 'host' };
    const [command = []] = await preparing(world, async () => await world.given('b', 'running', request));
    const links = join(world.folder('b').path, 'namespaces');
    expect(specOf(world, 'b').linux['namespaces']).toEqual([
      { type: 'pid', path: join(links, 'pid') },
      { type: 'uts' },
      { type: 'cgroup' },
      { type: 'network', path: join(links, 'net') },
      { type: 'mount' },
    ]);
    const pidFile = world.folder('a').pidFile;
    expect(command.slice(3)).toEqual(['sh', pidFile, links, 'net', 'pid']);
    const [program = '', ...args] = command;
    for (const pid of ['77', '88']) {
      writeFileSync(pidFile, pid);
      execFileSync(program, args);
      expect(readlinkSync(join(links, 'net'))).toBe(`/proc/${pid}/ns/net`);
    }
    writeFileSync(pidFile, '');
    expect(() => execFileSync(program, args)).toThrow('Command failed');
  });

  it('is none while the container whose namespace is shared does not run', async () => {
    await using world = aWorld();
    const { id } = await world.given('a');
    await world.given('b', 'configured', { ipcNamespace: 'container:a' });
    await expect(world.containers.start('b', { dependencies: 'must-run' }, patient)).rejects.toThrow(
      new ContainerError('NoSuchNamespace', { namespace: `container:${id}` }),
    );
    expect(await world.state('b')).toBe('configured');
  });

  it('mounts a folder of the host as it is', async () => {
    await using world = aWorld();
    const rootDirectory = join(world.directory, 'tree');
    mkdirSync(rootDirectory);
    const request = { image: undefined, rootDirectory, command: ['true'] };
    const start = vi.spyOn(world.units, 'startTransient');
    await world.given('web', 'running', request);
    const command = start.mock.lastCall?.[0].properties.find(({ name }) => name === 'ExecStartEx')?.value;
    const mount = JSON.stringify(['/usr/bin/mount', '--bind', rootDirectory, world.folder('web').root]);
    expect(JSON.stringify(command)).toContain(mount.slice(1, -1));
  });

  it('tells runc that devices are the unit’s business, and crun nothing', async () => {
    await using world = aWorld();
    await world.given('a', 'running', { runtime: 'crun' });
    await world.given('b', 'running', { runtime: 'runc' });
    expect(specOf(world, 'a').linux).not.toHaveProperty('resources');
    expect(specOf(world, 'b').linux).toHaveProperty('resources.devices');
  });

  it('keeps the annotations that are asked for beside its own', async () => {
    await using world = aWorld();
    const { id } = await world.given('web', 'running', { annotations: { a: 'b' } });
    expect(specOf(world, 'web').annotations).toEqual({
      a: 'b',
      'io.berth.container.id': id,
      'io.berth.container.name': 'web',
    });
  });
});
