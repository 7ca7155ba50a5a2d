/** What of a container's network a client asks for, as it is kept. Pure but for free ports, which are found elsewhere. */
import { parseAddress } from '../../lib/ip.ts';
import { isInterfaceName, isMac, isNetworkName, DEFAULT_NETWORK } from '../../network/network.ts';
import { clashOf, MAX_PORT, PROTOCOLS, type PortMapping, type Protocol } from '../../network/port-mapping.ts';
import type {
  Configuration as Request,
  NetworkAttachment as AttachmentRequest,
  Port as PortRequest,
} from '../../api/io-berth-container.ts';
import type { Configuration, NetworkAttachment } from './configuration.ts';
import { invalid, listOf, MAX_ENTRIES, numberWithin, textOf } from './checks.ts';

export type { AttachmentRequest };

type Networking = Pick<Configuration, 'networks' | 'ports' | 'dnsServers' | 'dnsSearch' | 'dnsOptions' | 'noHosts'>;

/** resolv.conf(5) and aardvark-dns look at no more. */
const MAX_SERVERS = 16;
/** Each of them is a rule of the firewall, and a descriptor. */
export const MAX_PORTS = 8192;
const NAME = /^[a-zA-Z0-9_](?:[a-zA-Z0-9_.-]{0,251}[a-zA-Z0-9_])?$/u;

/**
 * @param network the `network` of the same container: only one that is on networks has addresses and ports
 * @param offered by the image, as its EXPOSE has them
 * @returns ports whose host port is 0 where a free one is to be found
 * @throws ContainerError `InvalidParameter`
 */
export function networkingOf(request: Request, network: string, offered: readonly string[]): Networking {
  const isOnNetworks = network === 'networks';
  const isShared = network.startsWith('container:');
  for (const member of ['networks', 'ports'] as const)
    if (!isOnNetworks && (request[member] ?? []).length > 0) throw invalid(member);
  if (request.publishAll === true && !isOnNetworks) throw invalid('publishAll');
  // Names and resolvers are the other one's, then.
  for (const member of ['dnsServers', 'dnsSearch', 'dnsOptions'] as const)
    if (isShared && (request[member] ?? []).length > 0) throw invalid(member);
  if (isShared && request.noHosts === true) throw invalid('noHosts');
  const exposed = listOf(request.exposedPorts, 'exposedPorts', exposedPortOf);
  return {
    networks: isOnNetworks ? networksOf(request.networks) : [],
    ports: portsOf(request, [...exposed, ...offered.flatMap(offeredPort)]),
    dnsServers: listOf(request.dnsServers, 'dnsServers', addressOf, MAX_SERVERS),
    dnsSearch:
      request.dnsSearch === undefined ? undefined : listOf(request.dnsSearch, 'dnsSearch', domainOf, MAX_SERVERS),
    dnsOptions:
      request.dnsOptions === undefined ? undefined : listOf(request.dnsOptions, 'dnsOptions', dnsOptionOf, MAX_SERVERS),
    noHosts: request.noHosts ?? false,
  };
}

function networksOf(requests: readonly AttachmentRequest[] = [{ network: DEFAULT_NETWORK }]): NetworkAttachment[] {
  if (requests.length === 0) throw invalid('networks');
  const all = listOf(requests, 'networks', attachmentOf);
  const twice = all.findIndex(({ network }, index) => all.findIndex((other) => other.network === network) < index);
  if (twice >= 0) throw invalid(`networks[${twice}].network`);
  const names = all.map((each) => each.interface).filter((name) => name !== undefined);
  if (new Set(names).size < names.length) throw invalid('networks');
  return all;
}

/** @throws ContainerError `InvalidParameter` */
export function attachmentOf(request: AttachmentRequest, member: string): NetworkAttachment {
  const { network, mac, interface: device, options = {} } = request;
  const at = (name: string): string => (member === '' ? name : `${member}.${name}`);
  if (!isNetworkName(network)) throw invalid(at('network'));
  if (mac !== undefined && !isMac(mac.toLowerCase())) throw invalid(at('mac'));
  if (device !== undefined && (!isInterfaceName(device) || device === 'lo')) throw invalid(at('interface'));
  for (const [name, value] of Object.entries(options))
    if (name !== 'host_interface_name' || !isInterfaceName(value)) throw invalid(at('options'));
  return {
    network,
    aliases: listOf(request.aliases, at('aliases'), nameOf),
    addresses: listOf(request.addresses, at('addresses'), addressOf),
    mac: mac?.toLowerCase(),
    interface: device,
    options,
  };
}

