/** netavark, which makes interfaces, bridges and firewall rules, as berth uses it; units run it by themselves. */

export interface NetavarkVersion {
  readonly version: string;
  /** What it uses where nobody asks for another one. */
  readonly firewallDriver: string;
}

export interface Netavark {
  /** @throws NetavarkFailed */
  version(signal: AbortSignal): Promise<NetavarkVersion>;
  /** The version of aardvark-dns; undefined where there is none. @throws NetavarkFailed */
  aardvarkVersion(signal: AbortSignal): Promise<string | undefined>;
}
