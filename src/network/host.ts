/** What the domain needs of the host: what there is of networks that are not berth's. */
import type { Subnet } from '../lib/ip.ts';

/** A subnet that berth must not use again, and who has it, for people. */
export interface TakenSubnet {
  readonly subnet: Subnet;
  readonly holder: string;
}

export interface HostNetworks {
  /** Addresses and routes of the host, in every table, and the networks of podman. */
  subnets(signal: AbortSignal): Promise<TakenSubnet[]>;
  /** Whether there is an interface of this name, or podman wants to make one. */
  interfaceHolder(name: string): string | undefined;
}
