/**
 * What a network has to be, whether a client or an editor wrote it down. What breaks a rule is told by member and reason; who
 * asks puts that into the words of its own error.
 */
import { BITS, contains, isHost, overlap, parseAddress, parseSubnet, type Subnet } from '../lib/ip.ts';
import { isInterfaceName, isNetworkName, type Driver, type Network, type NetworkSubnet } from './network.ts';

/** How a rule is broken. */
export interface Breach {
  /** As the file has it, with dots: `subnets.0.gateway`. */
  readonly member: string;
  readonly reason: string;
}

type Rule = (network: Network) => Breach | undefined;

/** The first rule that a network breaks. */
export function breachOf(network: Network): Breach | undefined {
  for (const rule of RULES) {
    const breach = rule(network);
    if (breach !== undefined) return breach;
  }
  return undefined;
}

const RULES: readonly Rule[] = [
  ({ name }) => (isNetworkName(name) ? undefined : { member: 'name', reason: 'it cannot be the name of a network' }),
  ({ id }) => (/^[0-9a-f]{64}$/u.test(id) ? undefined : { member: 'id', reason: 'it has to be 64 hexadecimal digits' }),
  interfaceRule,
  subnetsRule,
  familyRule,
  ipamRule,
  dnsRule,
  routesRule,
  optionsRule,
  labelsRule,
];

function interfaceRule({ driver, interface: device }: Network): Breach | undefined {
  // macvlan and ipvlan go by the interface of the default route where none is named.
  if (isInterfaceName(device) || (device === '' && driver !== 'bridge')) return undefined;
  return { member: 'network_interface', reason: 'it cannot be the name of an interface' };
}

const MAX_SUBNETS = 16;
const MAX_ENTRIES = 256;

function subnetsRule({ subnets }: Network): Breach | undefined {
  if (subnets.length > MAX_SUBNETS) return { member: 'subnets', reason: `there are more than ${MAX_SUBNETS}` };
  const parsed: Subnet[] = [];
  for (const [index, each] of subnets.entries()) {
    const at = (member: string): string => `subnets.${index}.${member}`;
    const subnet = parseSubnet(each.subnet);
    if (subnet === undefined) return { member: at('subnet'), reason: `'${each.subnet}' is no subnet` };
    if (subnet.length < 8 || BITS[subnet.family] - subnet.length < 2)
      return { member: at('subnet'), reason: `'${each.subnet}' is too large or too small` };
    if (parsed.some((other) => overlap(other, subnet)))
      return { member: at('subnet'), reason: `'${each.subnet}' overlaps another one of this network` };
    const breach = withinRule(each, subnet);
    if (breach !== undefined) return { ...breach, member: at(breach.member) };
    parsed.push(subnet);
  }
  return undefined;
}

function withinRule({ gateway, leaseRange }: NetworkSubnet, subnet: Subnet): Breach | undefined {
  const isWithin = (text: string): boolean => {
    const address = parseAddress(text);
    return address !== undefined && isHost(subnet, address);
  };
  if (gateway !== undefined && !isWithin(gateway))
    return { member: 'gateway', reason: `'${gateway}' is no address of the subnet` };
  const { start, end } = leaseRange ?? {};
  if (start !== undefined && !isWithin(start))
    return { member: 'lease_range.start_ip', reason: `'${start}' is no address of the subnet` };
  const last = end === undefined ? undefined : parseAddress(end);
  if (end !== undefined && (last === undefined || !contains(subnet, last)))
    return { member: 'lease_range.end_ip', reason: `'${end}' is no address of the subnet` };
  const first = start === undefined ? undefined : parseAddress(start);
  if (first !== undefined && last !== undefined && first.value > last.value)
    return { member: 'lease_range.end_ip', reason: 'it lies before the start' };
  return undefined;
}

function familyRule({ subnets, ipv6 }: Network): Breach | undefined {
  const has6 = subnets.some(({ subnet }) => parseSubnet(subnet)?.family === 6);
  if (has6 && !ipv6) return { member: 'ipv6_enabled', reason: 'it has a subnet of IPv6' };
  return undefined;
}

