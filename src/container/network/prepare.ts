/** Gets the network of a container ready for a start: everything that its unit needs for that lies in its folder then. */
import { documentFor, documentName, canPublish } from '../../network/documents.ts';
import { NetworkError } from '../../network/errors.ts';
import type { Network } from '../../network/network.ts';
import { joined, type PortMapping } from '../../network/port-mapping.ts';
import type { SetupDocument } from '../../netavark/netavark.ts';
import type { Container } from '../container.ts';
import { namespaceFor } from '../unit-names.ts';
import type { Folder } from '../records/folder.ts';
import type { Ports } from '../ports.ts';
import { giveBackNetwork } from './give-back.ts';
import { leasesFor, type Attached } from './leasing.ts';
import { reservePorts } from './publishing.ts';

/** A container that is about to start, with what it has on its networks. */
export interface Prepared {
  readonly container: Container;
  readonly attached: readonly Attached[];
}

type PreparePorts = Pick<Ports, 'index' | 'folders' | 'network' | 'faults'>;

/**
 * Gives it its addresses and ports, if it has none yet, and writes down what netavark is to be told. What is left of an earlier run is
 * given back first, by what netavark was told then.
 * @throws NetworkError `NetworkingUnavailable` | `NoSuchNetwork` | `InvalidNetwork` | `AddressInUse` | `PortInUse` …
 */
export async function prepareNetwork(ports: PreparePorts, container: Container, folder: Folder): Promise<Prepared> {
  const { index, folders, network, faults } = ports;
  await giveBackNetwork(ports, container, folder);
  if (container.config.network !== 'networks') {
    folders.writeNetwork(folder, undefined);
    return { container, attached: [] };
  }
  const netavark = network.netavark();
  if ('problem' in netavark) throw new NetworkError('NetworkingUnavailable', { missing: netavark.problem });
  const networks = await networksOf(ports, container);
  const attached = leasesFor(ports, container, networks);
  demandPublisher(container, networks);
  const leased = index.save({ ...container, leases: attached.map(({ lease }) => lease) });
  faults('launch: addresses given');
  await reservePorts(ports, leased);
  faults('launch: ports reserved');
  folders.writeNetwork(folder, {
    settings: [namespaceFor(leased.unit), netavark.path, FIREWALL_DRIVER],
    documents: documentsFor(leased, attached),
  });
  faults('launch: network described');
  return { container: leased, attached };
}

/** netavark's own default from 1.13 on; with firewalld it sees to its zones as well. */
const FIREWALL_DRIVER = 'nftables';

const never = new AbortController().signal;

/** Those that a container is on, in their order. @throws NetworkError */
export async function networksOf({ network }: Pick<Ports, 'network'>, { config }: Container): Promise<Network[]> {
  const networks: Network[] = [];
  for (const attachment of config.networks) networks.push(await network.networks.demand(attachment.network, never));
  return networks;
}

/** @throws NetworkError for ports that no network can publish */
function demandPublisher({ name, config }: Container, networks: readonly Network[]): void {
  if (config.ports.length === 0 || networks.some(canPublish)) return;
  const message = 'none of its networks can publish ports: that takes a bridge that is not internal';
  throw new NetworkError('NetworkFailed', { container: name, message });
}

/** What netavark is told of each network, by the names of files. Ports are those of the first that can have them. */
export function documentsFor(container: Container, attached: readonly Attached[]): ReadonlyMap<string, SetupDocument> {
  const { id, name, config } = container;
  const publisher = attached.findIndex(({ network }) => canPublish(network));
  const ports = joined(config.ports);
  const none: readonly PortMapping[] = [];
  const { hostname, dnsServers } = config;
  return new Map(
    attached.map(({ network, lease, attachment: { aliases, options } }, place) => [
      documentName(place, network),
      documentFor(
        { id, name, hostname, dnsServers },
        { network, lease, aliases, options },
        place,
        place === publisher ? ports : none,
      ),
    ]),
  );
}
