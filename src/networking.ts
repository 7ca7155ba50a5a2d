/** What the daemon opens for networks. */
import type { Settings } from './config/settings.ts';
import { parsePool } from './lib/subnet-pools.ts';
import { LinuxHostNetworks } from './netavark/host-networks.ts';
import { NetworkFiles } from './network/network-files.ts';
import { Networks } from './network/networks.ts';

export const networksOf = (settings: Settings, now: () => Date): Networks =>
  new Networks({
    files: new NetworkFiles(settings.current.networkDirectory),
    host: new LinuxHostNetworks(),
    users: { of: () => [] },
    pools: () => settings.current.subnetPools.map(parsePool).filter((pool) => pool !== undefined),
    now,
  });
