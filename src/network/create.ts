import { randomBytes } from 'node:crypto';
import { formatAddress, formatSubnet, overlap, parseSubnet, type Subnet } from '../lib/ip.ts';
import { NetworkError } from './errors.ts';
import type { HostNetworks, TakenSubnet } from './host.ts';
import {
  DEFAULT_INTERFACE,
  DEFAULT_NETWORK,
  isNetworkName,
  type Driver,
  type IpamDriver,
  type Network,
  type NetworkSubnet,
  type Route,
} from './network.ts';
import type { NetworkFiles } from './network-files.ts';
import type { Pool } from '../lib/subnet-pools.ts';
import { freeSubnet, freeSubnet6 } from './pools.ts';
import { breachOf } from './rules.ts';

/** What a client asks for; what is left out is found. */
export interface NetworkRequest {
  readonly name?: string | undefined;
  readonly driver?: Driver | undefined;
  readonly interface?: string | undefined;
  readonly subnets?: readonly NetworkSubnet[] | undefined;
  readonly routes?: readonly Route[] | undefined;
  readonly ipv6?: boolean | undefined;
  readonly internal?: boolean | undefined;
  readonly dns?: boolean | undefined;
  readonly dnsServers?: readonly string[] | undefined;
  readonly labels?: Readonly<Record<string, string>> | undefined;
  readonly options?: Readonly<Record<string, string>> | undefined;
  readonly ipam?: IpamDriver | undefined;
}

export interface CreatePorts {
  readonly files: NetworkFiles;
  readonly host: HostNetworks;
  readonly pools: () => readonly Pool[];
  readonly now: () => Date;
}

/** As docker has it, so that as many containers fit on the default network. */
const DEFAULT_LENGTH = 16;

export const defaultRequest: NetworkRequest = { name: DEFAULT_NETWORK, interface: DEFAULT_INTERFACE };

/** @throws NetworkError `NetworkExists` | `SubnetInUse` | `InterfaceInUse` | `NoFreeSubnet` | `InvalidParameter` | `InvalidNetwork` */
export async function create(ports: CreatePorts, request: NetworkRequest, signal: AbortSignal): Promise<Network> {
  const { files, host, now } = ports;
  if (request.name !== undefined) demandFreeName(files, request.name);
  const onHost = await host.subnets(signal);
  // From here on nothing is waited for: nobody else can come in between.
  if (request.name !== undefined) demandFreeName(files, request.name);
  const { networks } = files.readAll();
  const taken = [...onHost, ...networks.flatMap(takenBy)];
  const name = request.name ?? freeName(networks);
  const options = withoutAliases(request.options ?? {});
  const driver = request.driver ?? 'bridge';
  const { ipam, subnets } = subnetsFor(ports, { ...request, driver, options: options.own, name }, taken);
  const network: Network = {
    name,
    id: newId(networks),
    driver,
    interface: interfaceFor(request.interface ?? options.interface, driver, options.own, networks, host),
    createdAt: now(),
    subnets,
    routes: request.routes ?? [],
    ipv6: subnets.some(({ subnet }) => parseSubnet(subnet)?.family === 6),
    internal: request.internal ?? false,
    dns: request.dns ?? (driver === 'bridge' && options.own['mode'] !== 'unmanaged' && ipam === 'host-local'),
    dnsServers: request.dnsServers ?? [],
    labels: request.labels ?? {},
    options: options.own,
    ipam,
  };
  const breach = breachOf(network);
  if (breach !== undefined) throw invalid(parameterOf(breach.member));
  files.write(network);
  return network;
}

const invalid = (member: string): NetworkError =>
  new NetworkError('InvalidParameter', { parameter: member === '' ? 'definition' : `definition.${member}` });

function demandFreeName(files: NetworkFiles, name: string): void {
  if (!isNetworkName(name)) throw invalid('name');
  if (files.read(name) !== undefined) throw new NetworkError('NetworkExists', { name });
}

/** Members as the file has them, by what clients call them. */
const PARAMETERS: Readonly<Record<string, string>> = {
  network_interface: 'interface',
  ipv6_enabled: 'ipv6',
  dns_enabled: 'dns',
  network_dns_servers: 'dnsServers',
  ipam_options: 'ipam',
  lease_range: 'leaseRange',
  start_ip: 'start',
  end_ip: 'end',
};

/** `subnets.0.lease_range.start_ip` is `subnets[0].leaseRange.start`. */
const parameterOf = (member: string): string =>
  member
    .replace(/^ipam_options\.driver$/u, 'ipam_options')
    .split('.')
    .map((part) => (/^\d+$/u.test(part) ? `[${part}]` : `.${PARAMETERS[part] ?? part}`))
    .join('')
    .slice(1);

