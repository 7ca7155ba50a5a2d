/** Changes the network of a container that runs. */
import type { SetupDocument } from '../../netavark/netavark.ts';
import { NetworkError } from '../../network/errors.ts';
import type { Container } from '../container.ts';
import type { Ports } from '../ports.ts';
import { isAlive } from '../state.ts';

type SetUpPorts = Pick<Ports, 'folders' | 'network'>;

/** Whether it has a namespace that its networks are set up in. */
export const isSetUp = ({ folders }: Pick<Ports, 'folders'>, { id, config, status }: Container): boolean =>
  config.network === 'networks' && isAlive(status.state) && folders.hasNetwork(folders.of(id));

/**
 * Has it set up as these documents say: what is not among them is taken back, what is other than before is taken back and set up
 * again, what is new is set up. Those that stay the same are not touched.
 * @throws NetworkError `NetworkFailed`; what could not be set up is taken back
 */
export async function setUpAs(
  ports: SetUpPorts,
  container: Container,
  wanted: ReadonlyMap<string, SetupDocument>,
): Promise<void> {
  const { folders, network } = ports;
  const folder = folders.of(container.id);
  const before = new Map(folders.networkDocuments(folder).map((name) => [networkIn(name), name]));
  const gone = new Set(before.keys());
  for (const document of wanted.values()) gone.delete(nameOf(document));
  for (const name of gone) await take(ports, container, before.get(name) ?? '');
  for (const [fresh, document] of wanted) {
    // Where it stands among the others is of no importance any more.
    const known = before.get(nameOf(document));
    if (known !== undefined && folders.networkDocument(folder, known) === JSON.stringify(document)) continue;
    if (known !== undefined) await take(ports, container, known);
    const file = known ?? unusedName(fresh, folders.networkDocuments(folder));
    folders.writeNetworkDocument(folder, file, document);
    if ((await network.program.run('connect', folder, file)) === 'done') continue;
    const message = network.program.failureOf(folder) ?? 'it could not be set up';
    await network.program.run('disconnect', folder, file);
    folders.removeNetworkDocument(folder, file);
    throw new NetworkError('NetworkFailed', { container: container.name, message });
  }
}

async function take({ folders, network }: SetUpPorts, { id, name }: Container, file: string): Promise<void> {
  const folder = folders.of(id);
  if ((await network.program.run('disconnect', folder, file)) === 'failed')
    throw new NetworkError('NetworkFailed', { container: name, message: `${networkIn(file)} could not be taken back` });
  folders.removeNetworkDocument(folder, file);
}

const nameOf = ({ networks }: SetupDocument): string => Object.keys(networks)[0] ?? '';
/** `00-app.json` is of app. */
export const networkIn = (file: string): string => file.replace(/^\d+-/u, '').replace(/\.json$/u, '');

/** Another network may have had the place. */
function unusedName(fresh: string, files: readonly string[]): string {
  const places = files.map((file) => Number.parseInt(file, 10));
  const place = Number.parseInt(fresh, 10);
  if (!places.includes(place)) return fresh;
  return fresh.replace(/^\d+/u, String(Math.max(...places) + 1).padStart(2, '0'));
}