function ipamRule({ driver, subnets, ipam, options }: Network): Breach | undefined {
  const member = 'ipam_options.driver';
  if (ipam === 'host-local' && subnets.length === 0)
    return { member, reason: 'there is no subnet to take addresses of' };
  if (ipam !== 'host-local' && subnets.length > 0) return { member, reason: 'with subnets it is host-local' };
  if (ipam === 'dhcp' && driver === 'ipvlan') return { member, reason: 'ipvlan has no DHCP' };
  if (ipam === 'dhcp' && driver === 'bridge' && options['mode'] !== 'unmanaged')
    return { member, reason: 'a bridge has DHCP with mode=unmanaged only' };
  return undefined;
}

function dnsRule({ dns, dnsServers, driver, subnets }: Network): Breach | undefined {
  if (dns && driver !== 'bridge') return { member: 'dns_enabled', reason: `${driver} has no address to answer at` };
  if (dns && !subnets.some(({ gateway }) => gateway !== undefined))
    return { member: 'dns_enabled', reason: 'it needs a gateway to answer at' };
  if (dnsServers.length > MAX_ENTRIES) return { member: 'network_dns_servers', reason: 'there are too many' };
  const wrong = dnsServers.findIndex((text) => parseAddress(text) === undefined);
  if (wrong >= 0)
    return { member: `network_dns_servers.${wrong}`, reason: `'${dnsServers[wrong] ?? ''}' is no address` };
  // It would ask itself.
  const itself = dnsServers.findIndex((text) => subnets.some(({ gateway }) => gateway === text));
  if (dns && itself >= 0) return { member: `network_dns_servers.${itself}`, reason: 'it is the gateway itself' };
  return undefined;
}

function routesRule({ routes }: Network): Breach | undefined {
  if (routes.length > MAX_ENTRIES) return { member: 'routes', reason: 'there are too many' };
  for (const [index, { destination, gateway, metric }] of routes.entries()) {
    const at = (member: string): string => `routes.${index}.${member}`;
    const subnet = parseSubnet(destination);
    if (subnet === undefined) return { member: at('destination'), reason: `'${destination}' is no subnet` };
    if (parseAddress(gateway)?.family !== subnet.family)
      return { member: at('gateway'), reason: `'${gateway}' is no address of the destination's family` };
    if (metric !== undefined && !isCount(metric, 0, 2 ** 32 - 1))
      return { member: at('metric'), reason: 'it is no number of 32 bits' };
  }
  return undefined;
}

const isCount = (value: number, least: number, most: number): boolean =>
  Number.isSafeInteger(value) && value >= least && value <= most;

type Check = (value: string) => boolean;
const oneOf =
  (...words: readonly string[]): Check =>
  (value) =>
    words.includes(value);
const number =
  (least: number, most: number): Check =>
  (value) =>
    /^\d{1,10}$/u.test(value) && isCount(Number(value), least, most);

const COMMON = { mtu: number(68, 65_535), metric: number(0, 2 ** 32 - 1), no_default_route: oneOf('true', 'false') };

/** Options that netavark understands, by driver; it takes a wrong value of some for another one. */
const OPTIONS: Readonly<Record<Driver, Readonly<Record<string, Check>>>> = {
  bridge: {
    ...COMMON,
    mode: oneOf('managed', 'unmanaged'),
    isolate: oneOf('true', 'false', 'strict'),
    vrf: isInterfaceName,
    vlan: number(1, 4094),
  },
  macvlan: { ...COMMON, mode: oneOf('bridge', 'private', 'vepa', 'passthru'), bclim: number(0, 2 ** 31 - 1) },
  ipvlan: { ...COMMON, mode: oneOf('l2', 'l3', 'l3s') },
};

function optionsRule({ driver, options }: Network): Breach | undefined {
  const known = OPTIONS[driver];
  for (const [name, value] of Object.entries(options)) {
    const check = Object.hasOwn(known, name) ? known[name] : undefined;
    if (check === undefined) return { member: `options.${name}`, reason: `${driver} has no such option` };
    if (!check(value)) return { member: `options.${name}`, reason: `it does not take '${value}'` };
  }
  return undefined;
}

function labelsRule({ labels }: Network): Breach | undefined {
  const entries = Object.entries(labels);
  if (entries.length > MAX_ENTRIES) return { member: 'labels', reason: 'there are too many' };
  const wrong = entries.find(([name, value]) => name === '' || name.includes('\0') || value.includes('\0'));
  return wrong === undefined ? undefined : { member: 'labels', reason: 'a name is empty, or something holds NUL' };
}
