/** What netavark is told of a container on a network: all that it takes to set it up, and to take it back. */
import type { SetupDocument } from '../netavark/netavark.ts';
import type { Lease, Network } from './network.ts';
import { fileMembers } from './network-file.ts';
import type { PortMapping } from './port-mapping.ts';

/** A container, as far as networks are concerned. */
export interface Connected {
  readonly id: string;
  readonly name: string;
  readonly hostname: string;
  /** Servers of its own for names that are not found on its networks. */
  readonly dnsServers: readonly string[];
}

export interface Connection {
  readonly network: Network;
  readonly lease: Lease;
  readonly aliases: readonly string[];
  readonly options: Readonly<Record<string, string>>;
}

/** The first network's way out is preferred to the second's. */
const FIRST_METRIC = 100;

/**
 * netavark sets several networks up in an order of its own, so it is told of one at a time.
 * @param place of the network among those of the container
 * @param ports only one of the networks has them
 */
export function documentFor(
  container: Connected,
  { network, lease, aliases, options }: Connection,
  place: number,
  ports: readonly PortMapping[],
): SetupDocument {
  const { id, name, hostname, dnsServers } = container;
  const { metric = String(FIRST_METRIC + place), ...others } = network.options;
  return {
    container_id: id,
    container_name: name,
    container_hostname: hostname,
    networks: {
      [network.name]: {
        interface_name: lease.interface,
        ...(lease.addresses.length === 0 ? {} : { static_ips: lease.addresses }),
        static_mac: lease.mac,
        aliases: [...new Set([...aliases, id.slice(0, 12), hostname])].filter((alias) => alias !== name),
        ...(Object.keys(options).length === 0 ? {} : { options }),
      },
    },
    network_info: { [network.name]: { ...fileMembers(network), options: { ...others, metric } } },
    port_mappings: ports.map(({ hostAddress, hostPort, containerPort, count, protocol }) => ({
      host_ip: hostAddress,
      host_port: hostPort,
      container_port: containerPort,
      protocol,
      range: count,
    })),
    dns_servers: dnsServers,
  };
}

/** Whether ports can be published on it. */
export const canPublish = ({ driver, internal, options }: Network): boolean =>
  driver === 'bridge' && !internal && options['mode'] !== 'unmanaged';

/** In the order of their places, and by a name that tells a person which it is. */
export const documentName = (place: number, { name }: Pick<Network, 'name'>): string =>
  `${String(place).padStart(2, '0')}-${name}.json`;
