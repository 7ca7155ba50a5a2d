import type { Container } from '../container.ts';
import { shortId } from '../names.ts';
import type { Ports } from '../ports.ts';
import type { ServiceStatus } from '../../systemd/units/unit-status.ts';
import { volumesIn } from '../configuration/volumes.ts';
import { isAlive } from '../state.ts';
import type { RemovedVolumes } from '../status.ts';
import { demandNoDependents } from './dependencies.ts';
import { demandNoSessions } from './demand-no-sessions.ts';
import { giveBackNetwork, releasePorts } from '../network/give-back.ts';
import { forgetUnit } from '../launch/forget-unit.ts';
import { stopUnit } from './stop.ts';
import { relayKeyOf } from '../launch/streams.ts';

export interface RemoveOptions {
  /** Whether one that runs is refused, or killed first. */
  readonly ifRunning: 'refuse' | 'kill';
  /** One that was to be removed at its end takes its anonymous volumes along anyway. */
  readonly volumes?: RemovedVolumes | undefined;
}

/**
 * Removes a container, what it wrote, and what systemd and the runtime still know of it. That it is being removed is
 * written down first: the next berthd goes on where one died.
 * @throws ContainerError `WrongState` | `HasDependents`
 */
export async function remove(
  ports: Ports,
  reference: string,
  { ifRunning, volumes = 'none' }: RemoveOptions,
  signal: AbortSignal,
): Promise<void> {
  const found = ports.index.find(reference);
  const { id } = found;
  demandNoDependents(ports, found);
  if (ifRunning === 'kill') {
    await ports.lane.look(id);
    const container = ports.index.get(id);
    // Not by way of `stop`, which refuses what is paused.
    if (container !== undefined && isAlive(container.status.state)) await stopUnit(ports, container, 0, signal);
  }
  await ports.lane.run(id, 'remove', async (container, unit) => {
    if (ifRunning === 'refuse') demandNoSessions(ports, container);
    await finishRemoval(ports, container, unit, volumes);
  });
}

/**
 * The removal itself, from whatever point an earlier one was cut off at. For those who have the turn.
 * @param unit as the look at the container found it
 * @param volumes of a removal that begins; one that was cut off has written it down
 */
export async function finishRemoval(
  ports: Ports,
  container: Container,
  unit: ServiceStatus | undefined,
  volumes: RemovedVolumes = 'none',
): Promise<void> {
  const { index, folders, units, runtimes, mounts, sessions, relays, faults } = ports;
  const { status } = container;
  const folder = folders.of(container.id);
  // A removal that was cut off has left the status behind, but not yet the record.
  const exit = 'exit' in status ? status.exit : folders.endOf(folder)?.exit;
  // Once the folder is gone nobody else knows it.
  if (exit !== undefined) index.keepEnd(container, exit);
  const taken = volumesTaken(container, volumes);
  // Not without room to write it down, either: this is how room is made.
  index.see({ ...container, status: { state: 'removing', volumes: taken } });
  faults('remove: written down');
  if (unit !== undefined) await forgetUnit(units, container.unit);
  faults('remove: unit forgotten');
  await sessions.forget(container.id);
  faults('remove: sessions ended');
  await relays.finish(relayKeyOf(container));
  faults('remove: streams ended');
  await runtimes.find(container.config.runtime)?.delete(shortId(container.id), { ifRunning: 'kill' });
  faults('remove: runtime record deleted');
  await mounts.unmountAll(folder.root);
  faults('remove: root unmounted');
  await giveBackNetwork(ports, container, folder);
  await releasePorts(ports, container);
  faults('remove: network given back');
  await folders.remove(folder);
  faults('remove: folder deleted');
  if (taken === 'anonymous') await ports.volumes.removeAnonymous(volumesIn(container.config.mounts), container.name);
  faults('remove: volumes removed');
  index.remove(container, exit);
  faults('remove: row deleted');
}

const volumesTaken = ({ config, status }: Container, asked: RemovedVolumes): RemovedVolumes =>
  config.removeOnExit || (status.state === 'removing' && status.volumes === 'anonymous') ? 'anonymous' : asked;
