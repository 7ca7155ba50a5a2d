/** How exec sessions end: what is told of it, what is given back, and how to bring it about. */
import { readFile } from 'node:fs/promises';
import type { RuntimeError } from '../../oci/errors.ts';
import type { UnitExit } from '../../systemd/units/unit-status.ts';
import type { ContainerError } from '../errors.ts';
import { parseContainerId } from '../names.ts';
import { refusalOfRuntime } from '../launch/launch.ts';
import { stopIfLoaded } from '../launch/forget-unit.ts';
import { isGone } from '../launch/is-gone.ts';
import { runtimeFor } from '../launch/runtime-for.ts';
import { codeOfSignal, systemdSignalNumber } from '../status.ts';
import { controlGroupFor } from '../unit-names.ts';
import type { Expiry } from './expiry.ts';
import { relayKey, type ExecPorts } from './ports.ts';
import { signalForUnit } from './session-unit.ts';
import { sessionUnit, type Session, type SessionEnd } from './session.ts';

/** As shells and podman say it: berth itself failed, cannot be executed, is not there. */
const CODES = { RuntimeFailed: 125, CommandNotExecutable: 126, CommandNotFound: 127 } as const;
const SIGKILL = 9;
const LARGEST_CODE_WITHOUT_SIGNAL = 128;

export class SessionReaper {
  readonly #ports: ExecPorts;
  readonly #expiry: Expiry;
  /** Under way, by session. */
  readonly #settling = new Map<string, Promise<void>>();

  constructor(ports: ExecPorts, expiry: Expiry) {
    this.#ports = ports;
    this.#expiry = expiry;
  }

