/** Ports of containers that are published at the host. */
import { parseAddress } from '../lib/ip.ts';

export const PROTOCOLS = ['tcp', 'udp', 'sctp'] as const;
export type Protocol = (typeof PROTOCOLS)[number];

export interface PortMapping {
  /** Empty for every address of the host; `0.0.0.0` for those of IPv4, `::` for those of IPv6. */
  readonly hostAddress: string;
  readonly hostPort: number;
  readonly containerPort: number;
  /** How many ports from these on, one to one. */
  readonly count: number;
  readonly protocol: Protocol;
}

export const MAX_PORT = 65_535;

/** The first port of the host that two mappings both want. */
export function clashOf(a: PortMapping, b: PortMapping): number | undefined {
  if (a.protocol !== b.protocol || !shareAddress(a.hostAddress, b.hostAddress)) return undefined;
  const first = Math.max(a.hostPort, b.hostPort);
  return first < Math.min(a.hostPort + a.count, b.hostPort + b.count) ? first : undefined;
}

function shareAddress(a: string, b: string): boolean {
  if (a === b || a === '' || b === '') return true;
  const [one, other] = [parseAddress(a), parseAddress(b)];
  return (
    one !== undefined &&
    one.family === other?.family &&
    (one.value === 0n || other.value === 0n || one.value === other.value)
  );
}

/** Mappings that follow one another are one: netavark and the kernel have less to do with them. */
export function joined(mappings: readonly PortMapping[]): PortMapping[] {
  const sorted = [...mappings].sort(
    (a, b) =>
      a.hostAddress.localeCompare(b.hostAddress) || a.protocol.localeCompare(b.protocol) || a.hostPort - b.hostPort,
  );
  const all: PortMapping[] = [];
  for (const next of sorted) {
    const last = all.at(-1);
    if (last !== undefined && follows(last, next)) all.splice(-1, 1, { ...last, count: last.count + next.count });
    else all.push(next);
  }
  return all;
}

const follows = (last: PortMapping, next: PortMapping): boolean =>
  last.hostAddress === next.hostAddress &&
  last.protocol === next.protocol &&
  last.hostPort + last.count === next.hostPort &&
  last.containerPort + last.count === next.containerPort;
