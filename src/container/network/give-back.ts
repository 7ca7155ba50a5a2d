import { NetworkError } from '../../network/errors.ts';
import type { Container } from '../container.ts';
import { shortId } from '../names.ts';
import type { Folder } from '../records/folder.ts';
import type { Ports } from '../ports.ts';

/**
 * Gives back the interfaces, rules and names that a run has left. Its unit does so by itself at its end; this is for what it was kept
 * from.
 * @throws NetworkError `NetworkFailed`; the next one tries it again
 */
export async function giveBackNetwork(
  { folders, network }: Pick<Ports, 'folders' | 'network'>,
  { name }: Pick<Container, 'name'>,
  folder: Folder,
): Promise<void> {
  if (!folders.hasNetwork(folder)) return;
  if ((await network.program.run('down', folder)) === 'done') return;
  const message = network.program.failureOf(folder) ?? 'what is left of its last run could not be taken back';
  throw new NetworkError('NetworkFailed', { container: name, message });
}

/** Nobody needs to be kept from its ports any more. */
export async function releasePorts({ network }: Pick<Ports, 'network'>, { id }: Pick<Container, 'id'>): Promise<void> {
  await network.reservations.release(shortId(id));
}
