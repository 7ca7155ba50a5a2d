/** Addresses and ports: systemd.resource-control(5), IPAddressAllow=, SocketBindAllow= and NFTSet=. */
import { isIPv4, isIPv6 } from 'node:net';
import { known } from './names.ts';
import { parseInteger } from './quantities.ts';
import { Unparsable } from './unparsable.ts';
import { splitWords } from './words.ts';

/** <sys/socket.h> of Linux */
const AF_INET = 2;
const AF_INET6 = 10;
/** <netinet/in.h> */
const PROTOCOLS = { tcp: 6, udp: 17 };
/** `NFPROTO_…` of <linux/netfilter.h> */
const NFT_FAMILIES = { inet: 1, ip: 2, arp: 3, netdev: 5, bridge: 7, ip6: 10 };
/** `NFTSetSource` of systemd's src/shared/firewall-util.h; those before `cgroup` are networkd's */
const NFT_SOURCES = { cgroup: 3, user: 4, group: 5 };

const KEYWORDS: ReadonlyMap<string, readonly string[]> = new Map([
  ['any', ['0.0.0.0/0', '::/0']],
  ['localhost', ['127.0.0.0/8', '::1/128']],
  ['link-local', ['169.254.0.0/16', 'fe80::/64']],
  ['multicast', ['224.0.0.0/4', 'ff00::/8']],
]);

/** As `(iayu)`: family, address, length of the prefix. */
type Prefix = readonly [family: number, address: Buffer, length: number];

/** Addresses with or without the length of a prefix, and the keywords. @throws Unparsable */
export function parseAddresses(text: string): Prefix[] {
  return splitWords(text).flatMap((word) => (KEYWORDS.get(word) ?? [word]).map(parsePrefix));
}

function parsePrefix(text: string): Prefix {
  const [address = '', length] = text.split('/', 2);
  if (isIPv4(address)) {
    return [AF_INET, Buffer.from(address.split('.').map(Number)), Number(parseInteger(length ?? '32', 0n, 32n))];
  }
  if (isIPv6(address) && !address.includes('%'))
    return [AF_INET6, bytesOf(address), Number(parseInteger(length ?? '128', 0n, 128n))];
  throw new Unparsable(`not an address: ${text}`);
}

function bytesOf(address: string): Buffer {
  const gap = address.indexOf('::');
  const before = groupsOf(gap < 0 ? address : address.slice(0, gap));
  const after = groupsOf(gap < 0 ? '' : address.slice(gap + 2));
  return Buffer.concat([Buffer.from(before), Buffer.alloc(16 - before.length - after.length), Buffer.from(after)]);
}

function groupsOf(part: string): number[] {
  return part
    .split(':')
    .filter((group) => group !== '')
    .flatMap((group) =>
      group.includes('.')
        ? group.split('.').map(Number)
        : [Number.parseInt(group, 16) >> 8, Number.parseInt(group, 16) & 0xff],
    );
}

/** `[ipv4:|ipv6:][tcp:|udp:]PORT[-PORT]`, or `any`, as `(iiqq)`: family, protocol, how many ports, the first. */
export function parseSocketBind(text: string): readonly [number, number, number, number] {
  const parts = text.split(':');
  const family = parts[0] === 'ipv4' ? AF_INET : parts[0] === 'ipv6' ? AF_INET6 : 0;
  if (family !== 0) parts.shift();
  const protocol = PROTOCOLS[parts[0] === 'udp' ? 'udp' : 'tcp'];
  const named = parts[0] === 'tcp' || parts[0] === 'udp';
  if (named) parts.shift();
  const [ports = 'any', ...more] = parts;
  if (more.length > 0) throw new Unparsable(`not a rule for ports: ${text}`);
  if (ports === 'any') return [family, named ? protocol : 0, 0, 0];
  const [first = '', last = first] = ports.split('-', 2);
  const least = parseInteger(first, 1n, 65_535n);
  const most = parseInteger(last, least, 65_535n);
  return [family, named ? protocol : 0, Number(most - least) + 1, Number(least)];
}

/** `cgroup:inet:TABLE:SET` as `(iiss)`. */
export function parseNftSet(text: string): readonly [number, number, string, string] {
  const [source = '', family = '', tableName, set, ...more] = text.split(':');
  if (tableName === undefined || set === undefined || more.length > 0)
    throw new Unparsable(`not SOURCE:FAMILY:TABLE:SET: ${text}`);
  return [known('source', NFT_SOURCES, source), known('family', NFT_FAMILIES, family), tableName, set];
}
