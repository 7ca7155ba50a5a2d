/** Many containers: at once, up and down, and in a long list. */
import type { Engine } from './engines.ts';
import { SERVER } from './lifecycle.ts';
import { inParallel, type Turn } from './measure.ts';

export const AT_ONCE = 32;

/** So many starts at the same moment; the time until the last has returned. */
export const startsAtOnce =
  (engine: Engine): Turn =>
  async (stopwatch, round) => {
    const nameOf = (index: number): string => `at-once-${round.toString()}-${index.toString()}`;
    await inParallel(AT_ONCE, 8, async (index) => await engine.create(nameOf(index), SERVER));
    await stopwatch.time(`${AT_ONCE.toString()} starts at once`, async () => {
      await inParallel(AT_ONCE, AT_ONCE, async (index) => await engine.start(nameOf(index)));
    });
    await demand(engine, AT_ONCE);
    await inParallel(AT_ONCE, 8, async (index) => await engine.removeRunning(nameOf(index)));
  };

/** All of them up, then all of them gone, 32 at a time; both are checked. */
export const upAndDown =
  (engine: Engine, count: number): Turn =>
  async (stopwatch, round) => {
    const nameOf = (index: number): string => `crowd-${round.toString()}-${index.toString()}`;
    await stopwatch.time(`${count.toString()} up, ${AT_ONCE.toString()} at a time`, async () => {
      await inParallel(count, AT_ONCE, async (index) => await engine.runDetached(nameOf(index), SERVER));
    });
    await demand(engine, count);
    await stopwatch.time(`${count.toString()} down, ${AT_ONCE.toString()} at a time`, async () => {
      await inParallel(count, AT_ONCE, async (index) => await engine.removeRunning(nameOf(index)));
    });
    const left = await engine.list();
    if (left !== 0) throw new Error(`${left.toString()} containers are left after all were removed`);
  };

async function demand(engine: Engine, count: number): Promise<void> {
  const running = await engine.running();
  if (running !== count) throw new Error(`${running.toString()} containers run where ${count.toString()} were started`);
}

/** Makes containers that are never started. */
export async function fill(engine: Engine, count: number): Promise<void> {
  await inParallel(count, 8, async (index) => await engine.create(`many-${index.toString()}`, ['true']));
}

export const listOfMany =
  (engine: Engine, count: number): Turn =>
  async (stopwatch) => {
    const found = await stopwatch.time(`ps, ${count.toString()} containers`, async () => await engine.list());
    if (found !== count) throw new Error(`${found.toString()} of ${count.toString()} containers are listed`);
    await stopwatch.time(`inspect, ${count.toString()} containers`, async () => await engine.inspect('many-7'));
  };
