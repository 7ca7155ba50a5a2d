import { expect, it } from 'vitest';
import { steadyClock } from '../../../src/lib/steady-clock.ts';

it('goes on by what has passed, whatever the clock is set to', () => {
  let [wall, elapsed] = [5000, 100];
  const now = steadyClock(
    () => new Date(wall),
    () => elapsed,
  );
  expect(now()).toEqual(new Date(5000));
  wall = 0;
  elapsed += 30;
  expect(now()).toEqual(new Date(5030));
});
