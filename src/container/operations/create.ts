import { configure, type Request } from '../configuration/configure.ts';
import type { Image } from '../../storage/images.ts';
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
} from '../names.ts';
import type { Ports } from '../ports.ts';
import { demandControllers } from './demand-controllers.ts';

/**
 * Makes a container. It is one row of the database and nothing else until it is started.
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
  const { index, runtimes, images, units, hostname, defaultStreams } = ports;
  const asked = request.name === undefined ? undefined : parseContainerName(request.name, 'configuration.name');
  if (asked !== undefined && index.isTaken(asked)) throw new ContainerError('ContainerExists', { name: asked });
  units.expectStart(); // most are started at once
  const wanted = request.runtime === undefined ? runtimes.preferred : runtimes.find(request.runtime);
  if (wanted === undefined) throw new ContainerError('NoSuchRuntime', { runtime: request.runtime ?? 'crun or runc' });
  const made = async (image: Image | undefined): Promise<Container> => {
    const wish = configure(request, image, {
      id,
      hostname,
      streams: defaultStreams(),
      runtime: wanted.name,
      find: (reference) => index.find(reference),
    });
    const config = { ...wish, devices: await expandedDevices(wish.devices) };
    await demandControllers(ports, config, 'configuration.', signal);
    await demandHostFiles(config);
    signal.throwIfAborted();
    const meanwhile = index.get(id);
    if (meanwhile !== undefined) return meanwhile; // by the same call, made again
    const name = asked ?? generateName((each) => index.isTaken(each));
    const container: Container = {
      id,
      name,
      unit: index.unitFor({ id, name }),
      createdAt: ports.now(),
      config,
      status: { state: 'configured' },
      restarts: 0,
      message: undefined,
    };
    index.add(container);
    ports.faults('create: row written');
    return container;
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

/** One whose short form no other container has. */
function newId({ index }: Ports): ContainerId {
  for (;;) {
    const id = newContainerId();
    if (!index.all().some((other) => shortId(other.id) === shortId(id))) return id;
  }
}
