import { NetworkError } from '../../network/errors.ts';
import { attachmentOf, type AttachmentRequest } from '../configuration/networking.ts';
import type { NetworkAttachment } from '../configuration/configuration.ts';
import type { Container } from '../container.ts';
import { writeNames } from '../launch/etc-files.ts';
import { leasesFor } from '../network/leasing.ts';
import { documentsFor, networksOf } from '../network/prepare.ts';
import { isSetUp, setUpAs } from '../network/set-up-as.ts';
import type { Ports } from '../ports.ts';

/**
 * Connects a container to a network: at once where it runs, and at each of its starts from then on.
 * @throws NetworkError `NoSuchNetwork` | `AlreadyConnected` | `AddressInUse` | `NetworkFailed` …; it is where it was, then
 */
export async function connect(
  ports: Ports,
  reference: string,
  request: AttachmentRequest,
  signal: AbortSignal,
): Promise<void> {
  const { name: network } = await ports.network.networks.demand(request.network, signal);
  const attachment = attachmentOf({ ...request, network }, '');
  await ports.lane.turn(reference, async (container) => {
    demandNetworks(container);
    if (container.config.networks.some((each) => each.network === network))
      throw new NetworkError('AlreadyConnected', { network, container: container.name });
    await change(ports, container, [...container.config.networks, attachment], 'connect');
  });
}

/**
 * Takes a container from a network: at once where it runs, and for good. Ports that were published there are on the next one then.
 * @throws NetworkError `NoSuchNetwork` | `NotConnected` | `NetworkFailed`
 */
export async function disconnect(ports: Ports, reference: string, network: string): Promise<void> {
  const name = nameOf(ports, network);
  await ports.lane.turn(reference, async (container) => {
    demandNetworks(container);
    const others = container.config.networks.filter((each) => each.network !== name);
    if (others.length === container.config.networks.length)
      throw new NetworkError('NotConnected', { network: name, container: container.name });
    await change(ports, container, others, 'disconnect');
  });
}

/** The file of a network may be gone that a container still is on. */
function nameOf({ network }: Ports, reference: string): string {
  try {
    return network.networks.find(reference).name;
  } catch (error) {
    if (error instanceof NetworkError) return reference;
    throw error;
  }
}

function demandNetworks({ name, config }: Container): void {
  if (config.network === 'networks') return;
  const message = `its network is ${config.network}, which cannot be connected to others`;
  throw new NetworkError('NetworkFailed', { container: name, message });
}

async function change(
  ports: Ports,
  before: Container,
  networks: readonly NetworkAttachment[],
  verb: 'connect' | 'disconnect',
): Promise<void> {
  const { index, folders, faults } = ports;
  const wanted = { ...before, config: { ...before.config, networks } };
  const attached = leasesFor(ports, wanted, await networksOf(ports, wanted));
  const after = index.save({ ...wanted, leases: attached.map(({ lease }) => lease) });
  faults(`${verb}: row written`);
  const folder = folders.of(before.id);
  if (isSetUp(ports, after)) {
    try {
      await setUpAs(ports, after, documentsFor(after, attached));
    } catch (error) {
      if (verb === 'connect')
        index.save({ ...(index.get(before.id) ?? before), config: before.config, leases: before.leases });
      throw error;
    }
    faults(verb === 'connect' ? 'connect: network set up' : 'disconnect: network given back');
    await writeNames(folder, { container: after, attached });
  }
  folders.describeAgain(after);
}
