import { orAborted } from '../../lib/or-aborted.ts';
import type { MainProcess } from '../../systemd/units/unit-manager.ts';
import type { Container } from '../container.ts';
import type { ContainerId } from '../names.ts';
import { thaw, type ThawPorts } from '../pausing/thaw.ts';
import type { Ports } from '../ports.ts';
import { wantDown } from '../records/wish.ts';
import { after, hasEnded, isAlive } from '../state.ts';
import { unitStopTimeoutUsec } from '../launch/unit.ts';
import { forgetFailure, stopIfLoaded } from '../launch/forget-unit.ts';
import { isGone } from '../launch/is-gone.ts';

export const SIGKILL = 9;

/**
 * Stops a container for good, also over a boot of the host; see `takeDown`.
 * @param timeoutUsec instead of the container's own; 0 kills at once, Infinity never
 * @throws ContainerError `AlreadyStopped` | `WrongState` | `UnitFailed`
 */
export async function stop(
  ports: Ports,
  reference: string,
  timeoutUsec: number | undefined,
  signal: AbortSignal,
): Promise<void> {
  await takeDown(ports, reference, timeoutUsec, signal, (container) => {
    const { state } = container.status;
    // One that has ended by itself may be meant to come up at the next boot.
    if (hasEnded(state) || after(state, 'stop') !== undefined) wantDown(ports, container);
  });
}

/**
 * Stops the unit and resolves when it is down: the stop signal, then SIGKILL. The turn is given back while it stops.
 * @param found told of the container when its turn has come
 */
export async function takeDown(
  ports: Ports,
  reference: string,
  timeoutUsec: number | undefined,
  signal: AbortSignal,
  found?: (container: Container) => void,
): Promise<void> {
  const { id, down } = await ports.lane.turn(reference, async (container) => {
    found?.(container);
    ports.lane.demand(container, 'stop');
    return await Promise.resolve({ id: container.id, down: stopRun(ports, container, timeoutUsec, signal) });
  });
  await down;
  // systemd has told that the unit is down before it told that stopping it is done.
  await ports.lane.hear(id);
}

/** As `stopUnit`; of one that never ran there is nothing to stop, and a unit of its name is somebody else's. */
export async function stopRun(...[ports, container, timeoutUsec, signal]: Parameters<typeof stopUnit>): Promise<void> {
  if (container.status.state !== 'configured') await stopUnit(ports, container, timeoutUsec, signal);
}

/**
 * Has systemd stop the unit within the given time, and resolves when it is down.
 *
 * The unit carries the container's own timeout, or a little more, and a running unit's cannot be changed. A shorter one is
 * kept by killing what is left when it is over; for a longer one systemd is told, once it has sent the stop signal, that the process
 * takes its time. Where the unit carries none at all, systemd would kill at once: then the signal is sent first.
 */
export async function stopUnit(
  ports: ThawPorts,
  container: Container,
  timeoutUsec: number | undefined,
  signal: AbortSignal,
): Promise<void> {
  const { unit, config } = container;
  // What is frozen heeds no signal but SIGKILL; and a unit that somebody has frozen is not stopped by systemd, which, when its main
  // process dies, starts the unit's clean-up in the frozen group and waits for it for ever, as PID 1.
  if (container.status.state === 'paused') {
    await thaw(ports, container);
    ports.faults('stop: thawed');
  }
  const own = unitStopTimeoutUsec(config);
  const allowed = timeoutUsec ?? config.stopTimeoutUsec;
  if (config.stopTimeoutUsec === 0 && allowed > 0 && container.status.state === 'running') {
    await signalMain(ports, unit, config.stopSignal);
    ports.faults('stop: stop signal sent');
    await ended(ports, container.id, allowed / 1000, signal);
  }
  // At once is without the stop signal, which systemd begins with: the kill is on its way before the stop.
  const killed = allowed === 0 ? signalMain(ports, unit, SIGKILL) : undefined;
  const asked = allowed > own ? extending(ports, container, allowed) : undefined;
  const stopped = stopIfLoaded(ports.units, unit, { signal, asked });
  const killer = allowed > 0 && allowed < own ? killAfter(ports, container, allowed / 1000) : undefined;
  let down;
  try {
    [down] = await Promise.all([stopped, killed]);
  } finally {
    killer?.[Symbol.dispose]();
  }
  ports.faults('stop: unit down');
  // A process that had to be killed makes systemd call the unit failed; it did what was asked for.
  await forgetFailure(ports.units, unit, down);
  ports.faults('stop: failed state cleared');
}

/** Longer than any host is up; systemd takes infinity for no answer. */
const FOR_EVER_USEC = 2 ** 52;

/** Tells systemd how much time the process has from when it was asked to end. */
function extending(
  { units, faults, log }: Pick<Ports, 'units' | 'faults' | 'log'>,
  { name }: Container,
  usec: number,
): (main: MainProcess) => void {
  const extend = async (pid: number): Promise<void> => {
    await units.extendTimeout(pid, Math.min(usec, FOR_EVER_USEC));
    faults('stop: time given');
  };
  return ({ pid }) => {
    extend(pid).catch((error: unknown) => {
      log.error('A container has no more time to stop than its own', { containerName: name, error });
    });
  };
}

/** Resolves when the container has ended, and at the latest after `ms`. */
async function ended({ index }: Pick<Ports, 'index'>, id: ContainerId, ms: number, signal: AbortSignal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<undefined>();
  const over = (): boolean => !isAlive(index.get(id)?.status.state ?? 'exited');
  using _listening = index.changes.listen(id, () => {
    if (over()) resolve(undefined);
  });
  const giveUp = (): void => {
    resolve(undefined);
  };
  const timer = Number.isFinite(ms) ? setTimeout(giveUp, Math.ceil(ms)) : undefined;
  try {
    if (over()) giveUp();
    await orAborted(promise, signal);
  } finally {
    clearTimeout(timer);
  }
}

/** The main process only: systemd kills the rest after it, and what cleans up behind the container must live. */
async function signalMain({ units }: Pick<Ports, 'units'>, unit: string, killSignal: number): Promise<void> {
  try {
    await units.kill(unit, 'main', killSignal);
  } catch (error) {
    if (!isGone(error)) throw error; // which is what was wanted
  }
}

/** Where it cannot be killed, systemd does it when the time of the unit's own is up. */
function killAfter(ports: Pick<Ports, 'units' | 'log'>, { unit, name }: Container, ms: number): Disposable {
  const timer = setTimeout(() => {
    signalMain(ports, unit, SIGKILL).catch((error: unknown) => {
      ports.log.error('A container whose time to stop was up could not be killed', { containerName: name, error });
    });
  }, ms);
  return {
    [Symbol.dispose]: () => {
      clearTimeout(timer);
    },
  };
}
