import type { Network } from '../../api/io-berth-network.ts';

/** A network as podman prints one, which is also what stands in its file. */
export const podmanNetwork = (network: Network): object => ({
  name: network.name,
  id: network.id,
  driver: network.driver,
  network_interface: network.interface,
  created: new Date((network.createdAt.realtime ?? 0) / 1000).toISOString(),
  subnets: network.subnets.map(({ subnet, gateway, leaseRange }) => ({
    subnet,
    gateway,
    lease_range: leaseRange === undefined ? undefined : { start_ip: leaseRange.start, end_ip: leaseRange.end },
  })),
  routes: network.routes.length === 0 ? undefined : network.routes,
  ipv6_enabled: network.ipv6,
  internal: network.internal,
  dns_enabled: network.dns,
  network_dns_servers: network.dnsServers.length === 0 ? undefined : network.dnsServers,
  labels: network.labels,
  options: network.options,
  ipam_options: { driver: network.ipam.replace('_', '-') },
});
