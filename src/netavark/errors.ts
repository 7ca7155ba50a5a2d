import type { Holder } from './port-holder.ts';

/** netavark could not be run, or failed; the message is what it said. */
export class NetavarkFailed extends Error {
  override readonly name = 'NetavarkFailed';
}

export type Protocol = 'tcp' | 'udp' | 'sctp';

export interface ReservedPorts {
  /** Empty for every address of the host. */
  readonly hostAddress: string;
  readonly hostPort: number;
  readonly count: number;
  readonly protocol: Protocol;
}

/** Somebody else has the port. */
export class PortTaken extends Error {
  override readonly name = 'PortTaken';
  readonly ports: ReservedPorts;
  readonly port: number;
  /** undefined where nobody can be found. */
  readonly holder: Holder | undefined;
  constructor(ports: ReservedPorts, port: number, holder: Holder | undefined, options: ErrorOptions) {
    super(`port ${port}/${ports.protocol} is taken`, options);
    this.ports = ports;
    this.port = port;
    this.holder = holder;
  }
}
