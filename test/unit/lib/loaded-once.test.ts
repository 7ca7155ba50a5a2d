import { expect, it } from 'vitest';
import { loadedOnce } from '../../../src/lib/loaded-once.ts';

it('loads when it is first asked, and never again', async () => {
  let loads = 0;
  const load = loadedOnce(async () => await Promise.resolve(++loads));
  expect(loads).toBe(0);
  expect(await Promise.all([load(), load()])).toEqual([1, 1]);
  expect(await load()).toBe(1);
});
