/** The networks of this host: a method for each verb. */
import { isIP } from 'node:net';
import { create, defaultRequest, takenBy, type CreatePorts, type NetworkRequest } from './create.ts';
import { NetworkError } from './errors.ts';
import { overlap } from '../lib/ip.ts';
import { DEFAULT_NETWORK, type Network } from './network.ts';
import { breachOf } from './rules.ts';

/** Those who use networks; the containers are. */
export interface NetworkUsers {
  /** Their names. */
  of(network: string): string[];
}

const MAX_NAMES = 10;

export class Networks {
  readonly #ports: CreatePorts & { readonly users: NetworkUsers };
  /** That two need it at the same time is no reason to make it twice. */
  #making: Promise<Network> | undefined;

  constructor(ports: CreatePorts & { readonly users: NetworkUsers }) {
    this.#ports = ports;
  }

  /** @throws NetworkError */
  async create(request: NetworkRequest, signal: AbortSignal): Promise<Network> {
    return await create(this.#ports, request, signal);
  }

  /** @param reference a name, an ID, or the first twelve digits of one. @throws NetworkError `NoSuchNetwork` | `InvalidNetwork` */
  find(reference: string): Network {
    const network = this.#ports.files.read(reference) ?? this.#byId(reference);
    if (network === undefined) throw new NetworkError('NoSuchNetwork', { network: reference });
    return network;
  }

  /** The same, and the default network is made where it is not there. @throws NetworkError */
  async demand(reference: string, signal: AbortSignal): Promise<Network> {
    if (reference !== DEFAULT_NETWORK || this.#ports.files.read(DEFAULT_NETWORK) !== undefined)
      return this.#withoutClash(this.find(reference));
    this.#making ??= this.create(defaultRequest, signal).finally(() => {
      this.#making = undefined;
    });
    return await this.#making;
  }

  /** Those that can be read, and what is wrong with the others. */
  list(): { readonly networks: readonly Network[]; readonly wrong: readonly NetworkError[] } {
    return this.#ports.files.readAll();
  }

  fileOf({ name }: Network): string {
    return this.#ports.files.pathOf(name);
  }

  usersOf({ name }: Network): string[] {
    return this.#ports.users.of(name);
  }

  /** @throws NetworkError `NoSuchNetwork` | `NetworkInUse` */
  remove(reference: string): void {
    // A file that makes no sense can go by its name.
    const name = this.#nameOf(reference);
    const containers = this.#ports.users.of(name);
    if (containers.length > 0)
      throw new NetworkError('NetworkInUse', { network: name, containers: containers.slice(0, MAX_NAMES) });
    this.#ports.files.remove(name);
  }

  /** Removes those that nobody uses, but for the default one. @param labels all of them have to be there; an empty value is any */
  prune(labels: Readonly<Record<string, string>>): Network[] {
    const gone = this.list().networks.filter(
      (network) =>
        network.name !== DEFAULT_NETWORK &&
        this.usersOf(network).length === 0 &&
        Object.entries(labels).every(([name, value]) => hasLabel(network.labels, name, value)),
    );
    for (const { name } of gone) this.#ports.files.remove(name);
    return gone;
  }

  /** @throws NetworkError `NoSuchNetwork` | `InvalidParameter` */
  changeDnsServers(
    reference: string,
    change: { readonly add: readonly string[]; readonly remove: readonly string[] },
  ): Network {
    for (const key of ['add', 'remove'] as const)
      for (const [index, text] of change[key].entries())
        if (isIP(text) === 0) throw new NetworkError('InvalidParameter', { parameter: `${key}DnsServers[${index}]` });
    const network = this.find(reference);
    const kept = network.dnsServers.filter((server) => !change.remove.includes(server));
    const changed = { ...network, dnsServers: [...new Set([...kept, ...change.add])] };
    if (breachOf(changed) !== undefined) throw new NetworkError('InvalidParameter', { parameter: 'addDnsServers' });
    this.#ports.files.write(changed);
    return changed;
  }

  #byId(reference: string): Network | undefined {
    if (!/^[0-9a-f]{12,64}$/u.test(reference)) return undefined;
    return this.list().networks.find(({ id }) => id.startsWith(reference));
  }

  #nameOf(reference: string): string {
    try {
      return this.find(reference).name;
    } catch (error) {
      if (error instanceof NetworkError && error.code === 'InvalidNetwork') return reference;
      throw error;
    }
  }

  /** Files written by hand may have the same subnet twice. @throws NetworkError `InvalidNetwork` */
  #withoutClash(network: Network): Network {
    const clash = (member: string, reason: string): NetworkError =>
      new NetworkError('InvalidNetwork', { file: this.fileOf(network), member, reason });
    const own = takenBy(network);
    for (const other of this.list().networks) {
      if (other.name === network.name) continue;
      if (other.id.slice(0, 8) === network.id.slice(0, 8)) throw clash('id', `it begins like that of ${other.name}`);
      if (network.driver !== 'bridge' || other.driver !== 'bridge' || isShared(network) || isShared(other)) continue;
      if (other.interface === network.interface) throw clash('network_interface', `it is that of ${other.name}`);
      const taken = takenBy(other);
      const index = own.findIndex(({ subnet }) => taken.some((each) => overlap(each.subnet, subnet)));
      if (index >= 0) throw clash(`subnets.${index}.subnet`, `it overlaps one of ${other.name}`);
    }
    return network;
  }
}

/** Whether a bridge may be that of several networks. */
const isShared = ({ options }: Network): boolean => options['mode'] === 'unmanaged' || options['vlan'] !== undefined;

const hasLabel = (labels: Readonly<Record<string, string>>, name: string, value: string): boolean =>
  Object.hasOwn(labels, name) && (value === '' || labels[name] === value);
