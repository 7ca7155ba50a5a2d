import { afterAll, afterEach, beforeAll, expect } from 'vitest';
import { Berth } from './berth.ts';
import { leaks } from './leaks.ts';
import type { Machine } from './machine.ts';

/**
 * berth in a machine, for the tests of one spec: connects before them; after each it removes every container, and then nothing
 * may be left of any.
 * @param take given each connection that is made
 * @param leftovers `none-soon`: some of it may end a moment after the container
 * @returns connects anew: a connection to a berthd that was killed or restarted is worth nothing
 */
export function useBerth(
  machine: Machine,
  take: (berth: Berth) => void,
  leftovers: 'none' | 'none-soon' = 'none',
): () => Promise<void> {
  let berth: Berth | undefined;
  const connect = async (): Promise<void> => {
    await berth?.[Symbol.asyncDispose]();
    berth = await Berth.connect(machine);
    take(berth);
  };
  beforeAll(connect);
  afterEach(async () => {
    await berth?.removeAll();
    if (leftovers === 'none') expect(await leaks(machine)).toEqual([]);
    else await expect.poll(async () => await leaks(machine)).toEqual([]);
  });
  afterAll(async () => {
    await berth?.[Symbol.asyncDispose]();
  });
  return connect;
}
