import { NetworkError } from '../../network/errors.ts';
import { isSetUp } from '../network/set-up-as.ts';
import type { Ports } from '../ports.ts';

/**
 * Sets up again what somebody has taken away of the networks of containers that run; they run on.
 * @param reference all of them if left out
 * @throws NetworkError `NetworkFailed` for the first that it is not possible with, after all others
 */
export async function reloadNetwork(ports: Ports, reference: string | undefined): Promise<void> {
  const { index, lane, folders, network } = ports;
  const containers = reference === undefined ? index.all() : [index.find(reference)];
  const failures: NetworkError[] = [];
  for (const { id } of containers) {
    if (index.get(id) === undefined) continue;
    await lane.turn(id, async (container) => {
      if (!isSetUp(ports, container)) return;
      const folder = folders.of(id);
      if ((await network.program.run('reload', folder)) === 'done') return;
      const message = network.program.failureOf(folder) ?? 'it could not be set up again';
      failures.push(new NetworkError('NetworkFailed', { container: container.name, message }));
    });
  }
  const [first] = failures;
  if (first !== undefined) throw first;
}
