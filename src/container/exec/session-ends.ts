/** How exec sessions end: what is told of it, what is given back, and how to bring it about. */
import { readFile } from 'node:fs/promises';
import type { RuntimeError } from '../../oci/runtime.ts';
import type { UnitExit } from '../../systemd/unit-status.ts';
import type { Container } from '../container.ts';
import type { ContainerError } from '../errors.ts';
import { parseContainerId } from '../names.ts';
import { refusalOfRuntime } from '../operations/launch.ts';
import { stopIfLoaded } from '../operations/forget-unit.ts';
import { runtimeFor } from '../operations/runtime-for.ts';
import { codeOfSignal, systemdSignalNumber } from '../status.ts';
import { controlGroupFor } from '../unit.ts';
import { relayKey, type ExecutionsPorts } from './ports.ts';
import { sessionUnit, stateOf, type Session, type SessionEnd } from './session.ts';

/** As shells and podman say it: berth itself failed, cannot be executed, is not there. */
const CODES = { RuntimeFailed: 125, CommandNotExecutable: 126, CommandNotFound: 127 } as const;
const SIGKILL = 9;

export class Endings {
  readonly #ports: ExecutionsPorts;
  /** Under way, by session. */
  readonly #settling = new Map<string, Promise<void>>();

  constructor(ports: ExecutionsPorts) {
    this.#ports = ports;
  }

  /** systemd says that the runtime's process has ended. */
  async exited(session: Session, exit: UnitExit): Promise<void> {
    if (stateOf(session) !== 'running' || this.#settling.has(session.id)) return;
    const at = this.#ports.now();
    if ('code' in exit) {
      await this.settle(session.id, { code: exit.code, at });
      return;
    }
    // The runtime was killed, and cannot end the process with it.
    const container = this.#ports.registry.get(parseContainerId(session.container));
    if (container !== undefined) await this.#signal(session, container);
    const number = systemdSignalNumber(exit.signal.replace(/^SIG/, ''));
    await this.settle(session.id, { code: number === undefined ? undefined : codeOfSignal(number), at });
  }

  /** Asks systemd whether a session that should run has ended. A unit that is gone has ended with 0. */
  async look(session: Session): Promise<void> {
    const { units, book, now } = this.#ports;
    const status = await units.status(sessionUnit(session.id));
    if (status === undefined) {
      const ran = (await book.files.pidOf(session.id)) !== undefined;
      const end = ran ? { code: 0, at: now() } : { code: 125, message: 'it was not started', at: now() };
      if (!this.#settling.has(session.id)) await this.settle(session.id, end);
    } else if (status.mainPid === 0 && status.exit !== undefined) await this.exited(session, status.exit);
  }

  /** Writes down how a session ended, once everything that it said is handed out; then gives back what it held. */
  async settle(id: string, end: SessionEnd): Promise<void> {
    const under = this.#settling.get(id) ?? this.#settle(id, end);
    this.#settling.set(id, under);
    await under;
  }

  /** Why nothing was run; undefined if something was. */
  async refusalOf({ id, container: reference }: Session): Promise<ContainerError | undefined> {
    const said = await this.#said(id);
    if (said === undefined) return undefined;
    const container = this.#ports.registry.find(reference);
    return refusalOfRuntime(container.name, runtimeFor(this.#ports, container), said, { cause: said });
  }

  /** Resolves when it has ended: a signal, and SIGKILL when it has not ended after so long. */
  async stop(session: Session, ms: number, container: Container): Promise<void> {
    const { units, book } = this.#ports;
    const unit = sessionUnit(session.id);
    const ended = book.ended(session.id);
    const gone = (error: unknown): void => {
      if (!(error instanceof Error && (error.name === 'UnitNotLoaded' || error.name === 'NoSuchProcess'))) throw error;
    };
    if (ms > 0) {
      await units.kill(unit, 'main', container.config.stopSignal).catch(gone);
      const { promise: late, resolve } = Promise.withResolvers<void>();
      const timer = setTimeout(resolve, ms);
      await Promise.race([ended, late]);
      clearTimeout(timer);
    }
    if (book.get(session.id)?.end === undefined) {
      if (!(await this.#signal(session, container))) await units.kill(unit, 'main', SIGKILL).catch(gone);
    }
    await ended;
  }

  /** Resolves when nothing of a session that has ended is left with systemd. */
  async collected(id: string): Promise<void> {
    await this.#settling.get(id);
    await this.#ports.units.resetFailed(sessionUnit(id));
  }

  /** Ends whatever is left of a session at once. */
  async discard(id: string): Promise<void> {
    const { units, relays } = this.#ports;
    await stopIfLoaded(units, sessionUnit(id));
    await relays.remove(relayKey(id));
    await this.collected(id);
  }

  /** Resolves when nothing is under way. */
  async idle(): Promise<void> {
    await Promise.allSettled(this.#settling.values());
  }

  async #settle(id: string, end: SessionEnd): Promise<void> {
    const { book, relays, units } = this.#ports;
    try {
      await relays.finish(relayKey(id));
      const session = book.get(id);
      if (session !== undefined) book.save({ ...session, end: await this.#explained(session, end) });
      await units.resetFailed(sessionUnit(id));
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
    return await this.#ports.runtimeLog.lastError(this.#ports.book.files.of(id).runtimeLog);
  }

  /** Kills the process itself, if its ID is still that of a process of the container. */
  async #signal({ id }: Session, { unit }: Container): Promise<boolean> {
    const pid = await this.#ports.book.files.pidOf(id);
    if (pid === undefined) return false;
    const groups = await readFile(`/proc/${pid}/cgroup`, 'latin1').catch(() => '');
    if (!groups.includes(`${controlGroupFor(unit)}\n`)) return false;
    try {
      process.kill(pid, 'SIGKILL');
      return true;
    } catch {
      return false; // it has ended in between
    }
  }
}
