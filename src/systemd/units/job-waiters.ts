/**
 * Who waits for which job. The signal that a job has ended may be seen before the reply that names the job: both come
 * in one read, and a signal is handled at once while a reply only resolves a promise. So ends of jobs are kept as long
 * as any call is under way that could turn out to have made them.
 */
import { orAborted } from '../../lib/or-aborted.ts';
import { BusDisconnected } from '../errors.ts';
import type { UnitFacts, UnitStatus } from './unit-status.ts';

/** What a job is to make of a unit. */
export interface JobAim {
  readonly unit: string;
  readonly state: 'up' | 'down';
  /** Called with what systemd tells of the unit while the job is there. */
  readonly told?: ((facts: UnitFacts) => void) | undefined;
}

export interface JobEnd {
  /** `done`, or what went wrong. */
  readonly result: string;
  /** What systemd last told of the unit before it told that the job has ended. */
  readonly last: UnitFacts | undefined;
}

export interface Waiter extends JobAim {
  /** The job's object path. */
  readonly job: string;
  readonly end: (result: string) => void;
  readonly fail: (reason: Error) => void;
}

export class JobWaiters {
  readonly #waiters = new Set<Waiter>();
  readonly #early = new Map<string, string>();
  /** Of the units that a call or a waiter is concerned with. */
  readonly #units = new Map<string, { users: number; last: UnitFacts | undefined }>();
  #calls = 0;

  /** Makes a job with `call`, which answers its object path, and waits for its end. */
  async run(aim: JobAim, call: () => Promise<string>, signal: AbortSignal | undefined): Promise<JobEnd> {
    const unit = this.#units.get(aim.unit) ?? { users: 0, last: undefined };
    this.#units.set(aim.unit, unit);
    unit.users++;
    try {
      const result = await this.#endOf(aim, call, signal, () => unit.last);
      return { result, last: unit.last };
    } finally {
      unit.users--;
      if (unit.users === 0) this.#units.delete(aim.unit);
    }
  }

  concerns(unit: string): boolean {
    return this.#units.has(unit);
  }

  /** systemd told of the unit. */
  told(name: string, facts: UnitFacts): void {
    const unit = this.#units.get(name);
    if (unit === undefined) return;
    unit.last = facts;
    for (const waiter of this.#waiters) if (waiter.unit === name) tell(waiter, facts);
  }

  /** systemd told that the job has ended. */
  ended(job: string, result: string): void {
    if (this.#calls > 0) this.#early.set(job, result);
    for (const waiter of this.#waiters) if (waiter.job === job) waiter.end(result);
  }

  /** Those who still wait: for asking again after signals were missed. */
  waiting(): Waiter[] {
    return [...this.#waiters];
  }

  async #endOf(
    aim: JobAim,
    call: () => Promise<string>,
    signal: AbortSignal | undefined,
    lastTold: () => UnitFacts | undefined,
  ): Promise<string> {
    const { promise, resolve, reject } = Promise.withResolvers<string>();
    this.#calls++;
    let waiter: Waiter;
    try {
      const job = await call();
      waiter = { ...aim, job, end: resolve, fail: reject };
      this.#waiters.add(waiter);
      const last = lastTold();
      if (last !== undefined) tell(waiter, last);
      const early = this.#early.get(job);
      if (early !== undefined) resolve(early);
    } finally {
      this.#calls--;
      if (this.#calls === 0) this.#early.clear();
    }
    try {
      return await orAborted(promise, signal);
    } finally {
      this.#waiters.delete(waiter);
    }
  }
}

/** A job that is gone has ended unheard: then the unit says whether it came to what was wanted. */
export function endUnheard({ unit, state, end, fail }: Waiter, now: UnitStatus | undefined): void {
  const is = now === undefined ? 'inactive' : now.activeState;
  const down = is === 'inactive' || is === 'failed';
  if (state === 'up' ? is === 'active' : down) end('done');
  else if (is === 'failed') end('failed');
  else fail(new BusDisconnected(`the job for ${unit} ended while systemd could not be heard; the unit is ${is}`));
}

/** The number at the end of a job's object path. */
export const jobIdOf = (job: string): number => Number(job.slice(job.lastIndexOf('/') + 1));

function tell({ job, told }: Waiter, facts: UnitFacts): void {
  if (facts.jobId === jobIdOf(job)) told?.(facts);
}
