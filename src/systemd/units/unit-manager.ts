/**
 * What berth asks of systemd, PID 1: units, jobs and processes, never containers.
 *
 * The folder owns the system bus connection and nothing else. Its invariants: it listens before it calls; a method
 * that makes a job resolves when the job has ended, not when it was queued; facts come in the order in which systemd
 * tells them; whenever some of them may have been missed, `changes` says `resync`. Moments are `Date`s, durations
 * milliseconds. The bus adapter is `dbus-unit-manager.ts`; the reference is org.freedesktop.systemd1(5).
 */
import type { UnitJobFacts } from '../errors.ts';
import type { UnitProperty } from '../../unit-file/properties.ts';
import type {
  JobMode,
  KillWhom,
  ListedUnit,
  ManagerFacts,
  ServiceStatus,
  UnitChange,
  UnitLimits,
  UnitProcess,
  UnitStatus,
} from './unit-status.ts';

/** What systemd runs a service by. */
export interface MainProcess {
  readonly pid: number;
  /** Of the run of the unit that it is in. */
  readonly invocationId: string;
}

export interface StartOptions {
  /** @default fail */
  readonly mode?: JobMode;
  readonly signal?: AbortSignal | undefined;
  /**
   * Called once, when systemd has made the unit's group and the process that is going to execute its command: 15 to 25 ms before it
   * does, of which systemd-executor's own start is the most. Never called after the job has ended, nor where the unit comes to none.
   */
  readonly spawned?: ((main: MainProcess) => void) | undefined;
  /** Called once, when systemd has given up a start whose process was there, for want of time say; the job ends when all is cleaned up. */
  readonly givenUp?: (() => void) | undefined;
}

export interface TransientUnit {
  /** With its suffix; see `unit-name.ts`. */
  readonly name: string;
  /** In the order in which systemd shall apply them: lists append. */
  readonly properties: readonly UnitProperty[];
}

/**
 * Every method that takes `signal` stops waiting when it aborts and rejects with its reason; what systemd was asked to
 * do goes on, and only the caller knows whether to undo it.
 * Calls wait for a bus or a PID 1 that is away, for a limited time: `BusUnavailable`. Jobs that are queued are waited
 * for across reconnects and `systemctl daemon-reexec`, and what may be said twice is said again; `startTransient`,
 * `kill` and `setProperties` throw `BusDisconnected` when the answer was lost, and whether they took effect is not
 * known. Other refusals by systemd are `UnitRefused`.
 */
export interface UnitManager extends AsyncDisposable {
  /** What PID 1 said of itself when the connection was made. */
  readonly facts: ManagerFacts;

  /**
   * Creates and starts the unit, and resolves when its start job is done. Descriptors in `properties` are duplicated
   * by the kernel on the way: the caller may close its own once this settles.
   * @throws UnitJobFailed | UnitExists (a unit of this name is still loaded) | UnitRefused (a property; nothing started)
   */
  startTransient(unit: TransientUnit, options?: StartOptions): Promise<void>;
  /**
   * Tells systemd, in the name of the main process of a Type=notify unit (`sd_pid_notify(3)`), that another process of the unit's
   * is the main one from now on, and that the unit is ready; the start job's end says that systemd has heard it. Whoever runs
   * this is root, and has the manager's NOTIFY_SOCKET: systemd hears nothing otherwise.
   */
  handOver(main: number, to: number): Promise<void>;
  /** A start comes, or a move between control groups: what has to pass before the kernel does that can pass meanwhile. */
  expectStart(): void;
  /**
   * Has `systemctl status` show a line for a unit that takes notifications, in the name of its main process; nothing where `text` is
   * empty. As for `handOver`, systemd hears nothing otherwise.
   */
  describe(main: number, text: string): Promise<void>;
  /**
   * Gives a service that was asked to end more time than its unit has, from now on (EXTEND_TIMEOUT_USEC= of sd_notify(3)), in the name of its
   * main process. As for `handOver`, systemd hears nothing otherwise.
   */
  extendTimeout(main: number, usec: number): Promise<void>;
  /** Starts a loaded unit or one with a unit file. @throws UnitJobFailed | UnitNotLoaded (nothing knows this name) */
  start(unit: string, options?: JobOptions): Promise<void>;
  /**
   * Resolves when the unit is down; also when it already was.
   * @returns the unit as it was then, as far as systemd told: `failed` stays loaded
   * @throws UnitJobFailed | UnitNotLoaded
   */
  stop(unit: string, options?: StopOptions): Promise<UnitJobFacts | undefined>;

