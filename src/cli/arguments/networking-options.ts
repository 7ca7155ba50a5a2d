import type { Configuration, NetworkAttachment, Port, Protocol } from '../../api/io-berth-container.ts';
import { UsageError, type Given, type Options } from './args.ts';
import { parseNamespace } from './host-options.ts';

/** What `run` and `create` say of networks and ports, as docker and podman spell it. */
// prettier-ignore
export const NETWORKING_OPTIONS = {
  network: { kind: 'texts', aliases: ['net'], value: 'NETWORK[:ip=…,mac=…,alias=…,interface_name=…]|none|host|container:NAME|path:PATH', help: 'Put it on a network, several if given several times, or give it none, or that of this host, of another container or at PATH; default: berth, where netavark is installed', member: 'network', refusal: 'takes networks, or one of none, host, container:NAME and path:PATH' },
  'network-alias': { kind: 'texts', value: 'NAME', help: 'Let others on its network find it as NAME, too' },
  ip: { kind: 'text', value: 'ADDRESS', help: 'Its IPv4 address on its network' },
  ip6: { kind: 'text', value: 'ADDRESS', help: 'Its IPv6 address on its network' },
  'mac-address': { kind: 'text', value: 'MAC', help: 'Its Ethernet address on its network' },
  publish: { kind: 'texts', short: 'p', value: '[[IP:]PORT:]PORT[/PROTOCOL]', help: 'Publish a port of it, or a range, at this host; without the port of this host at one that is free', member: 'ports', refusal: 'takes ports from 1 to 65535, each of this host once, and goes with networks that are its own only' },
  'publish-all': { kind: 'flag', short: 'P', help: 'Publish all ports that the image offers, at free ports of this host', member: 'publishAll', refusal: 'goes with networks that are its own only' },
  expose: { kind: 'texts', value: 'PORT[/PROTOCOL]', help: 'Let it offer a port, or a range, besides those of the image', member: 'exposedPorts', refusal: 'takes PORT[/PROTOCOL] or a range, such as 80, 53/udp or 8000-8010' },
  dns: { kind: 'texts', value: 'ADDRESS', help: 'Have it ask this server for names', member: 'dnsServers', refusal: 'takes an address, and does not go with the network of another container' },
  'dns-search': { kind: 'texts', value: 'DOMAIN', help: 'Have it look for short names in DOMAIN; . for none', member: 'dnsSearch', refusal: 'takes a domain, or . for none' },
  'dns-option': { kind: 'texts', aliases: ['dns-opt'], value: 'OPTION', help: 'Set an option of resolv.conf(5)', member: 'dnsOptions', refusal: 'takes an option of resolv.conf(5), such as ndots:2' },
  'no-hosts': { kind: 'flag', help: "Leave it the image's own /etc/hosts", member: 'noHosts', refusal: 'does not go with the network of another container' },
} as const satisfies Options;

type NetworkingArguments = Pick<Given<typeof NETWORKING_OPTIONS>, 'flag' | 'text' | 'texts'>;

/** @throws UsageError */
export function networkingFrom(args: NetworkingArguments): Partial<Configuration> {
  const ports = args.texts('publish').flatMap(parsePort);
  return {
    ...networksFrom(args),
    ports: someOf(ports),
    publishAll: args.flag('publish-all') || undefined,
    exposedPorts: someOf(args.texts('expose')),
    dnsServers: someOf(args.texts('dns')),
    dnsSearch: someOf(args.texts('dns-search')),
    dnsOptions: someOf(args.texts('dns-option')),
    noHosts: args.flag('no-hosts') || undefined,
  };
}

const someOf = <T>(list: readonly T[]): readonly T[] | undefined => (list.length === 0 ? undefined : list);

const DEFAULT = 'berth';
/** podman's and docker's words for the default network. */
const DEFAULT_WORDS = ['bridge', 'default', 'private'];

function networksFrom(args: NetworkingArguments): Pick<Configuration, 'network' | 'networks'> {
  const texts = args.texts('network');
  const wishes = {
    aliases: someOf(args.texts('network-alias')),
    addresses: someOf([args.text('ip'), args.text('ip6')].filter((each) => each !== undefined)),
    mac: args.text('mac-address'),
  };
  const wishesAny = Object.values(wishes).some((wish) => wish !== undefined);
  const [first, ...others] = texts;
  if (first === undefined) return wishesAny ? { networks: [{ network: DEFAULT, ...wishes }] } : {};
  const namespace = namespaceFrom(first);
  if (namespace !== undefined) {
    if (others.length > 0) throw new UsageError(`--network ${first} does not go with other networks`);
    if (wishesAny) throw new UsageError(`--network ${first} has neither addresses nor aliases of its own`);
    return { network: namespace };
  }
  const networks = texts.map(attachmentFrom);
  if (!wishesAny) return { networks };
  const [only] = networks;
  if (only === undefined || others.length > 0)
    throw new UsageError('with several networks, addresses and aliases are given as --network NETWORK:ip=…,alias=…');
  return {
    networks: [
      {
        ...only,
        aliases: someOf([...(only.aliases ?? []), ...(wishes.aliases ?? [])]),
        addresses: someOf([...(only.addresses ?? []), ...(wishes.addresses ?? [])]),
        mac: wishes.mac ?? only.mac,
      },
    ],
  };
}