export const takenBy = (network: Network): TakenSubnet[] =>
  network.subnets.flatMap(({ subnet: text }) => {
    const subnet = parseSubnet(text);
    return subnet === undefined ? [] : [{ subnet, holder: `the network ${network.name}` }];
  });

function freeName(networks: readonly Network[]): string {
  const names = new Set(networks.map(({ name }) => name));
  for (let number = 1; ; number++) if (!names.has(`network${number}`)) return `network${number}`;
}

/** netavark names its chains by the beginning. */
function newId(networks: readonly Network[]): string {
  for (;;) {
    const id = randomBytes(32).toString('hex');
    if (!networks.some((other) => other.id.slice(0, 8) === id.slice(0, 8))) return id;
  }
}

const DOCKERS = { mtu: 'com.docker.network.driver.mtu', interface: 'com.docker.network.bridge.name' } as const;

/** docker's names for options, as podman takes them too. */
function withoutAliases(options: Readonly<Record<string, string>>): {
  own: Record<string, string>;
  interface: string | undefined;
} {
  const { [DOCKERS.mtu]: mtu, [DOCKERS.interface]: device, ...own } = options;
  return { own: mtu === undefined ? own : { ...own, mtu }, interface: device };
}

interface Wanted extends NetworkRequest {
  readonly name: string;
  readonly driver: Driver;
}

function subnetsFor(
  { pools }: CreatePorts,
  request: Wanted,
  taken: readonly TakenSubnet[],
): { readonly ipam: IpamDriver; readonly subnets: NetworkSubnet[] } {
  const { driver, options = {}, subnets: asked = [] } = request;
  if (asked.length === 0 && request.ipam !== undefined && request.ipam !== 'host-local')
    return { ipam: request.ipam, subnets: [] };
  const isManaged = driver === 'bridge' && options['mode'] !== 'unmanaged';
  if (asked.length === 0 && !isManaged && request.ipam === undefined && request.ipv6 !== true)
    return { ipam: driver === 'ipvlan' ? 'none' : 'dhcp', subnets: [] };
  // The device of another driver is in a subnet already, which is the one that is meant.
  if (isManaged)
    for (const [index, { subnet }] of asked.entries()) demandFree(subnet, `subnets[${index}].subnet`, taken);
  const found = asked.map(({ subnet }) => parseSubnet(subnet));
  const length = request.name === DEFAULT_NETWORK ? DEFAULT_LENGTH : undefined;
  const further: Subnet[] = [
    ...(asked.length === 0 ? [freeSubnet(pools(), taken, length)] : []),
    ...(request.ipv6 === true && !found.some((each) => each?.family === 6) ? [freeSubnet6(taken)] : []),
  ];
  const all = [...asked, ...further.map((subnet): NetworkSubnet => ({ subnet: formatSubnet(subnet) }))];
  const hasGateway = request.internal !== true || request.dns !== false;
  return { ipam: request.ipam ?? 'host-local', subnets: all.map((each) => (hasGateway ? withGateway(each) : each)) };
}

/** @throws NetworkError */
function demandFree(text: string, member: string, taken: readonly TakenSubnet[]): void {
  const subnet = parseSubnet(text);
  if (subnet === undefined) throw invalid(member);
  const other = taken.find((each) => overlap(each.subnet, subnet));
  if (other !== undefined) throw new NetworkError('SubnetInUse', { subnet: text, holder: other.holder });
}

/** The first address is the host's, where nobody says otherwise. */
function withGateway(each: NetworkSubnet): NetworkSubnet {
  const subnet = parseSubnet(each.subnet);
  if (each.gateway !== undefined || subnet === undefined) return each;
  return { ...each, gateway: formatAddress({ family: subnet.family, value: subnet.first + 1n }) };
}

function interfaceFor(
  asked: string | undefined,
  driver: Driver,
  options: Readonly<Record<string, string>>,
  networks: readonly Network[],
  host: HostNetworks,
): string {
  if (driver !== 'bridge') return asked ?? '';
  const ofNetwork = (name: string): string | undefined =>
    networks.find((network) => network.driver === 'bridge' && network.interface === name)?.name;
  if (asked !== undefined) {
    const holder = ofNetwork(asked);
    // One bridge with several VLANs, or one that somebody else has made, is what these are for.
    if (options['mode'] === 'unmanaged' || options['vlan'] !== undefined) return asked;
    const found = holder === undefined ? host.interfaceHolder(asked) : `the network ${holder}`;
    if (found !== undefined) throw new NetworkError('InterfaceInUse', { interface: asked, holder: found });
    return asked;
  }
  for (let number = 1; ; number++) {
    const name = `berth${number}`;
    if (ofNetwork(name) === undefined && host.interfaceHolder(name) === undefined) return name;
  }
}
