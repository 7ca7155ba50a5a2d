/** `UnitManager` over the system bus. */
import { Variant } from 'dbus-next';
import { BusCallFailed } from '../bus/bus.ts';
import { ChangeFeed } from './change-feed.ts';
import type { GroupMoves } from '../process/group-moves.ts';
import { endUnheard, jobIdOf, JobWaiters, type JobAim, type Waiter } from './job-waiters.ts';
import { managerFacts } from '../bus/manager-facts.ts';
import { ManagerLink, type LinkCall, type LinkEvents } from '../bus/manager-link.ts';
import {
  decodeListedUnit,
  decodeRestartDelay,
  decodeUnitLimits,
  decodeUnitProcess,
  decodeUnitStatus,
  itemsOf,
  PropertyReader,
  textOf,
} from './unit-decoding.ts';
import { refusalOf } from './refusals.ts';
import { BusDisconnected, UnitJobFailed, UnitNotLoaded, UnitRefused } from '../errors.ts';
import type { JobOptions, StartOptions, StopOptions, TransientUnit, UnitManager } from './unit-manager.ts';
import type { UnitJobFacts } from '../errors.ts';
import type { UnitProperty } from '../../unit-file/properties.ts';
import { unitPath } from '../../unit-file/unit-name.ts';
import type {
  KillWhom,
  ListedUnit,
  ManagerFacts,
  ServiceStatus,
  UnitChange,
  UnitFacts,
  UnitLimits,
  UnitProcess,
  UnitStatus,
} from './unit-status.ts';
import { startListener } from './start-listener.ts';
import { stopListener } from './stop-listener.ts';
import { mendTransientFile } from './transient-file.ts';
import { ServiceCache } from './service-cache.ts';
import { UnitWatch, type Told } from './unit-watch.ts';

const PROPERTIES = 'org.freedesktop.DBus.Properties';
const UNIT = 'org.freedesktop.systemd1.Unit';
const SERVICE = 'org.freedesktop.systemd1.Service';
const SLICE = 'org.freedesktop.systemd1.Slice';
/** The first version that was seen to read its files of transient units as it writes them; 252 does not. */
const READS_WHAT_IT_WRITES = 257;
const SYSTEM_BUS = 'unix:path=/run/dbus/system_bus_socket';

export interface DbusUnitManagerOptions {
  /** @default unix:path=/run/dbus/system_bus_socket */
  readonly address?: string;
  /** How long a call waits for a bus or a PID 1 that is away. @default 10000 */
  readonly patienceMs?: number;
  /** Told when systemd is about to start a process for a unit that is to stop, or has lost its main one. */
  readonly moves?: Pick<GroupMoves, 'expect'>;
}

export class DbusUnitManager implements UnitManager {
  readonly #link: ManagerLink;
  readonly #jobs: JobWaiters;
  readonly #feed: ChangeFeed;
  readonly #told: ServiceCache;
  readonly #moves: Told['moves'];
  #facts: ManagerFacts;

  private constructor(link: ManagerLink, { jobs, feed, told, moves }: Told, facts: ManagerFacts) {
    this.#link = link;
    this.#jobs = jobs;
    this.#feed = feed;
    this.#told = told;
    this.#moves = moves;
    this.#facts = facts;
  }

  /** @throws BusUnavailable: no bus, no systemd on it, or one that does not pass descriptors */
  static async open(options: DbusUnitManagerOptions = {}, signal?: AbortSignal): Promise<DbusUnitManager> {
    const { address = SYSTEM_BUS, patienceMs = 10_000, moves } = options;
    const jobs = new JobWaiters();
    const feed = new ChangeFeed();
    const told = new ServiceCache();
    const watch = new UnitWatch({ jobs, feed, told, moves });
    let manager: DbusUnitManager | undefined;
    const events: LinkEvents = {
      wants: (path) => watch.wants(path),
      received: (message) => {
        watch.received(message);
        // What was told while it read its configuration again has gone by unheard.
        if (message.member === 'Reloading' && message.body[0] === false && manager !== undefined) manager.#catchUp();
      },
      established: (again) => {
        if (again) watch.missed();
        if (again && manager !== undefined) manager.#catchUp();
      },
    };
    const link = await ManagerLink.open({ address, patienceMs }, events, signal);
    try {
      manager = new DbusUnitManager(link, { jobs, feed, told, moves }, await managerFacts(link, signal));
      return manager;
    } catch (error) {
      link[Symbol.dispose]();
      throw error;
    }
  }

  get facts(): ManagerFacts {
    return this.#facts;
  }

