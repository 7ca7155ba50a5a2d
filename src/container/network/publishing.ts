/** Ports of the host: nobody gets one that somebody else has. */
import { PortTaken } from '../../netavark/errors.ts';
import { NetworkError } from '../../network/errors.ts';
import { clashOf, joined, type PortMapping } from '../../network/port-mapping.ts';
import type { Container } from '../container.ts';
import { shortId } from '../names.ts';
import type { Ports } from '../ports.ts';
import { isAlive } from '../state.ts';

/**
 * Takes the ports of a container for itself.
 * @throws NetworkError `PortInUse` naming who has one; nothing is taken then
 */
export async function reservePorts(ports: Pick<Ports, 'index' | 'network'>, container: Container): Promise<void> {
  const { id, config } = container;
  const holder = holderAmong(ports, container, ({ status }) => isAlive(status.state));
  if (holder !== undefined) throw holder;
  try {
    await ports.network.reservations.reserve(shortId(id), joined(config.ports));
  } catch (error) {
    if (!(error instanceof PortTaken)) throw error;
    // One that is being started, or has ended this moment.
    const other = holderAmong(ports, container, (each) => ports.network.reservations.has(shortId(each.id)));
    throw other ?? refusalFor(error);
  }
}

function holderAmong(
  { index }: Pick<Ports, 'index'>,
  { id, config }: Container,
  holds: (container: Container) => boolean,
): NetworkError | undefined {
  for (const other of index.all()) {
    if (other.id === id || !holds(other)) continue;
    for (const mapping of config.ports)
      for (const theirs of other.config.ports) {
        const hostPort = clashOf(mapping, theirs);
        if (hostPort !== undefined) return inUse(mapping, hostPort, { container: other.name });
      }
  }
  return undefined;
}

const refusalFor = ({ ports, port, holder }: PortTaken): NetworkError =>
  inUse(ports, port, holder === undefined ? {} : { process: { pid: holder.pid }, command: holder.command });

const inUse = (
  { hostAddress, protocol }: Pick<PortMapping, 'hostAddress' | 'protocol'>,
  hostPort: number,
  { container, process, command }: { container?: string; process?: { pid: number }; command?: string },
): NetworkError => new NetworkError('PortInUse', { hostAddress, hostPort, protocol, container, process, command });

/** Finds ports for those mappings that have none; they stay the container's, whether it runs or not. */
export async function withFreePorts(
  { index, network }: Pick<Ports, 'index' | 'network'>,
  mappings: readonly PortMapping[],
): Promise<PortMapping[]> {
  const found: PortMapping[] = mappings.filter(({ hostPort }) => hostPort > 0);
  const others = index.all().flatMap(({ config }) => config.ports);
  const all: PortMapping[] = [];
  for (const mapping of mappings) {
    if (mapping.hostPort > 0) {
      all.push(mapping);
      continue;
    }
    const hostPort = await network.reservations.free(mapping.hostAddress, mapping.protocol, (port) =>
      [...others, ...found].some((other) => clashOf(other, { ...mapping, hostPort: port }) !== undefined),
    );
    const chosen = { ...mapping, hostPort };
    found.push(chosen);
    all.push(chosen);
  }
  return all;
}
