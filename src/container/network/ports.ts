/** What the networks of containers need of the world. */
import type { UsableNetavark } from '../../netavark/netavark.ts';
import type { NetworkProgram } from '../../netavark/network-program.ts';
import type { Reservations } from '../../netavark/reservations.ts';
import type { trafficOf } from '../../netavark/traffic.ts';
import type { Networks } from '../../network/networks.ts';

export interface NetworkPorts {
  readonly networks: Pick<Networks, 'demand' | 'find'>;
  /** Its path; undefined where it is not installed. */
  readonly netavark: () => UsableNetavark;
  readonly program: Pick<NetworkProgram, 'run' | 'failureOf'>;
  readonly traffic: typeof trafficOf;
  readonly reservations: Pick<Reservations, 'reserve' | 'release' | 'free' | 'has' | 'holders'>;
}
