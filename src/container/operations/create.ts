import { configure, type Request } from '../configuration/configure.ts';
import type { Container } from '../container.ts';
import { ContainerError } from '../errors.ts';
import { demandHostFiles } from '../launch/host-files.ts';
import { generateName, newContainerId, parseContainerName, shortId, type ContainerId } from '../names.ts';
import type { Ports } from '../ports.ts';
import { unitNameFor } from '../unit-names.ts';

/**
 * Makes a container. It is one row of the database and nothing else until it is started.
 * @throws ContainerError `NoSuchImage` | `AmbiguousImage` | `NoSuchRuntime` | `ContainerExists` | `InvalidName` | …
 */
export async function create(ports: Ports, request: Request, signal: AbortSignal): Promise<Container> {
  const { index, runtimes, images, units, hostname, defaultStreams } = ports;
  if (request.name !== undefined && index.isTaken(parseContainerName(request.name))) {
    throw new ContainerError('ContainerExists', { name: request.name });
  }
  units.expectStart(); // most are started at once
  const wanted = request.runtime === undefined ? runtimes.preferred : runtimes.find(request.runtime);
  if (wanted === undefined) throw new ContainerError('NoSuchRuntime', { runtime: request.runtime ?? 'crun or runc' });
  const image = request.image === undefined ? undefined : await images.find(request.image, signal);
  if (image === undefined && request.image !== undefined)
    throw new ContainerError('NoSuchImage', { image: request.image });
  const id = newId(ports);
  const config = configure(request, image, {
    id,
    hostname,
    streams: defaultStreams(),
    runtime: wanted.name,
    find: (reference) => index.find(reference),
  });
  await demandHostFiles(config);
  signal.throwIfAborted();
  const name =
    request.name === undefined ? generateName((each) => index.isTaken(each)) : parseContainerName(request.name);
  const container: Container = {
    id,
    name,
    unit: unitNameFor(name),
    createdAt: ports.now(),
    config,
    status: { state: 'configured' },
    restarts: 0,
    message: undefined,
  };
  index.add(container);
  ports.faults('create: row written');
  return container;
}

/** One whose short form no other container has. */
function newId({ index }: Ports): ContainerId {
  for (;;) {
    const id = newContainerId();
    if (!index.all().some((other) => shortId(other.id) === shortId(id))) return id;
  }
}
