/** What the daemon opens for networks. */
import { join } from 'node:path';
import type { Settings } from './config/settings.ts';
import type { NetworkPorts } from './container/ports.ts';
import type { ContainerIndex } from './container/records/container-index.ts';
import { parsePool } from './lib/subnet-pools.ts';
import { LinuxHostNetworks } from './netavark/host-networks.ts';
import { installedNetavark } from './netavark/installed-netavark.ts';
import { NetavarkPrograms } from './netavark/usable-netavark.ts';
import { NetworkProgram } from './netavark/network-program.ts';
import { Reservations, type DescriptorStore } from './netavark/reservations.ts';
import { trafficOf } from './netavark/traffic.ts';
import { NetworkFiles } from './network/network-files.ts';
import { Networks } from './network/networks.ts';

export interface NetworkingWorld {
  readonly settings: Settings;
  readonly index: ContainerIndex;
  readonly store: DescriptorStore;
  readonly stored: ReadonlyMap<string, readonly number[]>;
  readonly now: () => Date;
}

export function networkingOf({ settings, index, store, stored, now }: NetworkingWorld): {
  readonly networks: Networks;
  readonly network: NetworkPorts;
  readonly netavark: typeof installedNetavark;
} {
  const { networkDirectory, libexecDirectory } = settings.current;
  const networks = new Networks({
    files: new NetworkFiles(networkDirectory),
    host: new LinuxHostNetworks(),
    users: { of: (network) => usersOf(index, network) },
    pools: () => settings.current.subnetPools.map(parsePool).filter((pool) => pool !== undefined),
    now,
  });
  const programs = new NetavarkPrograms(() => installedNetavark()?.path);
  const network = {
    networks,
    netavark: () => programs.usable(),
    traffic: trafficOf,
    program: new NetworkProgram(join(libexecDirectory, 'network')),
    reservations: new Reservations(store, stored),
  };
  return { networks, network, netavark: installedNetavark };
}

const usersOf = (index: ContainerIndex, network: string): string[] =>
  index
    .all()
    .filter(({ config }) => config.networks.some((attachment) => attachment.network === network))
    .map(({ name }) => name);
