/**
 * Ports of the host that containers have: nobody else is to get them. A socket that is bound to a port keeps it, and as it does not
 * listen, a client is refused where the firewall's rule is missing, instead of waiting for ever. They lie in systemd's fd store, one
 * descriptor for all of a container, so they outlive berthd.
 */
import { closeSync } from 'node:fs';
import { loadedOnce } from '../lib/loaded-once.ts';
import { parseAddress, type Address } from '../lib/ip.ts';
import { PortTaken, type Protocol, type ReservedPorts } from './errors.ts';
import { holderOf } from './port-holder.ts';

/** systemd's fd store. */
export interface DescriptorStore {
  storeFds(name: string, fds: readonly number[], options: { poll: 'off' }): Promise<void>;
  removeFds(name: string): Promise<void>;
}

const sockets = loadedOnce(async () => await import('./sockets.ts'));
const PREFIX = 'ports.';
const ANY: readonly Address[] = [
  { family: 4, value: 0n },
  { family: 6, value: 0n },
];

export class Reservations {
  readonly #store: DescriptorStore;
  readonly #kept = new Set<string>();

  /** @param stored what the fd store held when this process was started: it keeps them without this process's help */
  constructor(store: DescriptorStore, stored: ReadonlyMap<string, readonly number[]>) {
    this.#store = store;
    for (const [name, fds] of stored) {
      if (!name.startsWith(PREFIX)) continue;
      fds.forEach(closeSync);
      this.#kept.add(name.slice(PREFIX.length));
    }
  }

  /** Those who have any. */
  get holders(): readonly string[] {
    return [...this.#kept];
  }

  has(key: string): boolean {
    return this.#kept.has(key);
  }

  /** Takes all of them, or none. @throws PortTaken | SystemCallFailed, such as EADDRNOTAVAIL for an address that the host has not */
  async reserve(key: string, ports: readonly ReservedPorts[]): Promise<void> {
    await this.release(key);
    if (ports.length === 0) return;
    const { bundleOf } = await sockets();
    using open = new DisposableStack();
    const fds: number[] = [];
    for (const each of ports)
      for (let port = each.hostPort; port < each.hostPort + each.count; port++)
        for (const address of addressesOf(each)) {
          const fd = await this.#bind(each, address, port);
          if (fd !== undefined) fds.push(open.adopt(fd, closeSync));
        }
    if (fds.length === 0) return;
    const bundle = open.adopt(bundleOf(fds, closeSync), closeSync);
    await this.#store.storeFds(PREFIX + key, [bundle], { poll: 'off' });
    this.#kept.add(key);
  }

  async release(key: string): Promise<void> {
    if (!this.#kept.delete(key)) return;
    await this.#store.removeFds(PREFIX + key);
  }

  /** A port that nobody has now; two who ask at the same time may be told the same one. @throws SystemCallFailed */
  async free(hostAddress: string, protocol: Protocol, isTaken: (port: number) => boolean): Promise<number> {
    const { openSocket, bindSocket } = await sockets();
    const [first, ...others] = addressesOf({ hostAddress });
    if (first === undefined) throw new Error(`no address: ${hostAddress}`);
    // What it is held with meanwhile is also what the kernel does not offer again.
    using open = new DisposableStack();
    for (;;) {
      const port = bindSocket(open.adopt(openSocket(protocol, first.family), closeSync), first, 0);
      if (isTaken(port)) continue;
      try {
        for (const address of others)
          bindSocket(open.adopt(openSocket(protocol, address.family), closeSync), address, port);
        return port;
      } catch (error) {
        if (isCode(error, 'EAFNOSUPPORT')) return port;
        if (!isCode(error, 'EADDRINUSE')) throw error;
      }
    }
  }

  /** undefined where this host does not have the protocol, so that nobody can have the port. */
  async #bind(ports: ReservedPorts, address: Address, port: number): Promise<number | undefined> {
    const { openSocket, bindSocket, bindFadingSocket } = await sockets();
    using open = new DisposableStack();
    try {
      const fd = open.adopt(openSocket(ports.protocol, address.family), closeSync);
      try {
        bindSocket(fd, address, port);
      } catch (error) {
        if (!isCode(error, 'EADDRINUSE')) throw error;
        const holder = await holderOf(ports.protocol, port);
        if (holder !== undefined || ports.protocol !== 'tcp')
          throw new PortTaken(ports, port, holder, { cause: error });
        bindFadingSocket(fd, address, port);
      }
      open.move();
      return fd;
    } catch (error) {
      if (isCode(error, 'EAFNOSUPPORT') || isCode(error, 'EPROTONOSUPPORT') || isCode(error, 'ESOCKTNOSUPPORT'))
        return undefined;
      if (isCode(error, 'EADDRINUSE')) throw new PortTaken(ports, port, undefined, { cause: error });
      throw error;
    }
  }
}

function addressesOf({ hostAddress }: Pick<ReservedPorts, 'hostAddress'>): readonly Address[] {
  if (hostAddress === '') return ANY;
  const address = parseAddress(hostAddress);
  if (address === undefined) throw new Error(`not an address: ${hostAddress}`);
  return [address];
}

const isCode = (error: unknown, code: string): boolean =>
  error instanceof Error && 'code' in error && error.code === code;