  /** @param signalNumber as kill(2) has it. @throws UnitNotLoaded | NoSuchProcess (no process to signal) */
  kill(unit: string, whom: KillWhom, signalNumber: number, signal?: AbortSignal): Promise<void>;
  /** @throws UnitNotLoaded | UnitRefused */
  thaw(unit: string, signal?: AbortSignal): Promise<void>;
  /** Clears the failed state and the start limit's counter; a unit that is not loaded or has not failed is no error. */
  resetFailed(unit: string, signal?: AbortSignal): Promise<void>;
  /**
   * `systemctl set-property`.
   * @param lifetime `runtime`: until reboot; `persistent`: for good, as a drop-in below /etc/systemd/system.control
   * @throws UnitNotLoaded | UnitRefused (a property that cannot be changed at run time, or a bad value)
   */
  setProperties(
    unit: string,
    lifetime: 'runtime' | 'persistent',
    properties: readonly UnitProperty[],
    signal?: AbortSignal,
  ): Promise<void>;

  /** What systemd says of the unit now; undefined if it is not loaded. Does not load it. */
  status(unit: string, signal?: AbortSignal): Promise<UnitStatus | undefined>;
  /**
   * What a service does now; undefined if it is not loaded. As true as `status`, but cheaper: systemd is asked only whether
   * it is loaded, once it has told everything else by itself.
   */
  service(unit: string, signal?: AbortSignal): Promise<ServiceStatus | undefined>;
  /** What systemd has told of a service by itself up to now; undefined where it has to be asked. */
  lastTold(unit: string): ServiceStatus | undefined;
  /** How long systemd waits before it brings a service back, in milliseconds; undefined if it is not loaded. */
  restartDelay(unit: string, signal?: AbortSignal): Promise<number | undefined>;
  /** Whether the unit was made by StartTransientUnit and has no file of anybody's; undefined if it is not loaded. */
  isTransient(unit: string, signal?: AbortSignal): Promise<boolean | undefined>;
  /** What limits the unit's control group now; undefined if it is not loaded. */
  limits(unit: string, signal?: AbortSignal): Promise<UnitLimits | undefined>;
  /** Which controllers of cgroups(7) a slice keeps from its units: DisableControllers=. */
  disabledControllers(slice: string, signal?: AbortSignal): Promise<string[]>;
  /** The loaded units whose names match any of the globs, `berth-*.service`, in one call. */
  list(patterns: readonly string[], signal?: AbortSignal): Promise<ListedUnit[]>;
  /** Every process in the unit's control group and below. @throws UnitNotLoaded */
  processes(unit: string, signal?: AbortSignal): Promise<UnitProcess[]>;

  /**
   * What happens to units from now on, in systemd's order, until `signal` aborts; then the iteration ends. It begins
   * to listen when called, not at the first `next`. Several state changes that happen at once may come as one.
   * @param concerns which units to tell of; called with every unit name there is, so keep it cheap
   */
  changes(signal: AbortSignal, concerns?: (unit: string) => boolean): AsyncIterable<UnitChange>;
}

export interface JobOptions {
  /** @default replace */
  readonly mode?: JobMode;
  readonly signal?: AbortSignal | undefined;
}

export interface StopOptions extends JobOptions {
  /** Called once, when systemd has asked the main process of a service to end. */
  readonly asked?: ((main: MainProcess) => void) | undefined;
}
