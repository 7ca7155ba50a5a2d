/** Finds subnets that nobody has. */
import { randomBytes } from 'node:crypto';
import { formatSubnet, overlap, sizeOf, type Subnet } from '../lib/ip.ts';
import type { Pool } from '../lib/subnet-pools.ts';
import { NetworkError } from './errors.ts';
import type { TakenSubnet } from './host.ts';

/** @param length instead of the pools' own; a pool that is smaller gives all that it has. @throws NetworkError `NoFreeSubnet` */
export function freeSubnet(pools: readonly Pool[], taken: readonly TakenSubnet[], length?: number): Subnet {
  for (const pool of pools) {
    const found = freeIn(pool.base, Math.max(pool.base.length, length ?? pool.length), taken);
    if (found !== undefined) return found;
  }
  throw new NetworkError('NoFreeSubnet', { pools: pools.map(({ base }) => formatSubnet(base)) });
}

function freeIn(base: Subnet, length: number, taken: readonly TakenSubnet[]): Subnet | undefined {
  const inTheWay = taken.filter(({ subnet }) => overlap(subnet, base));
  const step = sizeOf({ ...base, length });
  for (let first = base.first; first < base.first + sizeOf(base); first += step) {
    const candidate: Subnet = { family: base.family, first, length };
    if (!inTheWay.some(({ subnet }) => overlap(subnet, candidate))) return candidate;
  }
  return undefined;
}

/** A unique local one of RFC 4193, at random, as that wants it. */
export function freeSubnet6(taken: readonly TakenSubnet[]): Subnet {
  for (;;) {
    const random = BigInt(`0x${randomBytes(7).toString('hex')}`);
    const subnet: Subnet = { family: 6, first: ((0xfdn << 56n) | random) << 64n, length: 64 };
    if (!taken.some((other) => overlap(other.subnet, subnet))) return subnet;
  }
}
