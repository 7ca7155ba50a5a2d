/**
 * Samples, taken so that candidates meet the same circumstances: in each round everyone has one turn, in an order that a
 * seed decides; the first rounds warm up and do not count.
 */
import { performance } from 'node:perf_hooks';
import type { Candidate, Result, Row } from './report.ts';
import { summaryOf } from './report.ts';

export interface Plan {
  readonly rounds: number;
  readonly warmUp: number;
  /** No new round is begun after this, but for the first that counts. */
  readonly limitMs: number;
}

/** One turn of a candidate; what it wants measured goes through the stopwatch. */
export type Turn = (stopwatch: Stopwatch, round: number) => Promise<void>;

export class Stopwatch {
  readonly laps = new Map<string, number>();

  async time<T>(step: string, act: () => Promise<T>): Promise<T> {
    const begun = performance.now();
    const result = await act();
    this.laps.set(step, performance.now() - begun);
    return result;
  }

  /** For what is measured otherwise. */
  set(step: string, value: number): void {
    this.laps.set(step, value);
  }
}

/** Small, fast, and the same on every machine (mulberry32). */
export function randomFrom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

function shuffled<T>(items: readonly T[], random: () => number): T[] {
  const keyed = items.map((item) => ({ item, key: random() }));
  return keyed.toSorted((a, b) => a.key - b.key).map(({ item }) => item);
}

/** Runs all turns side by side, round after round; a row for each step, in the order steps were first seen. */
export async function interleave(
  turns: ReadonlyMap<Candidate, Turn>,
  { rounds, warmUp, limitMs }: Plan,
  random: () => number,
  unit: Row['unit'] = 'ms',
): Promise<Row[]> {
  const samples = new Map<string, Map<Candidate, number[]>>();
  const until = performance.now() + limitMs;
  for (let round = 0; round < warmUp + rounds; round++) {
    if (round > warmUp && performance.now() > until) break;
    for (const [candidate, turn] of shuffled([...turns], random)) {
      const stopwatch = new Stopwatch();
      await turn(stopwatch, round);
      if (round < warmUp) continue;
      for (const [step, value] of stopwatch.laps) {
        const ofStep = samples.get(step) ?? new Map<Candidate, number[]>();
        samples.set(step, ofStep.set(candidate, [...(ofStep.get(candidate) ?? []), value]));
      }
    }
  }
  return [...samples].map(([name, ofStep]) => ({ name, unit, results: resultsOf(turns, ofStep) }));
}

function resultsOf(turns: ReadonlyMap<Candidate, Turn>, samples: ReadonlyMap<Candidate, number[]>): Result[] {
  return [...turns.keys()].flatMap((candidate) => {
    const values = samples.get(candidate);
    return values === undefined ? [] : [{ candidate, ...summaryOf(values) }];
  });
}

/** Runs `act` for all numbers below `count`, `width` at a time. */
export async function inParallel(count: number, width: number, act: (index: number) => Promise<void>): Promise<void> {
  let next = 0;
  const worker = async (): Promise<void> => {
    while (next < count) await act(next++);
  };
  await Promise.all(Array.from({ length: Math.min(width, count) }, worker));
}
