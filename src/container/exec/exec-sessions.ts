/**
 * Exec sessions: processes beside the first one of a container, each a scope that goes with the container's unit.
 *
 * In the scope is `units/exec-session`, a child of berthd that waits until it is there, and then runs the runtime's `exec`,
 * which stays until the process has ended and exits as it did. The helper records that, so the exit code needs no berthd. (A
 * service would cost 15 to 25 ms more; a detached `exec` with a PIDFile= would need no process of the runtime's, but systemd
 * takes no PID of a process that has ended already, and most of these are short.) What sessions say goes through a relay and
 * to nobody else; it is not logged.
 */
import type { Peer, TakenDescriptors } from '../../lib/peer-descriptors.ts';
import type { Relay, RelayClient } from '../../relay/relay.ts';
import type { NewRelay } from '../../relay/relay-request.ts';
import type { TerminalSize } from '../../stream/control.ts';
import type { ActiveState, UnitChange } from '../../systemd/units/unit-status.ts';
import type { Container } from '../container.ts';
import { ContainerError } from '../errors.ts';
import { runtimeFor } from '../launch/runtime-for.ts';
import { Expiry } from './expiry.ts';
import { relayKey, type ExecPorts } from './ports.ts';
import { SessionReaper } from './session-reaper.ts';
import { launchSession, type Launched } from './session-launch.ts';
import { sessionRelay } from './session-relay.ts';
import { configureSession, type SessionRequest } from './session-request.ts';
import { isSessionUnit, newSessionId, stateOf, type Session, type SessionEnd } from './session.ts';
import { untilRunning } from './session-start.ts';

/** A session that was started, and how its client leaves it. */
export interface Started {
  readonly relay: Relay;
  readonly leave: Disposable;
}

/** Who starts a session. */
export interface Start {
  /** Whose descriptors it gets, where it is to have some. */
  readonly caller: Peer;
  readonly client?: RelayClient | undefined;
  /** Of the client's window. */
  readonly size?: TerminalSize | undefined;
}

/** The first after the standard streams. */
const FIRST_PRESERVED = 3;
const DOWN: readonly ActiveState[] = ['inactive', 'failed'];

export class ExecSessions implements AsyncDisposable {
  readonly #ports: ExecPorts;
  /** Sessions that this berthd has started: the ends of these are its to see, and not systemd's to tell. */
  readonly #children = new Set<string>();
  readonly #reaper: SessionReaper;
  readonly #expiry: Expiry;
  readonly #closing = new AbortController();
  #watching: Promise<void> = Promise.resolve();

  constructor(ports: ExecPorts) {
    this.#ports = ports;
    this.#expiry = new Expiry(ports);
    this.#reaper = new SessionReaper(ports, this.#expiry);
  }

  /** Goes on with the sessions that an earlier berthd left. */
  async recover(): Promise<void> {
    const changes = this.#ports.units.changes(this.#closing.signal, isSessionUnit);
    await this.#ports.store.load();
    await this.#reconcile();
    this.#expiry.look();
    this.#watching = this.#watch(changes);
  }

  /** @throws ContainerError `NoSuchContainer` | `AmbiguousContainer` | `WrongState` | `InvalidParameter` */
  create(reference: string, request: SessionRequest): Session {
    const { store, now } = this.#ports;
    const container = this.#runningContainer(reference);
    const config = configureSession(request);
    store.expire(container.id);
    return store.save({ id: newSessionId(), container: container.id, createdAt: now(), config });
  }

