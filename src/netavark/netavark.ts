/** netavark, which makes interfaces, bridges and firewall rules, as berth uses it; units run it by themselves. */

export interface NetavarkVersion {
  readonly version: string;
  /** What it uses where nobody asks for another one. */
  readonly firewallDriver: string;
}

/** Its path, or why networks cannot be had with it. */
export type UsableNetavark = { readonly path: string } | { readonly problem: string };

export interface Netavark {
  /** @throws NetavarkFailed */
  version(signal: AbortSignal): Promise<NetavarkVersion>;
  /** The version of aardvark-dns; undefined where there is none. @throws NetavarkFailed */
  aardvarkVersion(signal: AbortSignal): Promise<string | undefined>;
}

/** What it is told of a network and a container on it; it wants every member that is not optional here. */
export interface SetupDocument {
  readonly container_id: string;
  readonly container_name: string;
  readonly container_hostname: string;
  readonly networks: Readonly<Record<string, SetupAttachment>>;
  readonly network_info: Readonly<Record<string, object>>;
  readonly port_mappings: readonly SetupPort[];
  readonly dns_servers: readonly string[];
}

export interface SetupAttachment {
  readonly interface_name: string;
  readonly static_ips?: readonly string[];
  readonly static_mac: string;
  readonly aliases: readonly string[];
  readonly options?: Readonly<Record<string, string>>;
}

export interface SetupPort {
  /** Empty for every address of IPv4 and IPv6. */
  readonly host_ip: string;
  readonly host_port: number;
  readonly container_port: number;
  readonly protocol: string;
  readonly range: number;
}
