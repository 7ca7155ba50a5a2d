/** A network as podman writes it to a file, so that files can be carried from one to the other, and edited. */
import * as v from 'valibot';
import { map, text, texts } from '../lib/schema.ts';
import { NetworkError } from './errors.ts';
import { DRIVERS, IPAM_DRIVERS, type Network } from './network.ts';
import { breachOf } from './rules.ts';

/** Go writes lists and maps that are empty as null. */
const orNull = <T extends v.GenericSchema>(schema: T) => v.nullish(schema);
const File = v.strictObject({
  name: text,
  id: text,
  driver: v.picklist(DRIVERS),
  network_interface: v.optional(text, ''),
  created: v.optional(v.pipe(text, v.isoTimestamp())),
  subnets: orNull(
    v.array(
      v.strictObject({
        subnet: text,
        gateway: v.optional(text),
        lease_range: orNull(v.strictObject({ start_ip: v.optional(text), end_ip: v.optional(text) })),
      }),
    ),
  ),
  routes: orNull(v.array(v.strictObject({ destination: text, gateway: text, metric: v.optional(v.number()) }))),
  ipv6_enabled: v.optional(v.boolean(), false),
  internal: v.optional(v.boolean(), false),
  dns_enabled: v.optional(v.boolean(), false),
  network_dns_servers: orNull(texts),
  labels: orNull(map),
  options: orNull(map),
  ipam_options: orNull(v.strictObject({ driver: v.optional(v.picklist(IPAM_DRIVERS)) })),
});

/**
 * @param path of the file, for what is wrong with it
 * @param name that the file is called by
 * @throws NetworkError `InvalidNetwork`
 */
export function parseNetwork(content: string, path: string, name: string): Network {
  const invalid = (member: string, reason: string): NetworkError =>
    new NetworkError('InvalidNetwork', { file: path, member, reason });
  let json: unknown;
  try {
    json = JSON.parse(content);
  } catch (error) {
    throw invalid('', error instanceof Error ? error.message : String(error));
  }
  const parsed = v.safeParse(File, json);
  if (!parsed.success) {
    const [issue] = parsed.issues;
    throw invalid(v.getDotPath(issue) ?? '', issue.message);
  }
  if (parsed.output.name !== name) throw invalid('name', `the file is called ${name}.json`);
  const network = networkOf(parsed.output);
  const breach = breachOf(network);
  if (breach !== undefined) throw invalid(breach.member, breach.reason);
  return network;
}

function networkOf(file: v.InferOutput<typeof File>): Network {
  const subnets = file.subnets ?? [];
  return {
    name: file.name,
    id: file.id,
    driver: file.driver,
    interface: file.network_interface,
    createdAt: new Date(file.created ?? 0),
    subnets: subnets.map(({ subnet, gateway, lease_range: range }) => ({
      subnet,
      gateway,
      leaseRange: range === null || range === undefined ? undefined : { start: range.start_ip, end: range.end_ip },
    })),
    routes: file.routes ?? [],
    ipv6: file.ipv6_enabled,
    internal: file.internal,
    dns: file.dns_enabled,
    dnsServers: file.network_dns_servers ?? [],
    labels: file.labels ?? {},
    options: file.options ?? {},
    ipam: file.ipam_options?.driver ?? (subnets.length === 0 ? 'dhcp' : 'host-local'),
  };
}

/** The members that netavark takes as well, in podman's order. */
export const fileMembers = (network: Network) => ({
  name: network.name,
  id: network.id,
  driver: network.driver,
  ...(network.interface === '' ? {} : { network_interface: network.interface }),
  created: network.createdAt.toISOString(),
  subnets: network.subnets.map(({ subnet, gateway, leaseRange }) => ({
    subnet,
    gateway,
    ...(leaseRange === undefined ? {} : { lease_range: { start_ip: leaseRange.start, end_ip: leaseRange.end } }),
  })),
  ...(network.routes.length === 0 ? {} : { routes: network.routes }),
  ipv6_enabled: network.ipv6,
  internal: network.internal,
  dns_enabled: network.dns,
  ...(network.dnsServers.length === 0 ? {} : { network_dns_servers: network.dnsServers }),
  ...(Object.keys(network.labels).length === 0 ? {} : { labels: network.labels }),
  ...(Object.keys(network.options).length === 0 ? {} : { options: network.options }),
  ipam_options: { driver: network.ipam },
});

export const networkText = (network: Network): string => `${JSON.stringify(fileMembers(network), undefined, 2)}\n`;
