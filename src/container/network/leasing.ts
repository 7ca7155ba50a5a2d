/** What a container has on its networks: it is given it once, and keeps it. */
import { around, isGood, newLease, type Wish } from '../../network/leases.ts';
import type { Lease, Network } from '../../network/network.ts';
import type { Container } from '../container.ts';
import type { NetworkAttachment } from '../configuration/configuration.ts';
import type { Ports } from '../ports.ts';

/** A container on a network, with everything that is known of that. */
export interface Attached {
  readonly attachment: NetworkAttachment;
  readonly network: Network;
  readonly lease: Lease;
}

/**
 * The leases of a container: those that it has, as long as they are still good, and new ones. Saves nothing, and waits for nobody, so
 * that no two get the same.
 * @param networks of its attachments, in their order
 * @throws NetworkError `AddressInUse` | `NoFreeAddress`
 */
export function leasesFor(
  { index }: Pick<Ports, 'index'>,
  container: Container,
  networks: readonly Network[],
): Attached[] {
  const { config, leases } = container;
  const interfaces = interfacesFor(config.networks, leases);
  return config.networks.flatMap((attachment, place) => {
    const network = networks[place];
    if (network === undefined) return [];
    const wish: Wish = { ...attachment, mac: attachment.mac, interface: interfaces[place] ?? '' };
    const own = leases.find((lease) => lease.network === network.name);
    const lease =
      own !== undefined && isGood(own, network, wish)
        ? { ...own, ...around(network) }
        : newLease(network, wish, holdersOn(index, network, container));
    return [{ attachment, network, lease }];
  });
}

/** The names of other containers by what they have on a network. */
function holdersOn(index: Ports['index'], { id }: Network, { id: own }: Container): Map<string, string> {
  const holders = new Map<string, string>();
  for (const other of index.all()) {
    if (other.id === own) continue;
    for (const lease of other.leases)
      if (lease.networkId === id) for (const each of [...lease.addresses, lease.mac]) holders.set(each, other.name);
  }
  return holders;
}

/** The one that is asked for, the one that it has, or the next that is free. */
function interfacesFor(attachments: readonly NetworkAttachment[], leases: readonly Lease[]): string[] {
  const known = attachments.map(
    ({ network, interface: asked }) => asked ?? leases.find((lease) => lease.network === network)?.interface,
  );
  const taken = new Set(known);
  return known.map((name) => {
    if (name !== undefined) return name;
    for (let number = 0; ; number++) {
      const free = `eth${number}`;
      if (taken.has(free)) continue;
      taken.add(free);
      return free;
    }
  });
}
