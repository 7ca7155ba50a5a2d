import { configure, type Request } from '../configuration/configure.ts';
import type { Image } from '../../storage/images.ts';
import { DEFAULT_NETWORK, type Network } from '../../network/network.ts';
import type { Configuration } from '../configuration/configuration.ts';
import type { Container } from '../container.ts';
import { ContainerError } from '../errors.ts';
import { demandHostFiles, expandedDevices } from '../launch/host-files.ts';
import {
  generateName,
  isContainerId,
  newContainerId,
  parseContainerName,
  shortId,
  type ContainerId,
  type ContainerName,
} from '../names.ts';
import { leasesFor } from '../network/leasing.ts';
import { withFreePorts } from '../network/publishing.ts';
import type { Ports } from '../ports.ts';
import { newVolumeName } from '../../volume/new-volume.ts';
import { volumesIn } from '../configuration/volumes.ts';
import { demandControllers } from './demand-controllers.ts';

/**
 * Makes a container. It is one row of the database, and volumes that were not there, and nothing else until it is started.
 * @param reserved the ID that it is to have; where there is one of it, that was made by the same call
 * @throws ContainerError `NoSuchRuntime` | `ContainerExists` | `InvalidName` | `NoController` | …; what `images.use` throws
 */
export async function create(
  ports: Ports,
  request: Request,
  signal: AbortSignal,
  reserved?: string,
): Promise<Container> {
  const id = reserved === undefined ? newId(ports) : reservedId(reserved);
  const known = ports.index.get(id);
  if (known !== undefined) return known;
  demandFree(ports, id);
  const { index, runtimes, images, units, hostname, network, defaultStreams } = ports;
  const asked = request.name === undefined ? undefined : parseContainerName(request.name, 'configuration.name');
  if (asked !== undefined && index.isTaken(asked)) throw new ContainerError('ContainerExists', { name: asked });
  units.expectStart(); // most are started at once
  const wanted = request.runtime === undefined ? runtimes.preferred : runtimes.find(request.runtime);
  if (wanted === undefined) throw new ContainerError('NoSuchRuntime', { runtime: request.runtime ?? 'crun or runc' });
  const nameless = new Set<string>();
  const made = async (image: Image | undefined): Promise<Container> => {
    const wish = configure(request, image, {
      id,
      hostname,
      streams: defaultStreams(),
      network: 'problem' in network.netavark() ? 'none' : 'networks',
      runtime: wanted.name,
      find: (reference) => index.find(reference),
      mountsOf: (reference) => index.find(reference).config.mounts,
      newVolumeName: () => {
        const name = newVolumeName();
        nameless.add(name);
        return name;
      },
    });
    const wished = { ...wish, devices: await expandedDevices(wish.devices) };
    await demandControllers(ports, wished, 'configuration.', signal);
    await demandHostFiles(wished);
    const networks = await networksForCreate(ports, wished, signal);
    const config = { ...wished, ports: await withFreePorts(ports, wished.ports) };
    signal.throwIfAborted();
    const volumes = volumesIn(config.mounts).map((name) => ({ name, anonymous: nameless.has(name) }));
    try {
      return await ports.volumes.use(
        volumes,
        async () => await Promise.resolve(add(ports, { id, asked }, config, networks)),
      );
    } catch (error) {
      if (error instanceof MadeMeanwhile) return error.container;
      throw error;
    }
  };
  if (request.image === undefined) return await made(undefined);
  const use = { image: request.image, parameter: 'configuration.image', user: asked ?? shortId(id) };
  return await images.use(use, made, signal);
}

/** @throws ContainerError `InvalidParameter` */
function reservedId(text: string): ContainerId {
  if (!isContainerId(text)) throw new ContainerError('InvalidParameter', { parameter: 'id' });
  return text;
}

/** @throws ContainerError `InvalidParameter` for one that is called as another one is, by its first digits */
function demandFree({ index }: Pick<Ports, 'index'>, id: ContainerId): void {
  if (index.all().some((other) => other.id !== id && shortId(other.id) === shortId(id)))
    throw new ContainerError('InvalidParameter', { parameter: 'id' });
}

/** The container is there from here on. @throws ContainerError `ContainerExists`; MadeMeanwhile */
function add(ports: Ports, { id, asked }: Identity, config: Configuration, networks: readonly Network[]): Container {
  const { index } = ports;
  const meanwhile = index.get(id);
  if (meanwhile !== undefined) throw new MadeMeanwhile(meanwhile);
  const name = asked ?? generateName((each) => index.isTaken(each));
  const container: Container = {
    id,
    name,
    unit: index.unitFor({ id, name }),
    createdAt: ports.now(),
    config,
    leases: [],
    status: { state: 'configured' },
    restarts: 0,
    message: undefined,
  };
  // Addresses that were asked for are the container's from now on.
  const leases = leasesFor(ports, container, networks).map(({ lease }) => lease);
  index.add({ ...container, leases });
  ports.faults('create: row written');
  return { ...container, leases };
}

/** By the same call, made again: nothing is to be made for it any more. */
class MadeMeanwhile extends Error {
  override readonly name = 'MadeMeanwhile';
  readonly container: Container;
  constructor(container: Container) {
    super('it was made meanwhile');
    this.container = container;
  }
}

interface Identity {
  readonly id: ContainerId;
  /** undefined for a name that is made up. */
  readonly asked: ContainerName | undefined;
}

/** One whose short form no other container has. */
function newId({ index }: Ports): ContainerId {
  for (;;) {
    const id = newContainerId();
    if (!index.all().some((other) => shortId(other.id) === shortId(id))) return id;
  }
}

/**
 * The networks on which a container is to have addresses from now on, because it asks for some.
 * @throws NetworkError for a network that there is not; the default one is made with the first start
 */
async function networksForCreate(
  { network }: Pick<Ports, 'network'>,
  { networks }: Configuration,
  signal: AbortSignal,
): Promise<Network[]> {
  const asks = networks.some(({ addresses, mac }) => addresses.length > 0 || mac !== undefined);
  const found: Network[] = [];
  for (const { network: name } of networks)
    if (asks) found.push(await network.networks.demand(name, signal));
    else if (name !== DEFAULT_NETWORK) network.networks.find(name);
  return found;
}
