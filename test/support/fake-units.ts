/**
 * systemd in memory, as far as a container's unit goes: the unit of StartTransientUnit runs through ExecStart= and
 * ExecStopPost=, whose effects (pid file, runtime, exit record, mount) this fake has too. What happens
 * to it from outside (its process ends, systemd restarts it) is a method of the test's.
 */
import { rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { constants } from 'node:os';
import { join } from 'node:path';
import type { StartOptions, StopOptions, TransientUnit, UnitManager } from '../../src/systemd/units/unit-manager.ts';
import type { UnitJobFacts } from '../../src/systemd/errors.ts';
import type { UnitProperty } from '../../src/unit-file/properties.ts';
import { NoSuchProcess, UnitExists, UnitJobFailed, UnitNotLoaded, UnitRefused } from '../../src/systemd/errors.ts';
import type {
  KillWhom,
  ListedUnit,
  UnitChange,
  UnitExit,
  UnitLimits,
  UnitProcess,
  UnitStatus,
} from '../../src/systemd/units/unit-status.ts';

/** How a process ends: with a code, or of a signal by the name systemd has for it, `KILL`. */
export type Ending = { readonly code: number } | { readonly signal: string; readonly oomKills?: number };

/** What the next start does instead of running. */
export type Script =
  /** systemd refuses a property. */
  | { readonly refuse: string }
  /** A command of the unit fails; `runtimeSays` is what the runtime's log has then. */
  | { readonly fail: string; readonly runtimeSays?: string }
  /** The process ends as soon as it is started, and the unit with it. */
  | { readonly endsAtOnce: Ending }
  /** The process ends as soon as it is started, and the unit goes on to run its ExecStopPost=. */
  | { readonly endsSoon: Ending };

interface Loaded {
  readonly name: string;
  readonly properties: readonly UnitProperty[];
  status: UnitStatus;
  /** How its process ended, while the unit is on its way down. */
  ending: Ending | undefined;
  /** What happens once its process is started. */
  script: Script | undefined;
}

/** What a fake unit does to the rest of the fake host. */
export interface Effects {
  mounted(root: string): void;
  unmounted(root: string): void;
  created(id: string): void;
  started(id: string): void;
  gone(id: string): void;
}

type Call = readonly [method: string, unit: string, ...rest: unknown[]];

export class FakeUnits implements UnitManager {
  readonly expectStart = (): void => undefined;
  readonly facts = {
    version: 257,
    features: [],
    processDefaults: { limits: [], oomScoreAdjust: 0 },
  };
  /** Everything that was asked for, but looks. */
  readonly calls: Call[] = [];
  /** How often a status was asked for. */
  looks = 0;
  /** Units of which nobody can be told anything. */
  readonly unreachable = new Set<string>();
  /** Units whose process ignores their stop signal. */
  readonly stubborn = new Set<string>();
  /** What a signal to the unit fails with. */
  readonly unkillable = new Map<string, Error>();
  /** Units whose ExecStopPost= does not get to write its record. */
  readonly recordless = new Set<string>();
  readonly #units = new Map<string, Loaded>();
  readonly #scripts: Script[] = [];
  readonly #gates: Promise<unknown>[] = [];
  readonly #waiting: { test: (call: Call) => boolean; resolve: () => void }[] = [];
  readonly #listeners = new Set<(change: UnitChange) => void>();
  readonly #downWaiters = new Map<string, (() => void)[]>();
  readonly #now: () => Date;
  readonly #effects: Effects;
  #pid = 1000;
  #job = 0;
  #invocation = 0;

  constructor(now: () => Date, effects: Effects) {
    this.#now = now;
    this.#effects = effects;
  }

  // What tests do.

  /** The next start that has no script yet follows this one. */
  script(script: Script): void {
    this.#scripts.push(script);
  }

  /** The next start waits for this before it does anything. */
  gate(opens: Promise<unknown>): void {
    this.#gates.push(opens);
  }

  /** Resolves when a call of `method` for `unit` has been made, now or earlier. */
  async called(method: string, unit: string): Promise<void> {
    const test = (call: Call): boolean => call[0] === method && call[1] === unit;
    if (this.calls.some(test)) return;
    await new Promise<void>((resolve) => {
      this.#waiting.push({ test, resolve });
    });
  }

  isLoaded(unit: string): boolean {
    return this.#units.has(unit);
  }

  property(unit: string, name: string): unknown {
    return this.#get(unit).properties.find((each) => each.name === name)?.value;
  }

  /** Its process ends, and the unit goes down, or waits for its restart. */
  exits(unit: string, ending: Ending): void {
    this.#processEnds(this.#get(unit), ending);
    this.finishes(unit);
  }

  /** Its process ends; the unit still runs its ExecStopPost= until `finishes`. */
  processEnds(unit: string, ending: Ending): void {
    this.#processEnds(this.#get(unit), ending);
  }

  /** The unit's ExecStopPost= is done. */
  finishes(unit: string): void {
    const loaded = this.#get(unit);
    const ending = loaded.ending;
    if (ending === undefined) throw new Error(`${unit} is not on its way down`);
    loaded.ending = undefined;
    const result = this.#resultOf(loaded, ending);
    this.#stopPost(loaded, ending, result);
    if (result === 'start-again') this.#waitForRestart(loaded);
    else this.#goDown(loaded, result);
  }

  /** systemd brings the unit back that waits for it. */
  restarts(unit: string): void {
    const loaded = this.#get(unit);
    this.#run(loaded, loaded.status.restarts + 1);
  }

  /** What systemd says of it changes by other hands than ours. */
  becomes(unit: string, change: Partial<UnitStatus>): void {
    const loaded = this.#get(unit);
    loaded.status = { ...loaded.status, ...change };
    this.#tell(loaded);
  }

  /** As after a reboot: nothing is left. */
  reboot(): void {
    this.#units.clear();
  }

  resync(): void {
    this.#emit({ kind: 'resync' });
  }

  // What the domain does.

  async startTransient(unit: TransientUnit, { signal }: StartOptions = {}): Promise<void> {
    this.#log('startTransient', unit.name);
    await this.#gates.shift();
    signal?.throwIfAborted();
    if (this.#units.has(unit.name)) throw new UnitExists(unit.name);
    const script = this.#scripts.shift();
    if (script !== undefined && 'refuse' in script) {
      throw new UnitRefused(unit.name, 'org.freedesktop.DBus.Error.InvalidArgs', script.refuse);
    }
    const loaded: Loaded = {
      name: unit.name,
      properties: unit.properties,
      status: statusOf(unit.name),
      ending: undefined,
      script: undefined,
    };
    this.#units.set(unit.name, loaded);
    if (!loaded.properties.some(({ name }) => name === 'ExecStartEx')) {
      if (script !== undefined && 'fail' in script) {
        this.#unload(unit.name);
        throw new UnitJobFailed(unit.name, script.fail);
      }
      loaded.status = { ...loaded.status, activeState: 'active', subState: 'exited' };
      this.#tell(loaded);
      return;
    }
    if (script !== undefined && 'fail' in script) {
      this.#failToStart(loaded, script);
      throw new UnitJobFailed(unit.name, 'failed', {
        activeState: 'failed',
        subState: 'failed',
        service: { ...loaded.status, result: script.fail },
      });
    }
    this.#run(loaded, 0);
    loaded.script = script;
  }

  async handOver(main: number, to: number): Promise<void> {
    this.#log('handOver', String(main), to);
    await Promise.resolve();
  }

  /** The runtime has started the process of the unit whose commands name `id`. */
  processStarted(id: string): void {
    const loaded = [...this.#units.values()].find((each) => each.script !== undefined && commandsOf(each).id === id);
    const script = loaded?.script;
    if (loaded === undefined || script === undefined) return;
    loaded.script = undefined;
    if ('endsAtOnce' in script) this.exits(loaded.name, script.endsAtOnce);
    if ('endsSoon' in script) this.processEnds(loaded.name, script.endsSoon);
  }

  async describe(main: number, text: string): Promise<void> {
    this.#log('describe', String(main), text);
    await Promise.resolve();
  }

  async start(unit: string): Promise<void> {
    this.#log('start', unit);
    this.#run(await this.#ask(unit), 0);
  }

  async extendTimeout(main: number, usec: number): Promise<void> {
    this.#log('extendTimeout', String(main), usec);
    await Promise.resolve();
  }

  async stop(unit: string, { signal, asked }: StopOptions = {}): Promise<UnitJobFacts | undefined> {
    this.#log('stop', unit);
    const loaded = await this.#ask(unit);
    this.becomes(unit, { jobId: ++this.#job });
    if (loaded.status.subState === 'auto-restart' || loaded.status.subState === 'exited') {
      await Promise.resolve();
      this.#goDown(loaded, 'success');
      return jobFactsOf(loaded);
    }
    if (loaded.status.mainPid === 0 && loaded.ending === undefined) return jobFactsOf(loaded);
    const down = new Promise<void>((resolve, reject) => {
      this.#downWaiters.set(unit, [...(this.#downWaiters.get(unit) ?? []), resolve]);
      const giveUp = (): void => {
        reject(signal?.reason as Error);
      };
      signal?.addEventListener('abort', giveUp);
      if (signal?.aborted === true) giveUp();
    });
    if (loaded.status.activeState !== 'deactivating')
      this.becomes(unit, { activeState: 'deactivating', subState: 'stop-sigterm' });
    if (loaded.status.mainPid !== 0) asked?.({ pid: loaded.status.mainPid, invocationId: loaded.status.invocationId });
    if (!this.stubborn.has(unit)) this.exits(unit, { signal: signalOf(Number(this.property(unit, 'KillSignal'))) });
    await down;
    return jobFactsOf(loaded);
  }

  async kill(unit: string, whom: KillWhom, signalNumber: number): Promise<void> {
    this.#log('kill', unit, whom, signalNumber);
    const loaded = await this.#ask(unit);
    const failure = this.unkillable.get(unit);
    if (failure !== undefined) throw failure;
    if (loaded.status.mainPid === 0) throw new NoSuchProcess(unit);
    const ends =
      signalNumber === constants.signals.SIGKILL ||
      (signalNumber === Number(this.property(unit, 'KillSignal')) && !this.stubborn.has(unit));
    if (ends) this.exits(unit, { signal: signalOf(signalNumber) });
  }

  async thaw(unit: string): Promise<void> {
    this.#log('thaw', unit);
    await this.#ask(unit);
  }

  async resetFailed(unit: string): Promise<void> {
    this.#log('resetFailed', unit);
    await Promise.resolve();
    if (this.#units.get(unit)?.status.activeState === 'failed') this.#unload(unit);
  }

  async setProperties(unit: string): Promise<void> {
    this.#log('setProperties', unit);
    await this.#ask(unit);
  }

  async disabledControllers(): Promise<string[]> {
    return await Promise.resolve([]);
  }

  async limits(): Promise<UnitLimits | undefined> {
    return await Promise.resolve({});
  }

  async status(unit: string): Promise<UnitStatus | undefined> {
    this.looks++;
    await Promise.resolve();
    if (this.unreachable.has(unit)) throw new Error(`nobody knows about ${unit}`);
    return this.#units.get(unit)?.status;
  }

  async service(unit: string): Promise<UnitStatus | undefined> {
    return await this.status(unit);
  }

  async restartDelay(): Promise<number | undefined> {
    return await Promise.resolve(8000);
  }

  async isTransient(unit: string): Promise<boolean | undefined> {
    return (await this.status(unit))?.transient;
  }

  /** Has to be asked, always. */
  lastTold(): undefined {
    return undefined;
  }

  async list(): Promise<ListedUnit[]> {
    return await Promise.resolve([...this.#units.values()].map(({ status }) => status));
  }

  async processes(): Promise<UnitProcess[]> {
    return await Promise.resolve([]);
  }

  /** Begins to listen when it is called. */
  changes(signal: AbortSignal, concerns: (unit: string) => boolean = () => true): AsyncIterable<UnitChange> {
    const queue: UnitChange[] = [];
    let wake = Promise.withResolvers<void>();
    const listener = (change: UnitChange): void => {
      if (change.kind !== 'resync' && !concerns(change.unit)) return;
      queue.push(change);
      wake.resolve();
    };
    this.#listeners.add(listener);
    signal.addEventListener('abort', () => {
      wake.resolve();
    });
    const listeners = this.#listeners;
    return (async function* () {
      try {
        while (!signal.aborted) {
          yield* queue.splice(0);
          await wake.promise;
          wake = Promise.withResolvers<void>();
        }
      } finally {
        listeners.delete(listener);
      }
    })();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.resolve();
  }

  #get(unit: string): Loaded {
    const loaded = this.#units.get(unit);
    if (loaded === undefined) throw new Error(`the test means ${unit}, which is not loaded`);
    return loaded;
  }

  async #ask(unit: string): Promise<Loaded> {
    await Promise.resolve();
    const loaded = this.#units.get(unit);
    if (loaded === undefined) throw new UnitNotLoaded(unit);
    return loaded;
  }

  #run(loaded: Loaded, restarts: number): void {
    const { folder, id } = commandsOf(loaded);
    this.#effects.mounted(join(folder, 'root'));
    this.#effects.created(id);
    if (!exists(join(folder, 'hold'))) this.#effects.started(id);
    const now = this.#now();
    loaded.status = {
      ...loaded.status,
      activeState: 'active',
      subState: 'running',
      mainPid: ++this.#pid,
      invocationId: String(++this.#invocation).padStart(32, '0'),
      activeEnteredAt: now,
      mainStartedAt: now,
      mainExitedAt: undefined,
      exit: undefined,
      result: 'success',
      controlGroup: `/berth.slice/${loaded.name}`,
      restarts,
    };
    this.#tell(loaded);
  }

  #failToStart(loaded: Loaded, { fail, runtimeSays }: { fail: string; runtimeSays?: string }): void {
    const { log } = commandsOf(loaded);
    if (runtimeSays !== undefined) writeFileSync(log, `${runtimeSays}\n`);
    loaded.status = { ...loaded.status, invocationId: String(++this.#invocation).padStart(32, '0'), result: fail };
    this.#stopPost(loaded, undefined, fail);
    this.#goDown(loaded, fail);
  }

  #processEnds(loaded: Loaded, ending: Ending): void {
    loaded.ending = ending;
    const exit: UnitExit = 'code' in ending ? ending : { signal: `SIG${ending.signal}`, dumpedCore: false };
    loaded.status = {
      ...loaded.status,
      activeState: 'deactivating',
      subState: 'stop-post',
      mainPid: 0,
      exit,
      mainExitedAt: this.#now(),
    };
    this.#tell(loaded);
  }

  #resultOf(loaded: Loaded, ending: Ending): string {
    const isKilled = exists(`${commandsOf(loaded).pidFile}.killed`);
    const asked = isKilled || loaded.status.subState === 'stop-sigterm' || this.#downWaiters.has(loaded.name);
    const [codes = [], signals = []] = valueOf(loaded, 'SuccessExitStatus') as number[][];
    const clean =
      'code' in ending
        ? ending.code === 0 || codes.includes(ending.code)
        : signals.includes(constants.signals[`SIG${ending.signal}` as NodeJS.Signals]);
    const restart = valueOf(loaded, 'Restart');
    if (!asked && (restart === 'always' || (restart === 'on-failure' && !clean))) return 'start-again';
    if (clean) return 'success';
    return 'code' in ending ? 'exit-code' : ending.oomKills === undefined ? 'signal' : 'oom-kill';
  }

  /** What units/unit-stopped does. */
  #stopPost(loaded: Loaded, ending: Ending | undefined, result: string): void {
    const { folder, id } = commandsOf(loaded);
    const [code, status] =
      ending === undefined ? ['', ''] : 'code' in ending ? ['exited', ending.code] : ['killed', ending.signal];
    const oomKills = ending !== undefined && 'oomKills' in ending ? ending.oomKills : 0;
    const service = result === 'start-again' ? 'exit-code' : result;
    if (!this.recordless.has(loaded.name)) {
      writeFileSync(
        join(folder, 'exit'),
        `INVOCATION_ID=${loaded.status.invocationId}\nSERVICE_RESULT=${service}\nEXIT_CODE=${code}\nEXIT_STATUS=${status}\nOOM_KILLS=${oomKills}\nEND\n`,
      );
      utimesSync(join(folder, 'exit'), this.#now(), this.#now());
    }
    rmSync(join(folder, 'hold'), { force: true });
    this.#effects.gone(id);
    this.#effects.unmounted(join(folder, 'root'));
  }

  #waitForRestart(loaded: Loaded): void {
    loaded.status = { ...loaded.status, activeState: 'activating', subState: 'auto-restart', mainPid: 0 };
    this.#tell(loaded);
  }

  #goDown(loaded: Loaded, result: string): void {
    const failed = result !== 'success';
    loaded.status = {
      ...loaded.status,
      jobId: undefined,
      activeState: failed ? 'failed' : 'inactive',
      subState: failed ? 'failed' : 'dead',
      mainPid: 0,
      result,
      inactiveEnteredAt: this.#now(),
    };
    this.#tell(loaded);
    if (!failed) this.#unload(loaded.name);
    const waiters = this.#downWaiters.get(loaded.name) ?? [];
    this.#downWaiters.delete(loaded.name);
    for (const resolve of waiters) resolve();
  }

  #unload(unit: string): void {
    this.#units.delete(unit);
    this.#emit({ kind: 'removed', unit });
  }

  #tell({ name, status }: Loaded): void {
    this.#emit({ kind: 'changed', unit: name, ...status, service: status });
  }

  #emit(change: UnitChange): void {
    for (const listener of this.#listeners) listener(change);
  }

  #log(...call: Call): void {
    this.calls.push(call);
    for (const each of this.#waiting.splice(0)) {
      if (each.test(call)) each.resolve();
      else this.#waiting.push(each);
    }
  }
}

