import { parseSubnet, type Subnet } from './ip.ts';

/** Where subnets are taken from, and how long their prefixes are. */
export interface Pool {
  readonly base: Subnet;
  readonly length: number;
}

/** podman's begin at 10.88.0.0, docker's are from 172.17.0.0 to 172.31.0.0 and 192.168.0.0/16. */
export const DEFAULT_POOLS: readonly string[] = ['10.64.0.0/12:24', '172.16.0.0/16:24', '198.18.0.0/15:24'];

/** @param text `BASE/LENGTH:LENGTH`; undefined for a text that is no pool of IPv4 */
export function parsePool(text: string): Pool | undefined {
  const { subnet = '', length = '' } = /^(?<subnet>[^:]+):(?<length>\d{1,2})$/u.exec(text)?.groups ?? {};
  const base = parseSubnet(subnet);
  const size = Number(length);
  if (base?.family !== 4 || base.length < 8 || size < base.length || size > 29 || size - base.length > 16)
    return undefined;
  return { base, length: size };
}