  async startTransient(unit: TransientUnit, { mode = 'fail', signal, ...listener }: StartOptions = {}): Promise<void> {
    const body = [unit.name, mode, encode(unit.properties), []];
    const call = { member: 'StartTransientUnit', signature: 'ssa(sv)a(sa(sv))', body };
    const answered = (): void => {
      if (this.#facts.version < READS_WHAT_IT_WRITES) mendTransientFile(unit.name);
    };
    await this.#job({ unit: unit.name, state: 'up', told: startListener(listener) }, call, signal, answered);
  }

  async handOver(main: number, to: number): Promise<void> {
    const { notifyAs } = await import('../process/libc.ts');
    notifyAs(main, `MAINPID=${to}\nREADY=1`);
  }

  expectStart(): void {
    this.#moves?.expect();
  }

  async describe(main: number, text: string): Promise<void> {
    const { notifyAs } = await import('../process/libc.ts');
    notifyAs(main, `STATUS=${text}`);
  }

  async start(unit: string, { mode = 'replace', signal }: JobOptions = {}): Promise<void> {
    await this.#job(
      { unit, state: 'up' },
      { member: 'StartUnit', signature: 'ss', body: [unit, mode], ifUnanswered: 'repeat' },
      signal,
    );
  }

  async extendTimeout(main: number, usec: number): Promise<void> {
    const { notifyAs } = await import('../process/libc.ts');
    notifyAs(main, `EXTEND_TIMEOUT_USEC=${usec}`);
  }

  async stop(unit: string, { mode = 'replace', signal, asked }: StopOptions = {}): Promise<UnitJobFacts | undefined> {
    let again = false;
    const repeated = (): void => {
      again = true;
    };
    this.expectStart();
    const call = { member: 'StopUnit', signature: 'ss', body: [unit, mode], ifUnanswered: 'repeat', repeated } as const;
    try {
      return await this.#job({ unit, state: 'down', told: stopListener(asked) }, call, signal);
    } catch (error) {
      if (!again || !(error instanceof UnitNotLoaded)) throw error;
      return undefined;
    }
  }

  async kill(unit: string, whom: KillWhom, signalNumber: number, signal?: AbortSignal): Promise<void> {
    await this.#call(unit, { member: 'KillUnit', signature: 'ssi', body: [unit, whom, signalNumber] }, signal);
  }

  async thaw(unit: string, signal?: AbortSignal): Promise<void> {
    await this.#insist(unit, { member: 'ThawUnit', signature: 's', body: [unit] }, signal);
  }

  async resetFailed(unit: string, signal?: AbortSignal): Promise<void> {
    try {
      await this.#insist(unit, { member: 'ResetFailedUnit', signature: 's', body: [unit] }, signal);
    } catch (error) {
      if (!(error instanceof UnitNotLoaded)) throw error;
    }
  }

  async setProperties(
    unit: string,
    lifetime: 'runtime' | 'persistent',
    properties: readonly UnitProperty[],
    signal?: AbortSignal,
  ): Promise<void> {
    const body = [unit, lifetime === 'runtime', encode(properties)];
    await this.#call(unit, { member: 'SetUnitProperties', signature: 'sba(sv)', body }, signal);
  }