  /** The first process of a session's unit has ended this moment, and the runtime with it. */
  async exited(session: Session, exit: UnitExit): Promise<void> {
    const code = codeOf(exit);
    // A runtime that was killed could not end the process with it.
    if (code === undefined || code > LARGEST_CODE_WITHOUT_SIGNAL) await this.#signalProcess(session, SIGKILL);
    if ((await this.#ports.store.files.exitOf(session.id)) === undefined) await this.#endRest(session);
    await this.settle(session.id, { code, at: this.#ports.now() });
  }

  /** Asks whether a session has ended that an earlier berthd has started. */
  async look(session: Session): Promise<void> {
    const { store, now } = this.#ports;
    const { id } = session;
    if (!(await this.#isDown(session))) return;
    const recorded = await store.files.exitOf(id);
    if (recorded !== undefined) await this.settle(id, recorded);
    else if ((await store.files.pidOf(id)) === undefined)
      await this.settle(id, { code: CODES.RuntimeFailed, message: 'it was not started', at: now() });
    else {
      // Somebody has killed the one who would have recorded it.
      await this.#signalProcess(session, SIGKILL);
      await this.settle(id, { code: undefined, at: now() });
    }
  }

  /** Writes down how a session ended, once everything that it said is handed out; then gives back what it held. */
  async settle(id: string, end: SessionEnd): Promise<void> {
    if (this.#ports.store.get(id)?.end !== undefined) return;
    const under = this.#settling.get(id) ?? this.#settle(id, end);
    this.#settling.set(id, under);
    await under;
  }

  /** Why nothing was run; undefined if something was. */
  async refusalOf({ id, container: reference }: Session): Promise<ContainerError | undefined> {
    const said = await this.#said(id);
    if (said === undefined) return undefined;
    const container = this.#ports.index.find(reference);
    return refusalOfRuntime(container.name, runtimeFor(this.#ports, container), said, { cause: said });
  }

  /** Resolves when it has ended: a signal, and SIGKILL when it has not ended after so long. */
  async stop(session: Session, ms: number, stopSignal: number): Promise<void> {
    const { store } = this.#ports;
    const ended = store.ended(session.id);
    if (ms > 0) {
      await this.#signal(session, stopSignal);
      const { promise: late, resolve } = Promise.withResolvers<void>();
      const timer = setTimeout(resolve, ms);
      await Promise.race([ended, late]);
      clearTimeout(timer);
    }
    if (store.get(session.id)?.end === undefined) await this.#signal(session, SIGKILL);
    await ended;
  }

  /** Resolves when a session that has ended is put away. */
  async settled(id: string): Promise<void> {
    await this.#settling.get(id);
  }

  /** Ends whatever is left of a session at once. */
  async discard(id: string): Promise<void> {
    const { units, relays } = this.#ports;
    await stopIfLoaded(units, sessionUnit(id));
    await relays.remove(relayKey(id));
    await this.settled(id);
  }

  /** Resolves when nothing is under way. */
  async idle(): Promise<void> {
    await Promise.allSettled(this.#settling.values());
  }

  async #isDown(session: Session): Promise<boolean> {
    const { units, isPopulated } = this.#ports;
    const unit = await units.status(sessionUnit(session.id));
    if (unit === undefined || unit.activeState === 'inactive' || unit.activeState === 'failed') return true;
    if (unit.activeState !== 'active' || (await isPopulated(unit.controlGroup))) return false;
    await this.#endRest(session);
    return true;
  }

  /**
   * Ends what is left of a session whose first process has ended before its time: a runtime that goes on without it, and the unit.
   * Where that process ended while systemd adopted it, systemd never hears that it has, and calls the unit active for ever.
   */
  async #endRest(session: Session): Promise<void> {
    const { units } = this.#ports;
    const unit = sessionUnit(session.id);
    await unlessGone(units.kill(unit, 'all', SIGKILL));
    await this.#signalProcess(session, SIGKILL);
    await stopIfLoaded(units, unit);
  }

  async #settle(id: string, end: SessionEnd): Promise<void> {
    const { store, relays, faults } = this.#ports;
    try {
      const relay = relays.find(relayKey(id));
      if ((await relays.finish(relayKey(id))) === 'left') return; // the next berthd settles it
      faults('exec: output handed out');
      const session = store.get(id);
      if (session !== undefined)
        store.save({ ...session, end: { ...(await this.#explained(session, end)), missed: relay?.missed } });
      this.#expiry.ended();
    } finally {
      this.#settling.delete(id);
    }
  }

  /** An exit code of the runtime's own says nothing; its log does. */
  async #explained(session: Session, end: SessionEnd): Promise<SessionEnd> {
    if (end.code === 0 || end.message !== undefined) return end;
    const refusal = await this.refusalOf(session);
    if (refusal === undefined) return end;
    const code = Object.entries(CODES).find(([name]) => name === refusal.code)?.[1] ?? CODES.RuntimeFailed;
    return { ...end, code, message: 'message' in refusal.facts ? refusal.facts.message : refusal.message };
  }

  async #said(id: string): Promise<RuntimeError | undefined> {
    return await this.#ports.runtimeLog.lastError(this.#ports.store.files.of(id).runtimeLog);
  }

  /** Signals the process, or the runtime that has not started it yet. */
  async #signal(session: Session, signal: number): Promise<void> {
    if (await this.#signalProcess(session, signal)) return;
    const { units, index, runtimes } = this.#ports;
    const runtime = runtimes.find(index.find(session.container).config.runtime);
    await unlessGone(units.kill(sessionUnit(session.id), 'all', signalForUnit(session, runtime, signal)));
  }

  /** Signals the process itself, if its ID is still that of a process of the container. */
  async #signalProcess({ id, container: owner }: Session, signal: number): Promise<boolean> {
    const { store, index } = this.#ports;
    const [pid, container] = [await store.files.pidOf(id), index.get(parseContainerId(owner))];
    if (pid === undefined || container === undefined) return false;
    const groups = await readFile(`/proc/${pid}/cgroup`, 'latin1').catch(() => '');
    if (!groups.includes(`${controlGroupFor(container.unit)}\n`)) return false;
    try {
      process.kill(pid, signal);
      return true;
    } catch (error) {
      if (error instanceof Error && 'code' in error && error.code === 'ESRCH') return false; // it has ended in between
      throw error;
    }
  }
}

/** Resolves also where there is nothing to signal any more. */
async function unlessGone(signalled: Promise<void>): Promise<void> {
  try {
    await signalled;
  } catch (error) {
    if (!isGone(error)) throw error;
  }
}

function codeOf(exit: UnitExit): number | undefined {
  if ('code' in exit) return exit.code;
  const number = systemdSignalNumber(exit.signal.replace(/^SIG/, ''));
  return number === undefined ? undefined : codeOfSignal(number);
}
