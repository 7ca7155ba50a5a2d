/** /etc/resolv.conf of containers (resolv.conf(5)), from what the host has and what the container and its networks say. */
import { isIPv6 } from 'node:net';
import { readHostFile } from './host-files.ts';
import type { Configuration } from '../configuration/configuration.ts';

interface Resolver {
  readonly servers: readonly string[];
  readonly search: readonly string[];
  readonly options: readonly string[];
}

/** Where the servers stand that the host asks in truth, when it asks itself: systemd-resolved's, NetworkManager's. */
const BEHIND_STUBS: Readonly<Record<string, string>> = {
  '127.0.0.53': '/run/systemd/resolve/resolv.conf',
  '127.0.0.54': '/run/systemd/resolve/resolv.conf',
  '127.0.0.1': '/run/NetworkManager/no-stub-resolv.conf',
};

export function parseResolvConf(text: string): Resolver {
  const lines = text.split('\n').map((line) => line.trim().split(/\s+/u));
  const valuesOf = (key: string): string[][] => lines.filter(([first]) => first === key).map(([, ...values]) => values);
  const search = [...valuesOf('domain'), ...valuesOf('search')].at(-1) ?? [];
  return {
    servers: valuesOf('nameserver').flatMap(([server]) => (server === undefined ? [] : [server])),
    search,
    options: valuesOf('options').flat(),
  };
}

/** Those of the host that can be reached from another network namespace. */
export async function hostResolver(read = readHostFile): Promise<Resolver> {
  const own = parseResolvConf(await read('/etc/resolv.conf'));
  const [only, ...others] = own.servers;
  const behind = only === undefined || others.length > 0 ? undefined : BEHIND_STUBS[only];
  const found = behind === undefined ? own : { ...own, servers: parseResolvConf(await read(behind)).servers };
  return { ...found, servers: found.servers.filter((server) => !isOfHost(server)) };
}

/** Of the loopback device, or of a link that is another one in the container. */
const isOfHost = (server: string): boolean =>
  server.startsWith('127.') || (isIPv6(server) && (server === '::1' || server.includes('%')));

/** Where names that end so are looked for among containers; netavark's. */
const SEARCH_OF_NETWORKS = 'dns.podman';

/** @param servers that answer for the container's networks; empty where its networks have no names */
export async function resolvConfFor(config: Configuration, servers: readonly string[]): Promise<string> {
  const host = await hostResolver();
  // What is asked for by the container is asked by aardvark-dns, then.
  const asked = servers.length > 0 ? servers : config.dnsServers.length > 0 ? config.dnsServers : host.servers;
  const own = config.dnsSearch?.filter((domain) => domain !== '.');
  const search = own ?? [...(servers.length > 0 ? [SEARCH_OF_NETWORKS] : []), ...host.search];
  return resolvConf({ servers: asked, search, options: config.dnsOptions ?? host.options });
}

export const resolvConf = ({ servers, search, options }: Resolver): string =>
  [
    ...(search.length === 0 ? [] : [`search ${search.join(' ')}`]),
    ...servers.map((server) => `nameserver ${server}`),
    ...(options.length === 0 ? [] : [`options ${options.join(' ')}`]),
  ]
    .map((line) => `${line}\n`)
    .join('');

/** With what the container asks for in the place of what the host has. */
export function withOwn(text: string, { dnsServers, dnsSearch, dnsOptions }: Configuration): string {
  if (dnsServers.length === 0 && dnsSearch === undefined && dnsOptions === undefined) return text;
  const host = parseResolvConf(text);
  return resolvConf({
    servers: dnsServers.length > 0 ? dnsServers : host.servers,
    search: dnsSearch?.filter((domain) => domain !== '.') ?? host.search,
    options: dnsOptions ?? host.options,
  });
}