  /**
   * Runs a session's process. What it says goes to `client`, if there is one, from the first byte on.
   * @throws ContainerError `NoSuchExecSession` | `WrongExecState` | `WrongState` | `NoSuchUser` | `UnitFailed`;
   *   DescriptorUnavailable, and then it can be started yet
   */
  async start(reference: string, { caller, client, size }: Start): Promise<Started> {
    const { store, units, now, log } = this.#ports;
    const { session: wanted } = this.#startable(reference);
    units.expectStart();
    using taken = await this.#takeFrom(caller, wanted);
    const { session, container } = this.#startable(reference); // somebody else may have started it meanwhile
    this.#children.add(session.id);
    const started = store.save({ ...session, startedAt: now() }); // no second start from here on
    this.#ports.faults('exec: written down');
    try {
      using streams = await this.#open(session, container, client === undefined ? 'none' : 'awaited');
      if (size !== undefined) streams.relay.resize(size);
      const leave = client === undefined ? new DisposableStack() : streams.relay.attach(client, 'foreground');
      const launched = await launchSession(this.#ports, started, container, { streams, size, descriptors: taken.fds });
      this.#report(this.#untilEnded(started, launched));
      return { relay: streams.relay, leave };
    } catch (error) {
      this.#children.delete(session.id);
      const message = error instanceof Error ? error.message : String(error);
      await this.#reaper.settle(session.id, { code: 125, message, at: now() }).catch((failure: unknown) => {
        log.error('An exec session that could not be started was not put away', { error: failure });
      });
      throw error;
    }
  }

  /**
   * As `start` without a client; resolves when the process runs.
   * @throws as `start`, and ContainerError `CommandNotFound` | `CommandNotExecutable` | `RuntimeFailed`
   */
  async startDetached(reference: string, caller: Peer, signal: AbortSignal): Promise<void> {
    const session = this.#ports.store.find(reference);
    const { pidFile, path } = this.#ports.store.files.of(session.id);
    using running = untilRunning(path, pidFile);
    await this.start(session.id, { caller });
    // Not before, when there is nobody yet whom it could tell that the caller has gone.
    const ended = this.#ports.store.ended(session.id, signal);
    if ((await Promise.race([running.promise, ended])) === 'running') return;
    const refusal = await this.#reaper.refusalOf(session);
    if (refusal !== undefined) throw refusal;
  }

  /** The relay of a session that runs. @throws ContainerError `NoSuchExecSession` | `WrongExecState` */
  relayOf(reference: string, operation: 'attach' | 'resize'): Relay {
    const session = this.#ports.store.find(reference);
    this.#demand(session, 'running', operation);
    const relay = this.#ports.relays.find(relayKey(session.id));
    if (relay !== undefined) return relay;
    throw new ContainerError('WrongExecState', { session: session.id, state: 'stopped', operation });
  }

  /** @throws ContainerError `NoSuchExecSession` | `WrongExecState` (not running, or without a terminal) */
  resize(reference: string, size: TerminalSize): void {
    const session = this.#ports.store.find(reference);
    if (!session.config.terminal) throw new ContainerError('NoTerminal', { container: session.id });
    this.relayOf(reference, 'resize').resize(size);
  }

  /** Resolves when it has ended; with undefined if it was removed meanwhile. */
  async ended(id: string, signal?: AbortSignal): Promise<SessionEnd | undefined> {
    return await this.#ports.store.ended(id, signal);
  }

  /**
   * Asks a session's process to end, and kills it once the time is up; resolves when it has ended.
   * @param timeoutUsec instead of the container's own stop timeout
   * @throws ContainerError `NoSuchExecSession` | `WrongExecState`
   */
  async stop(reference: string, timeoutUsec: number | undefined): Promise<void> {
    const { store, index } = this.#ports;
    const session = store.find(reference);
    this.#demand(session, 'running', 'stop');
    const { stopTimeoutUsec, stopSignal } = index.find(session.container).config;
    await this.#reaper.stop(session, (timeoutUsec ?? stopTimeoutUsec) / 1000, stopSignal);
  }

  /** @throws ContainerError `NoSuchExecSession` | `WrongExecState` for one that runs, unless it is to be killed */
  async remove(reference: string, ifRunning: 'refuse' | 'kill'): Promise<void> {
    const { store, index } = this.#ports;
    const session = store.find(reference);
    if (stateOf(session) === 'running') {
      if (ifRunning === 'refuse') this.#demand(session, 'stopped', 'remove');
      await this.#reaper.stop(session, 0, index.find(session.container).config.stopSignal);
    }
    await this.#reaper.settled(session.id);
    store.remove(session.id);
  }

  /** With the process, as the host numbers it, while it runs. @throws ContainerError `NoSuchExecSession` */
  async inspect(reference: string): Promise<{ readonly session: Session; readonly pid: number | undefined }> {
    const { store } = this.#ports;
    const session = store.find(reference);
    return { session, pid: stateOf(session) === 'running' ? await store.files.pidOf(session.id) : undefined };
  }

  /** Oldest first. @throws ContainerError `NoSuchContainer` | `AmbiguousContainer` */
  list(container: string | undefined): Session[] {
    const all = this.#ports.store.all();
    if (container === undefined) return all;
    const { id } = this.#ports.index.find(container);
    return all.filter((session) => session.container === id);
  }

  /** The sessions of a container that run. */
  activeIn(container: string): string[] {
    const { store } = this.#ports;
    return store
      .all()
      .filter((each) => each.container === container && stateOf(each) === 'running')
      .map(({ id }) => id);
  }

  /** Ends and removes all sessions of a container that goes. */
  async forget(container: string): Promise<void> {
    for (const { id } of this.#ports.store.all().filter((each) => each.container === container)) {
      await this.#reaper.discard(id);
      this.#ports.store.remove(id);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closing.abort();
    await this.#watching;
    await this.#reaper.idle();
    this.#expiry[Symbol.dispose]();
  }

  #runningContainer(reference: string): Container {
    const container = this.#ports.index.find(reference);
    const { state } = container.status;
    if (state !== 'running')
      throw new ContainerError('WrongState', { container: container.name, state, operation: 'exec' });
    return container;
  }

  #demand(session: Session, wanted: 'created' | 'running' | 'stopped', operation: string): void {
    const state = stateOf(session);
    if (state !== wanted) throw new ContainerError('WrongExecState', { session: session.id, state, operation });
  }

  #startable(reference: string): { readonly session: Session; readonly container: Container } {
    const session = this.#ports.store.find(reference);
    this.#demand(session, 'created', 'start');
    return { session, container: this.#runningContainer(session.container) };
  }

  /** What the session's process is to have of the caller's. @throws DescriptorUnavailable */
  async #takeFrom(caller: Peer, { config }: Session): Promise<TakenDescriptors> {
    const wanted = Array.from({ length: config.preservedDescriptors }, (_, index) => FIRST_PRESERVED + index);
    return await this.#ports.takeDescriptors(caller, wanted);
  }

  async #open({ id, config }: Session, container: Container, client: 'awaited' | 'none'): Promise<NewRelay> {
    const { relays, store } = this.#ports;
    const { execTerminal } = runtimeFor(this.#ports, container);
    return await relays.open(relayKey(id), sessionRelay(config, store.files.of(id).pidFile, execTerminal, client));
  }

  async #untilEnded(session: Session, { ended }: Launched): Promise<void> {
    const exit = await ended;
    if (this.#closing.signal.aborted) return; // the next berthd hears of it
    await this.#reaper.exited(session, exit);
    this.#children.delete(session.id);
  }

  async #watch(changes: AsyncIterable<UnitChange>): Promise<void> {
    for await (const change of changes) {
      if (change.kind === 'resync') this.#report(this.#reconcile());
      else if (change.kind === 'removed' || DOWN.includes(change.activeState)) this.#report(this.#lookAt(change.unit));
    }
  }

  async #lookAt(unit: string): Promise<void> {
    const session = this.#ports.store.byUnit(unit);
    if (session !== undefined && this.#isOrphan(session)) await this.#reaper.look(session);
  }

  /** Whether it runs, and an earlier berthd has started it. */
  #isOrphan(session: Session): boolean {
    return stateOf(session) === 'running' && !this.#children.has(session.id);
  }

  async #reconcile(): Promise<void> {
    const { store, relays } = this.#ports;
    for (const session of store.all()) {
      if (!this.#isOrphan(session)) continue;
      const { pidFile } = store.files.of(session.id);
      // The terminal of one that had hardly begun may be on its way yet.
      await relays.recover(relayKey(session.id), sessionRelay(session.config, pidFile, 'sent', 'none'));
      // Not awaited: what it said is held until those who were attached can come back, which is after this.
      this.#report(this.#reaper.look(session));
    }
  }

  #report(work: Promise<void>): void {
    work.catch((error: unknown) => {
      this.#ports.log.error('The end of an exec session could not be followed up', { error });
    });
  }
}
