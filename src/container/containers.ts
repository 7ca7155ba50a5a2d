/** The containers of this host: a method for each verb, and nothing but delegation. */
import type { LogLine } from '../journal/journal.ts';
import type { TerminalSize } from '../stream/control.ts';
import type { CgroupProcess, CgroupUsage } from '../systemd/process/cgroup.ts';
import type { Request } from './configuration/configure.ts';
import type { Container } from './container.ts';
import { ContainerError } from './errors.ts';
import { noFaults, type Faults } from './faults.ts';
import { parseContainerName, type ContainerId } from './names.ts';
import { Lane } from './lane/lane.ts';
import { attach, demandInput, resize, said, type Attaching, type AttachOptions } from './operations/attach.ts';
import { batch, type StepResult } from './operations/batch.ts';
import { stepsFor, type BatchStep, type BatchVerb } from './operations/batch-steps.ts';
import { cleanup } from './operations/cleanup.ts';
import { create, type CreateHost } from './operations/create.ts';
import { init } from './operations/init.ts';
import { kill } from './operations/kill.ts';
import { logs, type LogsQuery } from './operations/logs.ts';
import { top } from './operations/top.ts';
import { stats } from './operations/stats.ts';
import { pause, unpause } from './operations/pause.ts';
import { finishRemoval, remove } from './operations/remove.ts';
import { rename } from './operations/rename.ts';
import { restart } from './operations/restart.ts';
import { resumeStart, start, type StartOptions } from './operations/start.ts';
import { stop } from './operations/stop.ts';
import { recoverStreams, relayKeyOf } from './launch/streams.ts';
import { update, type Changes } from './operations/update.ts';
import { wait, type Waited } from './operations/wait.ts';
import type { Ports } from './ports.ts';
import type { State } from './state.ts';
import { hasLife } from './status.ts';
import type { UnitLimits } from '../systemd/units/unit-status.ts';

export interface ListFilter {
  readonly states: readonly State[] | undefined;
  /** All of them must be there; an empty value matches every value. */
  readonly labels: Readonly<Record<string, string>>;
}

export class Containers {
  readonly #ports: Ports;
  readonly #host: CreateHost;
  readonly #closing = new AbortController();
  /** Those whose start an earlier berthd died in, while their units go on with it. */
  readonly #unfinished = new Set<ContainerId>();
  /** Those that the end of a container has begun. */
  readonly #removals = new Map<ContainerId, Promise<void>>();

  constructor(world: Omit<Ports, 'lane' | 'faults'>, host: CreateHost, faults: Faults = noFaults) {
    const lane = new Lane(world, (container) => {
      this.#afterEnd(container);
    });
    this.#ports = { ...world, lane, faults };
    this.#host = host;
  }

