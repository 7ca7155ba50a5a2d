/** Makes the networks of a container what they are to be, where a berthd that has died, or somebody else, has left them otherwise. */
import { writeNames } from './etc-files.ts';
import { shortId, type ContainerId } from '../names.ts';
import type { Ports } from '../ports.ts';
import { isAlive } from '../state.ts';
import { giveBackNetwork, releasePorts } from '../network/give-back.ts';
import { leasesFor } from '../network/leasing.ts';
import { documentsFor, networksOf } from '../network/prepare.ts';
import { reservePorts } from '../network/publishing.ts';
import { isSetUp, networkIn, setUpAs } from '../network/set-up-as.ts';

/**
 * Of one that runs: sets up and takes back what a call that was cut off has not come to, and keeps its ports from others. Of one that does
 * not: gives back what its unit was kept from giving back.
 * @throws NetworkError
 */
export async function healNetwork(ports: Ports, id: ContainerId): Promise<void> {
  const known = ports.index.get(id);
  if (known?.config.network !== 'networks' || !needsHealing(ports, id)) return;
  await ports.lane.turn(id, async (container, unit) => {
    const { folders, network } = ports;
    const folder = folders.of(id);
    if (isSetUp(ports, container)) {
      if (!hasItsNetworks(ports, id)) {
        const attached = leasesFor(ports, container, await networksOf(ports, container));
        await setUpAs(ports, container, documentsFor(container, attached));
        await writeNames(folder, { container, attached });
      }
      if (!network.reservations.has(shortId(id))) await reservePorts(ports, container);
      return;
    }
    // One that is about to start has a network, and no process yet.
    const isDown = unit === undefined || unit.activeState === 'inactive' || unit.activeState === 'failed';
    if (isAlive(container.status.state) || !isDown) return;
    await giveBackNetwork(ports, container, folder);
    await releasePorts(ports, container);
  });
}

function needsHealing(ports: Ports, id: ContainerId): boolean {
  const container = ports.index.get(id);
  if (container === undefined) return false;
  const { reservations } = ports.network;
  const isReserved = reservations.has(shortId(id));
  if (isSetUp(ports, container))
    return !hasItsNetworks(ports, id) || (!isReserved && container.config.ports.length > 0);
  return !isAlive(container.status.state) && (isReserved || ports.folders.hasNetwork(ports.folders.of(id)));
}

/** Whether it is set up on the networks that it is on, and on no others. */
function hasItsNetworks({ index, folders }: Ports, id: ContainerId): boolean {
  const wanted = index.get(id)?.config.networks.map(({ network }) => network) ?? [];
  const found = folders.networkDocuments(folders.of(id)).map(networkIn);
  return wanted.length === found.length && wanted.every((network) => found.includes(network));
}
