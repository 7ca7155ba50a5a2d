/** A network as berth keeps it: what stands in its file, which people may write too. */

export const DRIVERS = ['bridge', 'macvlan', 'ipvlan'] as const;
export type Driver = (typeof DRIVERS)[number];

/** Who gives addresses: berth, a DHCP server, or nobody. */
export const IPAM_DRIVERS = ['host-local', 'dhcp', 'none'] as const;
export type IpamDriver = (typeof IPAM_DRIVERS)[number];

export interface Network {
  readonly name: string;
  /** 64 hexadecimal digits; netavark names its chains by the first eight. */
  readonly id: string;
  readonly driver: Driver;
  /** The bridge, or the device of the host that macvlan and ipvlan go by. */
  readonly interface: string;
  readonly createdAt: Date;
  readonly subnets: readonly NetworkSubnet[];
  readonly routes: readonly Route[];
  readonly ipv6: boolean;
  /** Without a way out. */
  readonly internal: boolean;
  readonly dns: boolean;
  readonly dnsServers: readonly string[];
  readonly labels: Readonly<Record<string, string>>;
  readonly options: Readonly<Record<string, string>>;
  readonly ipam: IpamDriver;
}

export interface NetworkSubnet {
  readonly subnet: string;
  /** undefined where there is no way out. */
  readonly gateway?: string | undefined;
  /** The addresses that containers get; all of the subnet if left out. */
  readonly leaseRange?: LeaseRange | undefined;
}

export interface LeaseRange {
  readonly start?: string | undefined;
  readonly end?: string | undefined;
}

export interface Route {
  readonly destination: string;
  readonly gateway: string;
  readonly metric?: number | undefined;
}

/** The one that containers are on that ask for none; made when it is first needed. */
export const DEFAULT_NETWORK = 'berth';
export const DEFAULT_INTERFACE = 'berth0';

/** What a container has on a network, from its first start to its removal. */
export interface Lease {
  /** By name. */
  readonly network: string;
  /** The ID of the network, so that one that is made anew under the same name gives new ones. */
  readonly networkId: string;
  /** In the container. */
  readonly interface: string;
  /** One for each subnet, in their order. */
  readonly addresses: readonly string[];
  readonly subnets: readonly string[];
  readonly gateways: readonly string[];
  readonly mac: string;
}

/** Words of `--network` that are none, and podman's and docker's for their own. */
const RESERVED = [
  'none',
  'host',
  'container',
  'private',
  'path',
  'ns',
  'bridge',
  'default',
  'networks',
  'pasta',
  'slirp4netns',
];

/** Also the name of its file, and of aardvark's. */
export const isNetworkName = (text: string): boolean =>
  /^[a-zA-Z0-9][a-zA-Z0-9_.-]{0,62}$/u.test(text) && !RESERVED.includes(text);

/** As netavark and the kernel take it. */
export const isInterfaceName = (text: string): boolean => /^[a-zA-Z0-9][a-zA-Z0-9_.-]{0,14}$/u.test(text);

/** A unicast address of Ethernet, in lower case. */
export const isMac = (text: string): boolean =>
  /^[0-9a-f]{2}(?::[0-9a-f]{2}){5}$/u.test(text) && (Number.parseInt(text.slice(0, 2), 16) & 1) === 0;
