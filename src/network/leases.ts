/** Gives containers their addresses. What they have stands with the containers: nothing is kept here, so nothing can be left. */
import { randomBytes } from 'node:crypto';
import {
  formatAddress,
  isHost,
  lastOf,
  parseAddress,
  parseSubnet,
  sizeOf,
  type Address,
  type Subnet,
} from '../lib/ip.ts';
import { NetworkError } from './errors.ts';
import type { Lease, Network, NetworkSubnet } from './network.ts';

/** What a container wants to have on a network. */
export interface Wish {
  readonly addresses: readonly string[];
  readonly mac: string | undefined;
  readonly interface: string;
}

/** Who has what on a network: the containers' names by their addresses. */
export type Holders = ReadonlyMap<string, string>;

/** Goes round, so that an address is not used again at once, while others still remember who had it. */
const lastGiven = new Map<string, bigint>();

/** @throws NetworkError `AddressInUse` | `NoFreeAddress` | `InvalidParameter` for an address that is of no subnet */
export function newLease(network: Network, wish: Wish, holders: Holders): Lease {
  const wanted = wish.addresses.map((text) => demandAddress(network, text));
  const addresses = network.subnets.map((each, index) => {
    const subnet = parseSubnet(each.subnet);
    if (subnet === undefined) throw new Error(`${network.name} has a subnet that is none: ${each.subnet}`);
    const asked = wanted.find((address) => isHost(subnet, address));
    return asked === undefined
      ? freeAddress(network, each, subnet, index, holders)
      : demandFree(formatAddress(asked), holders);
  });
  const mac = wish.mac === undefined ? newMac() : demandFree(wish.mac, holders);
  return {
    network: network.name,
    networkId: network.id,
    interface: wish.interface,
    addresses,
    mac,
    ...around(network),
  };
}

/** What the network says of itself, as it is now. */
export const around = ({ subnets }: Network): Pick<Lease, 'subnets' | 'gateways'> => ({
  subnets: subnets.map(({ subnet }) => subnet),
  gateways: subnets.flatMap(({ gateway }) => (gateway === undefined ? [] : [gateway])),
});

/** Whether a lease is still one of the network as it is now, and of what the container wants. */
export function isGood(lease: Lease, network: Network, wish: Wish): boolean {
  if (lease.networkId !== network.id || lease.interface !== wish.interface) return false;
  if (wish.mac !== undefined && wish.mac !== lease.mac) return false;
  if (!wish.addresses.every((text) => lease.addresses.includes(text))) return false;
  return (
    lease.addresses.length === network.subnets.length &&
    network.subnets.every((each, index) => {
      const subnet = parseSubnet(each.subnet);
      const address = parseAddress(lease.addresses[index] ?? '');
      return (
        subnet !== undefined &&
        address !== undefined &&
        isHost(subnet, address) &&
        each.gateway !== lease.addresses[index]
      );
    })
  );
}

function demandAddress(network: Network, text: string): Address {
  const address = parseAddress(text);
  const isOfIt =
    address !== undefined &&
    network.subnets.some(({ subnet: each, gateway }) => {
      const subnet = parseSubnet(each);
      return subnet !== undefined && isHost(subnet, address) && gateway !== text;
    });
  if (address === undefined || !isOfIt)
    throw new NetworkError('NoFreeAddress', { network: network.name, subnet: text });
  return address;
}

function demandFree(text: string, holders: Holders): string {
  const container = holders.get(text);
  if (container !== undefined) throw new NetworkError('AddressInUse', { address: text, container });
  return text;
}

function freeAddress(
  { id, name }: Network,
  { gateway, leaseRange }: NetworkSubnet,
  subnet: Subnet,
  index: number,
  holders: Holders,
): string {
  const { family } = subnet;
  const first = valueOf(leaseRange?.start) ?? subnet.first + 1n;
  const last = valueOf(leaseRange?.end) ?? (family === 4 ? lastOf(subnet) - 1n : lastOf(subnet));
  const key = `${id} ${index}`;
  const count = last - first + 1n;
  // As many are taken at most, so that one more is enough to look at.
  const most = BigInt(holders.size) + 3n;
  let value = lastGiven.get(key) ?? first - 1n;
  for (let tried = 0n; tried < count && tried < most && tried < sizeOf(subnet); tried++) {
    value = value + 1n < first || value + 1n > last ? first : value + 1n;
    const text = formatAddress({ family, value });
    if (text === gateway || holders.has(text) || !isHost(subnet, { family, value })) continue;
    lastGiven.set(key, value);
    return text;
  }
  throw new NetworkError('NoFreeAddress', {
    network: name,
    subnet: `${formatAddress({ family, value: subnet.first })}/${subnet.length}`,
  });
}

const valueOf = (text: string | undefined): bigint | undefined =>
  text === undefined ? undefined : parseAddress(text)?.value;

/** Locally administered, unicast, as docker's. */
const newMac = (): string => ['02', '42', ...(randomBytes(4).toString('hex').match(/../gu) ?? [])].join(':');
