import type { Container } from '../container.ts';
import { shortId } from '../names.ts';
import type { Ports } from '../ports.ts';
import { giveBackNetwork } from '../network/give-back.ts';
import { forgetUnit } from './forget-unit.ts';
import { runtimeFor } from './runtime-for.ts';

/** Gives back what a run that has ended may still hold. For those who have the turn. */
export async function cleanUp(
  ports: Pick<Ports, 'units' | 'runtimes' | 'mounts' | 'folders' | 'network' | 'faults'>,
  container: Container,
): Promise<void> {
  await forgetUnit(ports.units, container.unit);
  ports.faults('cleanup: unit forgotten');
  await runtimeFor(ports, container).delete(shortId(container.id), { ifRunning: 'kill' });
  ports.faults('cleanup: runtime record deleted');
  const folder = ports.folders.of(container.id);
  await ports.mounts.unmountAll(folder.root);
  ports.faults('cleanup: root unmounted');
  await giveBackNetwork(ports, container, folder);
  ports.faults('cleanup: network given back');
}