/** Names end at spaces in the file that aardvark-dns reads. */
function nameOf(name: string, member: string): string {
  if (!NAME.test(name)) throw invalid(member);
  return name.toLowerCase();
}

function addressOf(text: string, member: string): string {
  if (parseAddress(text) === undefined) throw invalid(member);
  return text;
}

function domainOf(domain: string, member: string): string {
  if (domain !== '.' && !NAME.test(domain)) throw invalid(member);
  return domain;
}

function dnsOptionOf(option: string, member: string): string {
  if (!/^[a-z0-9-]{1,64}(?::\d{1,5})?$/u.test(option)) throw invalid(member);
  return textOf(option, member);
}

const isProtocol = (text: string): text is Protocol => PROTOCOLS.some((protocol) => protocol === text);

interface Exposed {
  readonly first: number;
  readonly count: number;
  readonly protocol: Protocol;
}

/** `80`, `80/tcp`, `8000-8010/udp`. */
function parseExposed(text: string): Exposed | undefined {
  const {
    first = '',
    last = first,
    protocol = 'tcp',
  } = /^(?<first>\d{1,5})(?:-(?<last>\d{1,5}))?(?:\/(?<protocol>[a-z]+))?$/u.exec(text)?.groups ?? {};
  const [from, to] = [Number(first), Number(last)];
  if (first === '' || from < 1 || to > MAX_PORT || to < from || !isProtocol(protocol)) return undefined;
  return { first: from, count: to - from + 1, protocol };
}

function exposedPortOf(text: string, member: string): Exposed {
  const exposed = parseExposed(text);
  if (exposed === undefined) throw invalid(member);
  return exposed;
}

/** What an image says that makes no sense is of no use to anybody. */
const offeredPort = (text: string): Exposed[] => [parseExposed(text)].filter((each) => each !== undefined);

function portsOf({ ports = [], publishAll = false }: Request, offered: readonly Exposed[]): PortMapping[] {
  const asked = listOf(ports, 'ports', portOf).flat();
  const further = publishAll
    ? offered.flatMap(({ first, count, protocol }) =>
        oneByOne({ hostAddress: '', hostPort: 0, containerPort: first, count, protocol }),
      )
    : [];
  const isAsked = (port: PortMapping): boolean =>
    asked.some(
      ({ protocol, containerPort, count }) =>
        protocol === port.protocol && port.containerPort >= containerPort && port.containerPort < containerPort + count,
    );
  const unasked = further.filter((port) => !isAsked(port));
  const all = [
    ...asked,
    ...unasked.filter((port, index) => unasked.findIndex((other) => isSame(other, port)) === index),
  ];
  if (all.reduce((sum, { count }) => sum + count, 0) > MAX_PORTS || all.length > MAX_ENTRIES) throw invalid('ports');
  const clash = all.findIndex((port, index) =>
    all.slice(0, index).some((other) => other.hostPort > 0 && clashOf(other, port) !== undefined),
  );
  if (clash >= 0) throw invalid(`ports[${Math.min(clash, Math.max(0, ports.length - 1))}].hostPort`);
  return all;
}

const isSame = (a: PortMapping, b: PortMapping): boolean =>
  a.protocol === b.protocol && a.containerPort === b.containerPort;

/** Free ports are found one at a time. */
const oneByOne = (mapping: PortMapping): PortMapping[] =>
  Array.from({ length: mapping.count }, (_, index) => ({
    ...mapping,
    containerPort: mapping.containerPort + index,
    count: 1,
  }));

function portOf(request: PortRequest, member: string): PortMapping[] {
  const { hostAddress = '', hostPort = 0, containerPort, count = 1, protocol = 'tcp' } = request;
  if (hostAddress !== '' && parseAddress(hostAddress) === undefined) throw invalid(`${member}.hostAddress`);
  numberWithin(count, `${member}.count`, 1, MAX_PORTS);
  numberWithin(hostPort, `${member}.hostPort`, 0, hostPort === 0 ? MAX_PORT : MAX_PORT + 1 - count);
  numberWithin(containerPort, `${member}.containerPort`, 1, MAX_PORT + 1 - count);
  const mapping = { hostAddress, hostPort, containerPort, count, protocol };
  return hostPort === 0 ? oneByOne(mapping) : [mapping];
}