  async create(request: Request, signal: AbortSignal): Promise<Container> {
    return await create(this.#ports, this.#host, request, signal);
  }

  async init(reference: string, options: StartOptions, signal: AbortSignal): Promise<void> {
    await init(this.#ports, reference, options, signal);
  }

  async start(reference: string, options: StartOptions, signal: AbortSignal): Promise<void> {
    await start(this.#ports, reference, options, signal);
  }

  /** @param timeoutUsec for the stop, instead of the container's own */
  async restart(reference: string, timeoutUsec: number | undefined, signal: AbortSignal): Promise<void> {
    await restart(this.#ports, reference, timeoutUsec, signal);
  }

  /** @param timeoutUsec instead of the container's own; 0 kills at once */
  async stop(reference: string, timeoutUsec: number | undefined, signal: AbortSignal): Promise<void> {
    await stop(this.#ports, reference, timeoutUsec, signal);
  }

  /** @param killSignal as kill(2) has it */
  async kill(reference: string, killSignal: number, signal: AbortSignal): Promise<void> {
    await kill(this.#ports, reference, killSignal, signal);
  }

  async pause(reference: string, signal: AbortSignal): Promise<void> {
    await pause(this.#ports, reference, signal);
  }

  async unpause(reference: string, signal: AbortSignal): Promise<void> {
    await unpause(this.#ports, reference, signal);
  }

  async rename(reference: string, name: string): Promise<void> {
    await rename(this.#ports, reference, parseContainerName(name));
  }

  async update(reference: string, changes: Changes, signal: AbortSignal): Promise<void> {
    await update(this.#ports, reference, changes, signal);
  }

  async cleanup(reference: string): Promise<void> {
    await cleanup(this.#ports, reference);
  }

  /** Does steps one after the other, while nobody else does anything with the container. */
  async batch(reference: string, steps: readonly BatchStep[], signal: AbortSignal): Promise<StepResult<BatchVerb>[]> {
    return await batch(this.#ports, reference, stepsFor(this.#ports, steps, signal));
  }

  async stats(reference: string): Promise<CgroupUsage> {
    return await stats(this.#ports, reference);
  }

  async top(reference: string): Promise<CgroupProcess[]> {
    return await top(this.#ports, reference);
  }

  /** Removes what has ended or was never started, each as `remove` does; one that cannot go is left out. */
  async *prune(labels: Readonly<Record<string, string>>, signal: AbortSignal): AsyncGenerator<Container> {
    for (const container of this.list({ states: ['configured', 'stopped', 'exited'], labels })) {
      try {
        await remove(this.#ports, container.id, { ifRunning: 'refuse' }, signal);
      } catch (error) {
        if (error instanceof ContainerError) continue;
        throw error;
      }
      yield container;
    }
  }

  /** @throws ContainerError `NoSuchContainer` | `AmbiguousContainer` | `WrongState` | `NoStandardInput` */
  attach(reference: string, options: AttachOptions): Attaching {
    return attach(this.#ports, reference, options);
  }

  /** @throws ContainerError `NoSuchContainer` | `AmbiguousContainer` | `NoStandardInput` for one that is not made with one */
  demandInput(reference: string, stdin: AttachOptions['stdin']): Container {
    const container = this.#ports.index.find(reference);
    demandInput(container, stdin);
    return container;
  }

  now(): Date {
    return this.#ports.now();
  }

  /** What a container said, as its log has it, up to where an attachment began. */
  said(container: Container, seam: Attaching['seam'], signal: AbortSignal): AsyncIterable<LogLine> {
    return said(this.#ports, container, seam, signal);
  }

  /** @throws ContainerError `NoSuchContainer` | `AmbiguousContainer` | `WrongState` | `NoTerminal` */
  resize(reference: string, size: TerminalSize): void {
    resize(this.#ports, reference, size);
  }

  /** Resolves when a container has ended, all that it said is handed out, and it is removed where its end is to do that. */
  async ended(id: ContainerId, signal: AbortSignal): Promise<Waited> {
    const waited = await wait(this.#ports, id, ['stopped', 'exited'], signal);
    await this.#ports.relays.finished(relayKeyOf({ id }));
    await this.#removals.get(id);
    return waited;
  }

  async wait(reference: string, conditions: readonly State[], signal: AbortSignal): Promise<Waited> {
    return await wait(this.#ports, reference, conditions, signal);
  }

  async remove(
    reference: string,
    options: { readonly ifRunning: 'refuse' | 'kill' },
    signal: AbortSignal,
  ): Promise<void> {
    await remove(this.#ports, reference, options, signal);
  }

  /** What it is now, as systemd has it. */
  async inspect(reference: string): Promise<Container> {
    const { id } = this.#ports.index.find(reference);
    await this.#ports.lane.look(id);
    const container = this.#ports.index.get(id);
    if (container === undefined) throw new ContainerError('NoSuchContainer', { container: reference });
    return container;
  }

  /** The limits in force, as systemd has them; undefined while its unit is not loaded. */
  async limits({ unit, status }: Container): Promise<UnitLimits | undefined> {
    return hasLife(status) ? await this.#ports.units.limits(unit) : undefined;
  }

  /** What was last told of each, oldest first; waits for nobody. */
  list({ states, labels }: ListFilter): Container[] {
    const wanted = Object.entries(labels);
    return this.#ports.index
      .all()
      .filter(({ status }) => states === undefined || states.includes(status.state))
      .filter(({ config }) => wanted.every((label) => hasLabel(config.labels, label)));
  }

  logs(reference: string, query: LogsQuery, signal: AbortSignal): AsyncIterable<LogLine> {
    return logs(this.#ports, reference, query, signal);
  }

  /** The folder of its OCI bundle. */
  bundleOf({ id }: Container): string {
    return this.#ports.folders.of(id).path;
  }

  /** systemd told something about a unit: see what becomes of the container that it is. A unit that is no container is nobody's. */
  async unitChanged(unit: string): Promise<void> {
    const container = this.#ports.index.byUnit(unit);
    if (container === undefined) return;
    await this.#ports.lane.hear(container.id);
    if (this.#unfinished.has(container.id)) this.#finishStart(container);
  }

  /** Asks systemd about the container that a unit is, if it is one. */
  async lookAtUnit(unit: string): Promise<void> {
    const container = this.#ports.index.byUnit(unit);
    if (container !== undefined) await this.#ports.lane.look(container.id);
  }

  /** Looks at a container, and goes on with a start or a removal that was cut off. */
  async recover(id: ContainerId): Promise<void> {
    const state = this.#ports.index.get(id)?.status.state;
    if (state === 'removing') {
      await this.#ports.lane.run(id, 'remove', async (container, unit) => {
        await finishRemoval(this.#ports, container, unit);
      });
      return;
    }
    const known = this.#ports.index.get(id);
    if (known !== undefined) await recoverStreams(this.#ports, known);
    await this.#ports.lane.look(id);
    await resumeStart(this.#ports, id);
    if (this.#ports.folders.isToStart(this.#ports.folders.of(id))) this.#unfinished.add(id);
    const container = this.#ports.index.get(id);
    if (container !== undefined && 'exit' in container.status) this.#afterEnd(container);
  }

  /** Resolves when what was begun is finished; nothing of its own is begun any more. */
  async close(): Promise<void> {
    this.#closing.abort();
    await this.#ports.lane.idle();
  }

  /** Its unit was not up yet when berthd was: that goes on without berthd as far as the process that waits to be started. */
  #finishStart({ id, name }: Container): void {
    const finish = async (): Promise<void> => {
      await resumeStart(this.#ports, id);
      if (!this.#ports.folders.isToStart(this.#ports.folders.of(id))) this.#unfinished.delete(id);
    };
    finish().catch((error: unknown) => {
      this.#ports.log.error('A start that was cut off could not be finished', { containerName: name, error });
    });
  }

  #afterEnd(container: Container): void {
    const { id, name, config } = container;
    const comesBack = async (): Promise<boolean> =>
      config.restartPolicy !== 'no' && (await isOnItsWayBack(this.#ports, container));
    this.#ports.relays.finish(relayKeyOf(container), comesBack).catch((error: unknown) => {
      this.#ports.log.error('The streams of a container that has ended could not be put away', {
        containerName: name,
        error,
      });
    });
    if (!config.removeOnExit || this.#closing.signal.aborted) return;
    const removal = remove(this.#ports, id, { ifRunning: 'refuse' }, this.#closing.signal)
      .catch((error: unknown) => {
        // Somebody else may have removed it first, or started it again, which is theirs to do.
        if (error instanceof ContainerError) return;
        this.#ports.log.error('A container that was to be removed at its end could not be removed', {
          containerName: name,
          error,
        });
      })
      .finally(() => {
        if (this.#removals.get(id) === removal) this.#removals.delete(id);
      });
    this.#removals.set(id, removal);
  }
}

/** Whether the unit is not down for good: systemd gives the next run the descriptors that this one had. */
async function isOnItsWayBack({ units }: Ports, { unit }: Container): Promise<boolean> {
  const status = await units.service(unit);
  if (status === undefined) return false;
  const isDown = status.activeState === 'inactive' || status.activeState === 'failed';
  return !isDown || status.subState.endsWith('before-auto-restart');
}

const hasLabel = (labels: Readonly<Record<string, string>>, [name, value]: readonly [string, string]): boolean =>
  Object.hasOwn(labels, name) && (value === '' || labels[name] === value);
