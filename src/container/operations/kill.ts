import type { Container } from '../container.ts';
import { ContainerError } from '../errors.ts';
import type { Ports } from '../ports.ts';
import { wantDown } from '../records/wish.ts';
import { unitGroup } from '../unit-names.ts';
import { isGone } from '../launch/is-gone.ts';
import { SIGKILL } from './stop.ts';

const SIGINT = 2;
const SIGQUIT = 3;
const SIGABRT = 6;
const SIGTERM = 15;
/** By which a program is told to end; others mean something else to most. */
const ENDING: readonly number[] = [SIGINT, SIGQUIT, SIGABRT, SIGKILL, SIGTERM];

/**
 * Sends a signal to the first process of a container. One that is told to end so is not brought back, neither by systemd nor at the
 * next boot of the host unless it is always to be.
 * @param killSignal as kill(2) has it
 * @throws ContainerError `WrongState`
 */
export async function kill(ports: Ports, reference: string, killSignal: number, signal: AbortSignal): Promise<void> {
  await ports.lane.run(reference, 'kill', async (container) => {
    await sendSignal(ports, container, killSignal, signal);
  });
}

/** For those who have the turn. @throws ContainerError `WrongState` when it has ended meanwhile */
export async function sendSignal(
  ports: Ports,
  container: Container,
  killSignal: number,
  signal: AbortSignal,
): Promise<void> {
  const { restartPolicy, stopSignal } = container.config;
  const isToEnd = killSignal === stopSignal || ENDING.includes(killSignal);
  if (isToEnd) wantDown(ports, container);
  // It is not wanted back: systemd would restart what only a signal has ended, also one that was caught.
  if (isToEnd && restartPolicy !== 'no') {
    ports.folders.markKilled(ports.folders.of(container.id));
    ports.faults('kill: marked');
  }
  // See `stopUnit` for what becomes of the host otherwise. A container that berth has frozen dies as it is.
  const isThawed =
    killSignal === SIGKILL && container.status.state === 'paused' && ports.freezer.isFrozen(unitGroup(container.unit));
  try {
    if (isThawed) {
      await ports.units.thaw(container.unit, signal);
      ports.faults('kill: unit thawed');
    }
    await ports.units.kill(container.unit, 'main', killSignal, signal);
    ports.faults('kill: signal sent');
  } catch (error) {
    if (!isGone(error)) throw error;
    // It ended between the look and the signal.
    const { state } = (await ports.lane.settle(container.id))?.status ?? { state: 'exited' };
    // A signal that it had been sent before waited for it to be thawed.
    if (isThawed) return;
    throw new ContainerError('WrongState', { container: container.name, state, operation: 'kill' });
  }
}