  async status(unit: string, signal?: AbortSignal): Promise<UnitStatus | undefined> {
    return await this.#told.asked(unit, async () => {
      const properties = await this.#properties(unit, '', signal);
      if (properties === undefined) return undefined;
      const status = decodeUnitStatus(properties);
      return status.loadState === 'not-found' && status.activeState === 'inactive' ? undefined : status;
    });
  }

  async service(unit: string, signal?: AbortSignal): Promise<ServiceStatus | undefined> {
    if (this.#told.find(unit) !== undefined) {
      // What systemd had to tell before it answers has been told by then.
      if (!(await this.#isLoaded(unit, signal))) return undefined;
      const told = this.#told.find(unit);
      if (told !== undefined) return told;
    }
    return await this.status(unit, signal);
  }

  lastTold(unit: string): ServiceStatus | undefined {
    return this.#told.find(unit);
  }

  async limits(unit: string, signal?: AbortSignal): Promise<UnitLimits | undefined> {
    const properties = await this.#properties(unit, SERVICE, signal);
    return properties === undefined ? undefined : decodeUnitLimits(properties);
  }

  async restartDelay(unit: string, signal?: AbortSignal): Promise<number | undefined> {
    const properties = await this.#properties(unit, SERVICE, signal);
    return properties === undefined ? undefined : decodeRestartDelay(properties);
  }

  async isTransient(unit: string, signal?: AbortSignal): Promise<boolean | undefined> {
    const call = { member: 'Get', signature: 'ss', body: [UNIT, 'Transient'] };
    const transient = await this.#ofLoaded(unit, call, signal);
    return transient === undefined ? undefined : transient instanceof Variant && transient.value === true;
  }

  async disabledControllers(slice: string, signal?: AbortSignal): Promise<string[]> {
    const target = { path: unitPath(slice), interface: PROPERTIES };
    const call = { member: 'Get', signature: 'ss', body: [SLICE, 'DisableControllers'], target };
    const [found] = await this.#insist(slice, call, signal); // which loads it
    return itemsOf(found instanceof Variant ? found.value : []).map(textOf);
  }

  /** @param of an interface's, or everybody's when empty; undefined if the unit is not loaded */
  async #properties(unit: string, of: string, signal?: AbortSignal): Promise<PropertyReader | undefined> {
    const properties = await this.#ofLoaded(unit, { member: 'GetAll', signature: 's', body: [of] }, signal);
    return properties === undefined ? undefined : new PropertyReader(properties);
  }

  /** Asks the unit's object for properties of its own; undefined if the unit is not loaded. */
  async #ofLoaded(unit: string, call: LinkCall, signal?: AbortSignal): Promise<unknown> {
    // It answers for any unit, and would load it: so ask first.
    if (!(await this.#isLoaded(unit, signal))) return undefined;
    try {
      const target = { path: unitPath(unit), interface: PROPERTIES };
      return (await this.#insist(unit, { ...call, target }, signal))[0];
    } catch (error) {
      if (error instanceof UnitNotLoaded) return undefined;
      throw error;
    }
  }

  async #isLoaded(unit: string, signal?: AbortSignal): Promise<boolean> {
    try {
      await this.#insist(unit, { member: 'GetUnit', signature: 's', body: [unit] }, signal);
      return true;
    } catch (error) {
      if (error instanceof UnitNotLoaded) return false;
      throw error;
    }
  }

  async list(patterns: readonly string[], signal?: AbortSignal): Promise<ListedUnit[]> {
    const call = { member: 'ListUnitsByPatterns', signature: 'asas', body: [[], patterns] };
    const [rows] = await this.#insist(patterns.join(' '), call, signal);
    return itemsOf(rows).map(decodeListedUnit);
  }

  async processes(unit: string, signal?: AbortSignal): Promise<UnitProcess[]> {
    const [rows] = await this.#insist(unit, { member: 'GetUnitProcesses', signature: 's', body: [unit] }, signal);
    return itemsOf(rows).map(decodeUnitProcess);
  }

  changes(signal: AbortSignal, concerns: (unit: string) => boolean = () => true): AsyncIterable<UnitChange> {
    return this.#feed.follow(signal, concerns);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#feed[Symbol.dispose]();
    this.#link[Symbol.dispose]();
    for (const waiter of this.#jobs.waiting()) waiter.fail(new BusDisconnected('the connection to systemd was closed'));
    await Promise.resolve();
  }

  /** @returns the unit as systemd last told of it before it told that the job is done */
  async #job(
    aim: JobAim,
    call: LinkCall,
    signal: AbortSignal | undefined,
    answered?: () => void,
  ): Promise<UnitFacts | undefined> {
    const begin = async (): Promise<string> => {
      const [job] = await this.#call(aim.unit, call, signal);
      answered?.();
      return textOf(job);
    };
    const { result, last } = await this.#jobs.run(aim, begin, signal);
    if (result !== 'done') throw new UnitJobFailed(aim.unit, result, last);
    return last;
  }

  /** For what has the same effect however often it is said. */
  async #insist(unit: string, call: LinkCall, signal: AbortSignal | undefined): Promise<readonly unknown[]> {
    return await this.#call(unit, { ...call, ifUnanswered: 'repeat' }, signal);
  }

  async #call(unit: string, call: LinkCall, signal: AbortSignal | undefined): Promise<readonly unknown[]> {
    try {
      return await this.#link.call(call, signal);
    } catch (error) {
      throw error instanceof BusCallFailed ? refusalOf(unit, error) : error;
    }
  }

  #catchUp(): void {
    for (const waiter of this.#jobs.waiting()) this.#askAgain(waiter).catch(waiter.fail);
    managerFacts(this.#link).then(
      (facts) => (this.#facts = facts),
      () => undefined,
    );
  }

  async #askAgain(waiter: Waiter): Promise<void> {
    const { unit, job, told } = waiter;
    try {
      await this.#insist(unit, { member: 'GetJob', signature: 'u', body: [jobIdOf(job)] }, undefined);
      const now = told === undefined ? undefined : await this.status(unit);
      if (now !== undefined) told?.({ ...now, service: now });
    } catch (error) {
      if (!(error instanceof UnitRefused) || !error.dbusError.endsWith('.NoSuchJob')) throw error;
      endUnheard(waiter, await this.status(unit));
    }
  }
}

function encode(properties: readonly UnitProperty[]): unknown[] {
  return properties.map(({ name, signature, value }) => [name, new Variant(signature, value)]);
}
