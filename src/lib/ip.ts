/** Addresses and subnets of IPv4 and IPv6 as numbers, and back. Pure. */
import { isIPv4, isIPv6 } from 'node:net';

export type Family = 4 | 6;

export interface Address {
  readonly family: Family;
  readonly value: bigint;
}

export interface Subnet {
  readonly family: Family;
  /** Its first address. */
  readonly first: bigint;
  /** The bits that all of its addresses share. */
  readonly length: number;
}

export const BITS: Readonly<Record<Family, number>> = { 4: 32, 6: 128 };

/** undefined for a text that is no address, or has a zone. */
export function parseAddress(text: string): Address | undefined {
  if (isIPv4(text)) return { family: 4, value: valueOf4(text) };
  if (isIPv6(text) && !text.includes('%')) return { family: 6, value: valueOf6(text) };
  return undefined;
}

const valueOf4 = (text: string): bigint => text.split('.').reduce((value, part) => value * 256n + BigInt(part), 0n);

function valueOf6(text: string): bigint {
  const dotted = /^(?<head>.*:)(?<tail>[^:]*\..*)$/u.exec(text)?.groups;
  const tail = dotted?.['tail'] === undefined ? undefined : valueOf4(dotted['tail']);
  const whole =
    tail === undefined
      ? text
      : `${dotted?.['head'] ?? ''}${(tail >> 16n).toString(16)}:${(tail & 0xffffn).toString(16)}`;
  const [before = '', after] = whole.split('::');
  const groups = (part: string): string[] => (part === '' ? [] : part.split(':'));
  const first = groups(before);
  const last = after === undefined ? [] : groups(after);
  const missing = after === undefined ? 0 : 8 - first.length - last.length;
  const all = [...first, ...Array.from({ length: missing }, () => '0'), ...last];
  return all.reduce((value, group) => value * 65_536n + BigInt(`0x${group}`), 0n);
}

export const formatAddress = ({ family, value }: Address): string => (family === 4 ? format4(value) : format6(value));

const format4 = (value: bigint): string => [24n, 16n, 8n, 0n].map((shift) => (value >> shift) & 255n).join('.');

/** RFC 5952: the longest run of zeros is left out. */
function format6(value: bigint): string {
  const groups = Array.from({ length: 8 }, (_, index) => ((value >> BigInt(112 - 16 * index)) & 0xffffn).toString(16));
  const text = groups.join(':');
  const longest = (text.match(/(?:^|(?<=:))0(?::0)+(?=:|$)/gu) ?? []).reduce(
    (best, run) => (run.length > best.length ? run : best),
    '',
  );
  if (longest === '') return text;
  const at = indexOfRun(groups, longest.split(':').length);
  return `${groups.slice(0, at).join(':')}::${groups.slice(at + longest.split(':').length).join(':')}`;
}

const indexOfRun = (groups: readonly string[], length: number): number =>
  groups.findIndex((_, index) => groups.slice(index, index + length).join(':') === Array(length).fill('0').join(':'));

/** undefined for a text that is no subnet, or names an address within one. */
export function parseSubnet(text: string): Subnet | undefined {
  const { address: written = '', length: digits = '' } =
    /^(?<address>[^/]+)\/(?<length>\d{1,3})$/u.exec(text)?.groups ?? {};
  const address = parseAddress(written);
  const length = Number(digits);
  if (address === undefined || length > BITS[address.family]) return undefined;
  const subnet = subnetOf(address, length);
  return subnet.first === address.value ? subnet : undefined;
}

/** The subnet of this length that an address is in. */
export function subnetOf({ family, value }: Address, length: number): Subnet {
  const host = BigInt(BITS[family] - length);
  return { family, first: (value >> host) << host, length };
}

export const formatSubnet = ({ family, first, length }: Subnet): string =>
  `${formatAddress({ family, value: first })}/${length}`;

export const sizeOf = ({ family, length }: Subnet): bigint => 1n << BigInt(BITS[family] - length);
export const lastOf = (subnet: Subnet): bigint => subnet.first + sizeOf(subnet) - 1n;

export const contains = (subnet: Subnet, { family, value }: Address): boolean =>
  family === subnet.family && value >= subnet.first && value <= lastOf(subnet);

export const overlap = (a: Subnet, b: Subnet): boolean =>
  a.family === b.family && a.first <= lastOf(b) && b.first <= lastOf(a);

/** Whether a container may have it: neither the subnet itself nor, of IPv4, its broadcast address. */
export const isHost = (subnet: Subnet, { family, value }: Address): boolean =>
  contains(subnet, { family, value }) && value !== subnet.first && (family === 6 || value !== lastOf(subnet));
