/** io.berth.Network: each handler translates and delegates. */
import {
  type Definition,
  type ListOutput,
  type Network as WireNetwork,
  type NetworkHandlers,
  type PruneOutput,
} from '../api/io-berth-network.ts';
import type { Containers } from '../container/containers.ts';
import type { NetworkRequest } from '../network/create.ts';
import type { Network } from '../network/network.ts';
import type { Networks } from '../network/networks.ts';
import { timestamp } from './wire.ts';

export const networksService = (
  networks: Networks,
  containers: Pick<Containers, 'remove' | 'connect' | 'disconnect' | 'reloadNetwork'>,
): NetworkHandlers => ({
  async Create({ definition = {} }, { signal }) {
    return { network: wireNetwork(networks, await networks.create(requestOf(definition), signal)) };
  },
  async Inspect({ network: reference }) {
    const network = networks.find(reference);
    return await Promise.resolve({ network: wireNetwork(networks, network), containers: networks.usersOf(network) });
  },
  async *List(): AsyncGenerator<ListOutput> {
    const { networks: all, wrong } = networks.list();
    for (const network of all) yield { network: wireNetwork(networks, network) };
    const [first] = wrong;
    if (first !== undefined) throw first;
    await Promise.resolve();
  },
  async Remove({ network: reference, force = false }, { signal }) {
    if (force) {
      for (const container of networks.usersOf(networks.find(reference)))
        await containers.remove(container, { ifRunning: 'kill' }, signal);
    }
    networks.remove(reference);
    return {};
  },
  async *Prune({ labels = {} }): AsyncGenerator<PruneOutput> {
    for (const { name } of networks.prune(labels)) yield { name };
    await Promise.resolve();
  },
  async Connect({ network, container, ...wishes }, { signal }) {
    await containers.connect(container, { network, ...wishes }, signal);
    return {};
  },
  async Disconnect({ network, container }) {
    await containers.disconnect(container, network);
    return {};
  },
  async Reload({ container }) {
    await containers.reloadNetwork(container);
    return {};
  },
  async Update({ network, addDnsServers = [], removeDnsServers = [] }) {
    const changed = networks.changeDnsServers(network, { add: addDnsServers, remove: removeDnsServers });
    return await Promise.resolve({ network: wireNetwork(networks, changed) });
  },
});

const requestOf = ({ ipam, ...definition }: Definition): NetworkRequest => ({
  ...definition,
  ipam: ipam === 'host_local' ? 'host-local' : ipam,
});

const wireNetwork = (networks: Networks, network: Network): WireNetwork => {
  const { createdAt, ipam, ...same } = network;
  return {
    ...same,
    createdAt: timestamp(createdAt),
    ipam: ipam === 'host-local' ? 'host_local' : ipam,
    file: networks.fileOf(network),
  };
};
