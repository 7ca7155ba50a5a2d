/** Writes down whether a container is wanted up or down: what a boot of the host has to go by, whatever has ended the container. */
import type { Container, Wish } from '../container.ts';
import type { Faults } from '../faults.ts';
import type { Logger } from '../../log/logger.ts';
import type { ContainerIndex } from './container-index.ts';
import type { Folders } from './folder.ts';

interface WishPorts {
  readonly index: Pick<ContainerIndex, 'save'>;
  readonly folders: Pick<Folders, 'describeAgain'>;
  readonly faults: Faults;
}

/** For those who have the turn, before they start it. @returns the container with the wish */
export const wantUp = (ports: WishPorts, container: Container): Container => want(ports, container, 'up');

/** For those who have the turn, before they end it. A disk that cannot be written keeps nobody from that. */
export function wantDown(ports: WishPorts & { readonly log: Logger }, container: Container): void {
  try {
    want(ports, container, 'down');
  } catch (error) {
    const message = 'A container may come up again at the next boot: that it was stopped cannot be written down';
    ports.log.error(message, { containerName: container.name, error });
  }
}

function want({ index, folders, faults }: WishPorts, container: Container, wanted: Wish): Container {
  if (container.wanted === wanted) return container;
  const wished = index.save({ ...container, wanted });
  faults('wish: row written');
  folders.describeAgain(wished);
  faults('wish: description written');
  return wished;
}