export function statusOf(name: string, change: Partial<UnitStatus> = {}): UnitStatus {
  return {
    name,
    description: name,
    loadState: 'loaded',
    activeState: 'inactive',
    subState: 'dead',
    jobId: undefined,
    activeEnteredAt: undefined,
    inactiveEnteredAt: undefined,
    invocationId: '',
    mainPid: 0,
    result: 'success',
    exit: undefined,
    mainStartedAt: undefined,
    mainExitedAt: undefined,
    restarts: 0,
    statusText: '',
    controlGroup: '',
    transient: true,
    ...change,
  };
}

const jobFactsOf = ({ status }: Loaded): UnitJobFacts => ({ ...status, service: status });

const valueOf = (loaded: Loaded, name: string): unknown => loaded.properties.find((each) => each.name === name)?.value;

function commandsOf(loaded: Loaded): { folder: string; pidFile: string; id: string; log: string } {
  const [[, stopped]] = valueOf(loaded, 'ExecStopPostEx') as [[string, string[]]];
  const folder = stopped[2] ?? '';
  const pidFile = stopped[3] ?? '';
  const id = stopped.at(-1) ?? '';
  return { folder, pidFile, id, log: join(folder, 'runtime.log') };
}

function exists(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false }) !== undefined;
}

const signalOf = (number: number): string =>
  (Object.entries(constants.signals).find(([, each]) => each === number)?.[0] ?? `SIG${number}`).slice(3);
