/** The files by which a container knows names: of itself, of others, and of its time zone. As podman writes them. */
import { rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { SpecMount } from '../oci/spec.ts';
import type { Configuration } from './container.ts';
import type { Folder } from './folder.ts';
import { readHostFile, readZone } from './host-files.ts';
import { parseNamespace } from './namespaces.ts';

const LOCAL = '127.0.0.1\tlocalhost\n::1\tlocalhost ip6-localhost ip6-loopback\n';

/**
 * @param folderOf of a container that this one shares the network of: names and resolvers are that one's, then
 * @throws ContainerError `InvalidFile` for a time zone that is gone
 */
export async function writeEtc(folder: Folder, config: Configuration, folderOf: (id: string) => Folder): Promise<void> {
  const inside = (name: string): string => join(folder.etc, name);
  await Promise.all([
    writeFile(inside('hostname'), `${config.hostname}\n`),
    writeZone(inside('localtime'), config),
    writeNames(inside, config, folderOf),
  ]);
}

async function writeZone(path: string, { timeZone }: Configuration): Promise<void> {
  if (timeZone !== undefined) await writeFile(path, await readZone(timeZone));
}

async function writeNames(
  inside: (name: string) => string,
  config: Configuration,
  folderOf: (id: string) => Folder,
): Promise<void> {
  const network = parseNamespace(config.network);
  if (network.kind === 'container') {
    const { etc } = folderOf(network.name);
    for (const name of ['hosts', 'resolv.conf']) await link(join(etc, name), inside(name));
    return;
  }
  await Promise.all([
    writeFile(inside('hosts'), `${await hostsOf(network.kind, config)}${linesOf(config)}`),
    // Without a way out there is no resolver to name.
    writeFile(inside('resolv.conf'), network.kind === 'private' ? '' : await readHostFile('/etc/resolv.conf')),
  ]);
}

const hostsOf = async (kind: 'private' | 'host' | 'path', { hostname }: Configuration): Promise<string> =>
  kind === 'host' ? ended(await readHostFile('/etc/hosts')) : `${LOCAL}127.0.1.1\t${hostname}\n`;

const ended = (text: string): string => (text === '' || text.endsWith('\n') ? text : `${text}\n`);
const linesOf = ({ hosts }: Configuration): string =>
  hosts.map(({ address, name }) => `${address}\t${name}\n`).join('');

async function link(target: string, path: string): Promise<void> {
  await rm(path, { force: true });
  await symlink(target, path);
}

export function etcMounts({ etc }: Folder, { readOnlyRoot, timeZone }: Configuration): SpecMount[] {
  const names = ['hosts', 'hostname', 'resolv.conf', ...(timeZone === undefined ? [] : ['localtime'])];
  return names.map((name) => ({
    destination: `/etc/${name}`,
    type: 'bind',
    source: join(etc, name),
    options: ['bind', 'rprivate', 'nosuid', 'nodev', readOnlyRoot ? 'ro' : 'rw'],
  }));
}
