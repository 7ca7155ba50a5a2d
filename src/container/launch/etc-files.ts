/** The files by which a container knows names: of itself, of others, and of its time zone. As podman writes them. */
import { rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { SpecMount } from '../../oci-spec/mounts.ts';
import { NetworkError } from '../../network/errors.ts';
import type { Configuration } from '../configuration/configuration.ts';
import { HOST_GATEWAY } from '../configuration/options.ts';
import type { Attached } from '../network/leasing.ts';
import type { Prepared } from '../network/prepare.ts';
import type { Folder } from '../records/folder.ts';
import { readHostFile, readZone } from './host-files.ts';
import { parseNamespace, type Namespace } from '../configuration/namespaces.ts';
import { resolvConfFor, withOwn } from './resolv-conf.ts';

const LOCAL = '127.0.0.1\tlocalhost\n::1\tlocalhost ip6-localhost ip6-loopback\n';
/** podman's and docker's name for the host. */
const HOST_NAMES = ['host.containers.internal', 'host.docker.internal'];

/**
 * @param folderOf of a container that this one shares the network of: names and resolvers are that one's, then
 * @throws ContainerError `InvalidFile` for a time zone that is gone | NetworkError `NetworkFailed` for a gateway that there is not
 */
export async function writeEtc(folder: Folder, prepared: Prepared, folderOf: (id: string) => Folder): Promise<void> {
  const { config } = prepared.container;
  const inside = (name: string): string => join(folder.etc, name);
  writeFileSync(inside('hostname'), `${config.hostname}\n`);
  if (config.timeZone !== undefined) writeFileSync(inside('localtime'), await readZone(config.timeZone));
  const network = parseNamespace(config.network);
  if (network.kind === 'container') {
    const { etc } = folderOf(network.name);
    for (const name of ['hosts', 'resolv.conf']) link(join(etc, name), inside(name));
    return;
  }
  await writeNames(folder, prepared);
}

/** Those that say who is where on its networks. In the same files as before: a container that runs sees what is new. @throws NetworkError */
export async function writeNames({ etc }: Folder, { container, attached }: Prepared): Promise<void> {
  const { config, name } = container;
  const { kind } = parseNamespace(config.network);
  const gateway = gatewayFor(kind, attached);
  const own = config.hosts.map((host) => [gatewayOr(host.address, gateway, name), host.name] as const);
  const known = new Set(config.hosts.map((host) => host.name));
  const ofHost = kind === 'networks' && gateway !== undefined ? HOST_NAMES.filter((each) => !known.has(each)) : [];
  const lines = [
    ...own.map(([address, host]) => `${address}\t${host}\n`),
    ...(ofHost.length === 0 ? [] : [`${gateway ?? ''}\t${ofHost.join(' ')}\n`]),
    ...attached.flatMap(({ lease }) => lease.addresses.map((address) => `${address}\t${config.hostname} ${name}\n`)),
  ];
  writeFileSync(join(etc, 'hosts'), `${await hostsOf(kind, config)}${lines.join('')}`);
  writeFileSync(join(etc, 'resolv.conf'), await resolversOf(kind, config, attached));
}

async function hostsOf(kind: Namespace['kind'], { hostname }: Configuration): Promise<string> {
  if (kind === 'host') return ended(await readHostFile('/etc/hosts'));
  return kind === 'networks' ? LOCAL : `${LOCAL}127.0.1.1\t${hostname}\n`;
}

async function resolversOf(
  kind: Namespace['kind'],
  config: Configuration,
  attached: readonly Attached[],
): Promise<string> {
  switch (kind) {
    case 'networks':
      return await resolvConfFor(config, attached.flatMap(serversOf));
    case 'private':
      return withOwn('', config); // without a way out there is no resolver to name
    case 'host':
    case 'path':
    case 'container':
      return withOwn(await readHostFile('/etc/resolv.conf'), config);
  }
}

/** aardvark-dns answers at the network's gateways. */
const serversOf = ({ network }: Attached): string[] =>
  network.dns ? network.subnets.flatMap(({ gateway }) => (gateway === undefined ? [] : [gateway])) : [];

/** By which address the container reaches its host; of IPv4 where there is one. */
function gatewayFor(kind: Namespace['kind'], attached: readonly Attached[]): string | undefined {
  if (kind === 'host') return '127.0.0.1';
  const gateways = attached
    .filter(({ network }) => network.driver === 'bridge')
    .flatMap(({ network }) => network.subnets.map(({ gateway }) => gateway))
    .filter((gateway) => gateway !== undefined);
  return gateways.find((gateway) => gateway.includes('.')) ?? gateways[0];
}

function gatewayOr(address: string, gateway: string | undefined, container: string): string {
  if (address !== HOST_GATEWAY) return address;
  if (gateway !== undefined) return gateway;
  throw new NetworkError('NetworkFailed', {
    container,
    message: `no network of it has a gateway that ${HOST_GATEWAY} could be`,
  });
}

const ended = (text: string): string => (text === '' || text.endsWith('\n') ? text : `${text}\n`);

function link(target: string, path: string): void {
  rmSync(path, { force: true });
  symlinkSync(target, path);
}

/**
 * One that the client has mounted itself is not ours. In a folder that it has mounted, ours lie over what is there.
 */
export function etcMounts({ etc }: Folder, { readOnlyRoot, timeZone, mounts, noHosts }: Configuration): SpecMount[] {
  const names = [
    ...(noHosts ? [] : ['hosts']),
    'hostname',
    'resolv.conf',
    ...(timeZone === undefined ? [] : ['localtime']),
  ];
  return names
    .map((name) => ({
      destination: `/etc/${name}`,
      type: 'bind',
      source: join(etc, name),
      options: ['bind', 'rprivate', 'nosuid', 'nodev', readOnlyRoot ? 'ro' : 'rw'],
    }))
    .filter(({ destination }) => mounts.every((mount) => mount.destination !== destination));
}