/** undefined for the name of a network. */
function namespaceFrom(text: string): string | undefined {
  const isNamespace = text === 'none' || text === 'host' || /^(?:container|path|ns):|^\//u.test(text);
  return isNamespace ? parseNamespace('--network', text, ['none', 'host']) : undefined;
}

/** `NETWORK[:KEY=VALUE,…]`. @throws UsageError */
export function attachmentFrom(text: string): NetworkAttachment {
  const colon = text.indexOf(':');
  const name = colon < 0 ? text : text.slice(0, colon);
  const aliases: string[] = [];
  const addresses: string[] = [];
  const found: { mac?: string; interface?: string; options?: Record<string, string> } = {};
  for (const option of colon < 0 ? [] : text.slice(colon + 1).split(',')) {
    const [key, value] = splitAt(option, '=');
    if (value === '') throw new UsageError(`--network takes ${name}:KEY=VALUE,…, not '${option}'`);
    if (key === 'ip' || key === 'ip6') addresses.push(value);
    else if (key === 'alias') aliases.push(value);
    else if (key === 'mac') found.mac = value;
    else if (key === 'interface_name') found.interface = value;
    else if (key === 'host_interface_name') found.options = { host_interface_name: value };
    else
      throw new UsageError(
        `--network has no ${key}=; it takes ip, ip6, mac, alias, interface_name and host_interface_name`,
      );
  }
  const network = DEFAULT_WORDS.includes(name) ? DEFAULT : name;
  return { network, aliases: someOf(aliases), addresses: someOf(addresses), ...found };
}

function splitAt(text: string, separator: string): [string, string] {
  const at = text.indexOf(separator);
  return at < 0 ? [text, ''] : [text.slice(0, at), text.slice(at + 1)];
}

const PORT =
  /^(?:(?:(?<ip>\[[0-9a-fA-F:.]+\]|[0-9.]*):)?(?<host>\d{0,5}(?:-\d{1,5})?):)?(?<inside>\d{1,5}(?:-\d{1,5})?)(?:\/(?<protocol>[a-z,]+))?$/u;
const FORM = '--publish takes [[IP:]PORT:]PORT[/PROTOCOL], such as 8080:80, 127.0.0.1:53:53/udp or 8000-8010:80-90';

/** `[[IP:]HOST:]CONTAINER[/PROTOCOL]`, each side a port or a range. @throws UsageError */
export function parsePort(text: string): Port[] {
  const groups = PORT.exec(text)?.groups;
  if (groups === undefined) throw new UsageError(`${FORM}, not '${text}'`);
  const { ip = '', host = '', inside = '', protocol = 'tcp' } = groups;
  const container = rangeFrom(inside, text);
  const outside = host === '' ? undefined : rangeFrom(host, text);
  if (outside !== undefined && outside.count !== container.count)
    throw new UsageError(`the ranges of --publish ${text} are not equally long`);
  const hostAddress = ip.replace(/^\[(?<address>.*)\]$/u, '$<address>');
  return protocol.split(',').map((each) => ({
    hostAddress: hostAddress === '' ? undefined : hostAddress,
    hostPort: outside?.first,
    containerPort: container.first,
    count: container.count === 1 ? undefined : container.count,
    protocol: protocolFrom(each, text),
  }));
}

function rangeFrom(range: string, text: string): { first: number; count: number } {
  const [first = '', last = first] = range.split('-');
  const [from, to] = [Number(first), Number(last)];
  if (to < from || to > 65_535)
    throw new UsageError(`${FORM}, with ports up to 65535 and ranges upward, not '${text}'`);
  return { first: from, count: to - from + 1 };
}

function protocolFrom(protocol: string, text: string): Protocol {
  if (protocol === 'tcp' || protocol === 'udp' || protocol === 'sctp') return protocol;
  throw new UsageError(`--publish takes tcp, udp or sctp, not '${protocol}' in '${text}'`);
}
