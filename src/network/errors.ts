import { Refusal } from '../lib/refusal.ts';
import type { Protocol } from './port-mapping.ts';

/** Every way something with a network can be refused or fail, with the facts a client needs to act on it. */
export interface NetworkRefusals {
  NoSuchNetwork: { network: string };
  NetworkExists: { name: string };
  /** `containers` by their names, ten at most. */
  NetworkInUse: { network: string; containers: string[] };
  /** A file that makes no sense; `member` as it stands in there, `subnets.0.gateway`. */
  InvalidNetwork: { file: string; member: string; reason: string };
  /** `holder` says who has it: a network, or what of the host. */
  SubnetInUse: { subnet: string; holder: string };
  InterfaceInUse: { interface: string; holder: string };
  NoFreeSubnet: { pools: string[] };
  AddressInUse: { address: string; container: string };
  NoFreeAddress: { network: string; subnet: string };
  /** Another container has it, or a process of the host. */
  PortInUse: {
    hostAddress: string;
    hostPort: number;
    protocol: Protocol;
    container: string | undefined;
    process: { pid: number } | undefined;
    command: string | undefined;
  };
  AlreadyConnected: { network: string; container: string };
  NotConnected: { network: string; container: string };
  InvalidParameter: { parameter: string };
  /** What the host lacks. */
  NetworkingUnavailable: { missing: string };
  /** netavark failed; `message` is what it said. */
  NetworkFailed: { container: string; message: string };
}

/** A request that the networks of this host refuse. */
export class NetworkError<C extends keyof NetworkRefusals = keyof NetworkRefusals> extends Refusal<NetworkRefusals, C> {
  override readonly name = 'NetworkError';
}

/** Narrows without the `any` that `instanceof` makes of a parameter. */
export const isNetworkError = (error: unknown): error is NetworkError => error instanceof NetworkError;
