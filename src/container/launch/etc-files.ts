/** The files by which a container knows names: of itself, of others, and of its time zone. As podman writes them. */
import { rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { SpecMount } from '../../oci-spec/mounts.ts';
import type { Configuration } from '../configuration/configuration.ts';
import type { Folder } from '../records/folder.ts';
import { readHostFile, readZone } from './host-files.ts';
import { parseNamespace } from '../configuration/namespaces.ts';

const LOCAL = '127.0.0.1\tlocalhost\n::1\tlocalhost ip6-localhost ip6-loopback\n';

/**
 * @param folderOf of a container that this one shares the network of: names and resolvers are that one's, then
 * @throws ContainerError `InvalidFile` for a time zone that is gone
 */
export async function writeEtc(folder: Folder, config: Configuration, folderOf: (id: string) => Folder): Promise<void> {
  const inside = (name: string): string => join(folder.etc, name);
  writeFileSync(inside('hostname'), `${config.hostname}\n`);
  if (config.timeZone !== undefined) writeFileSync(inside('localtime'), await readZone(config.timeZone));
  const network = parseNamespace(config.network);
  if (network.kind === 'container') {
    const { etc } = folderOf(network.name);
    for (const name of ['hosts', 'resolv.conf']) link(join(etc, name), inside(name));
    return;
  }
  writeFileSync(inside('hosts'), `${await hostsOf(network.kind, config)}${linesOf(config)}`);
  // Without a way out there is no resolver to name.
  writeFileSync(inside('resolv.conf'), network.kind === 'private' ? '' : await readHostFile('/etc/resolv.conf'));
}

const hostsOf = async (kind: 'private' | 'host' | 'path', { hostname }: Configuration): Promise<string> =>
  kind === 'host' ? ended(await readHostFile('/etc/hosts')) : `${LOCAL}127.0.1.1\t${hostname}\n`;

const ended = (text: string): string => (text === '' || text.endsWith('\n') ? text : `${text}\n`);
const linesOf = ({ hosts }: Configuration): string =>
  hosts.map(({ address, name }) => `${address}\t${name}\n`).join('');

function link(target: string, path: string): void {
  rmSync(path, { force: true });
  symlinkSync(target, path);
}

/**
 * One that the client has mounted itself is not ours. In a folder that it has mounted, ours lie over what is there.
 */
export function etcMounts({ etc }: Folder, { readOnlyRoot, timeZone, mounts }: Configuration): SpecMount[] {
  const names = ['hosts', 'hostname', 'resolv.conf', ...(timeZone === undefined ? [] : ['localtime'])];
  return names
    .map((name) => ({
      destination: `/etc/${name}`,
      type: 'bind',
      source: join(etc, name),
      options: ['bind', 'rprivate', 'nosuid', 'nodev', readOnlyRoot ? 'ro' : 'rw'],
    }))
    .filter(({ destination }) => mounts.every((mount) => mount.destination !== destination));
}
