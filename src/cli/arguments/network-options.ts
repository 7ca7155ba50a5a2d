import type { Definition, Driver, IpamDriver, Route, Subnet } from '../../api/io-berth-network.ts';
import { formatAddress, lastOf, parseSubnet } from '../../lib/ip.ts';
import { UsageError, type Given, type Options } from './args.ts';
import { labelsFrom } from './variables.ts';

/** What `network create` takes. */
// prettier-ignore
export const NETWORK_OPTIONS = {
  driver: { kind: 'text', short: 'd', value: 'bridge|macvlan|ipvlan', help: 'How containers are connected; default: bridge' },
  subnet: { kind: 'texts', value: 'SUBNET', help: 'A subnet, such as 10.64.7.0/24 or fd00:7::/64' },
  gateway: { kind: 'texts', value: 'ADDRESS', help: "The host's address in the subnet given at the same place; default: the first" },
  'ip-range': { kind: 'texts', value: 'SUBNET|FIRST-LAST', help: 'The addresses that containers get, of the subnet given at the same place' },
  ipv6: { kind: 'flag', help: 'A subnet of IPv6 besides' },
  internal: { kind: 'flag', help: 'Containers reach nobody but one another' },
  'disable-dns': { kind: 'flag', help: 'Containers do not find one another by their names' },
  dns: { kind: 'texts', value: 'ADDRESS', help: 'Ask this server for other names' },
  'interface-name': { kind: 'text', value: 'NAME', help: 'The bridge, or the device of this host that macvlan and ipvlan go by' },
  'ipam-driver': { kind: 'text', value: 'host-local|dhcp|none', help: 'Who gives addresses' },
  route: { kind: 'texts', value: 'SUBNET,GATEWAY[,METRIC]', help: 'A route that containers have' },
  opt: { kind: 'texts', short: 'o', value: 'NAME=VALUE', help: 'An option, such as mtu=1400, isolate=true or mode=vepa' },
  label: { kind: 'texts', value: 'KEY[=VALUE]', help: 'Set a label' },
  ignore: { kind: 'flag', help: 'Be content with one of this name that exists' },
} as const satisfies Options;

/** @throws UsageError */
export function definitionFrom(args: Given<typeof NETWORK_OPTIONS>): Definition {
  const options = labelsFrom('--opt', args.texts('opt'));
  const { parent, ...others } = options;
  const device = args.text('interface-name') ?? parent;
  return {
    driver: ifGiven(args.text('driver'), driverFrom),
    interface: device,
    subnets: someOf(subnetsFrom(args)),
    routes: someOf(args.texts('route').map(routeFrom)),
    ipv6: args.flag('ipv6') || undefined,
    internal: args.flag('internal') || undefined,
    dns: args.flag('disable-dns') ? false : undefined,
    dnsServers: someOf(args.texts('dns')),
    labels: entriesOf(labelsFrom('--label', args.texts('label'))),
    options: entriesOf(others),
    ipam: ifGiven(args.text('ipam-driver'), ipamFrom),
  };
}

const ifGiven = <T>(text: string | undefined, parse: (text: string) => T): T | undefined =>
  text === undefined ? undefined : parse(text);
const someOf = <T>(list: readonly T[]): readonly T[] | undefined => (list.length === 0 ? undefined : list);
const entriesOf = (map: Record<string, string>): Record<string, string> | undefined =>
  Object.keys(map).length === 0 ? undefined : map;

function driverFrom(text: string): Driver {
  if (text === 'bridge' || text === 'macvlan' || text === 'ipvlan') return text;
  throw new UsageError(`--driver takes bridge, macvlan or ipvlan, not '${text}'`);
}

function ipamFrom(text: string): IpamDriver {
  if (text === 'dhcp' || text === 'none') return text;
  if (text === 'host-local') return 'host_local';
  throw new UsageError(`--ipam-driver takes host-local, dhcp or none, not '${text}'`);
}

/** The first gateway and the first range belong to the first subnet, and so on, as podman has it. */
function subnetsFrom(args: Given<typeof NETWORK_OPTIONS>): Subnet[] {
  const [subnets, gateways, ranges] = [args.texts('subnet'), args.texts('gateway'), args.texts('ip-range')];
  for (const [option, texts] of [
    ['--gateway', gateways],
    ['--ip-range', ranges],
  ] as const)
    if (texts.length > subnets.length) throw new UsageError(`${option} needs a --subnet each`);
  return subnets.map((subnet, index) => ({
    subnet,
    gateway: gateways[index],
    leaseRange: ifGiven(ranges[index], rangeFrom),
  }));
}

/** @throws UsageError */
function rangeFrom(text: string): { start: string; end: string } {
  const [start = '', end] = text.split('-');
  if (end !== undefined) return { start, end };
  const subnet = parseSubnet(text);
  if (subnet === undefined)
    throw new UsageError(`--ip-range takes a subnet, or FIRST-LAST such as 10.64.7.100-10.64.7.199, not '${text}'`);
  const { family, first } = subnet;
  // The first and the last may be those of the whole subnet, which nobody can have.
  const ends = [first + 1n, family === 4 ? lastOf(subnet) - 1n : lastOf(subnet)] as const;
  const [from, to] = ends.map((value) => formatAddress({ family, value }));
  return { start: from ?? '', end: to ?? '' };
}

function routeFrom(text: string): Route {
  const [destination = '', gateway, metric, more] = text.split(',');
  if (gateway === undefined || more !== undefined || (metric !== undefined && !/^\d{1,10}$/u.test(metric)))
    throw new UsageError(`--route takes SUBNET,GATEWAY[,METRIC], not '${text}'`);
  return { destination, gateway, metric: metric === undefined ? undefined : Number(metric) };
}
