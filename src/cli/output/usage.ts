import type { ContainerClient, Usage } from '../../api/io-berth-container.ts';
import { askAgain } from '../session/persistence.ts';
import { isRefusal } from '../refusals.ts';

/** A container whose usage is looked at. */
export interface Subject {
  readonly id: string;
  readonly name: string;
  readonly startedAt: { readonly realtime?: number | undefined } | undefined;
}

/** What a container uses, with what follows from two looks at it. */
export interface Sample {
  readonly subject: Subject;
  readonly usage: Usage;
  /** CPU time of all CPUs together since the last look, where 100 is one CPU; since it was started at the first look. */
  readonly cpuPercent: number | undefined;
  /** Of the limit of memory, where there is one. */
  readonly memoryPercent: number | undefined;
}

const GONE = ['io.berth.Container.WrongState', 'io.berth.Container.NoSuchContainer'] as const;

/** Looks at containers again and again. */
export class Sampler {
  readonly #containers: Pick<ContainerClient, 'stats'>;
  /** By the IDs of containers. */
  #last: ReadonlyMap<string, Usage> = new Map();

  constructor(containers: Pick<ContainerClient, 'stats'>) {
    this.#containers = containers;
  }

  /** Those that have ended meanwhile are left out. */
  async sample(subjects: readonly Subject[]): Promise<Sample[]> {
    const looks = await Promise.all(subjects.map(async (subject) => await this.#look(subject)));
    const samples = looks.filter((sample) => sample !== undefined);
    this.#last = new Map(samples.map(({ subject, usage }) => [subject.id, usage]));
    return samples;
  }

  async #look(subject: Subject): Promise<Sample | undefined> {
    const container = subject.id;
    try {
      const { usage } = await askAgain(async () => await this.#containers.stats({ container }));
      if (usage === undefined) return undefined;
      const cpuPercent = cpuPercentOf(usage, this.#last.get(subject.id), subject);
      const { memoryBytes, memoryMaxBytes } = usage;
      const isLimited = memoryBytes !== undefined && memoryMaxBytes !== undefined;
      return {
        subject,
        usage,
        cpuPercent,
        memoryPercent: isLimited ? (100 * memoryBytes) / memoryMaxBytes : undefined,
      };
    } catch (error) {
      if (GONE.some((name) => isRefusal(error, name))) return undefined;
      throw error;
    }
  }
}

/** A container that was started anew in between has used less than before. */
function cpuPercentOf(usage: Usage, last: Usage | undefined, { startedAt }: Subject): number | undefined {
  const { cpuUsageUSec, timestamp } = usage;
  const isSameRun = last?.cpuUsageUSec !== undefined && last.cpuUsageUSec <= (cpuUsageUSec ?? 0);
  const [before, since] = isSameRun ? [last.cpuUsageUSec, last.timestamp] : [0, startedAt];
  if (cpuUsageUSec === undefined || timestamp.realtime === undefined || since?.realtime === undefined) return undefined;
  const elapsed = timestamp.realtime - since.realtime;
  return elapsed > 0 ? (100 * (cpuUsageUSec - before)) / elapsed : undefined;
}
