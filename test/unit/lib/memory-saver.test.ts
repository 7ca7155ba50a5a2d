import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { MemorySaver } from '../../../src/lib/memory-saver.ts';

const MIB = 1024 * 1024;

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

function aSaver(release: () => Promise<void> = async () => await Promise.resolve()) {
  let collected = (): void => undefined;
  const memory = { resident: 100 * MIB };
  const stopped = vi.fn();
  const failed = vi.fn();
  const released = vi.fn(async () => {
    await release();
    memory.resident = 70 * MIB;
  });
  const saver = new MemorySaver({
    onCollection: (callback) => {
      collected = callback;
      return stopped;
    },
    resident: () => memory.resident,
    release: released,
    failed,
  });
  const work = (): void => {
    collected();
  };
  return { saver, memory, released, stopped, failed, work };
}

it('gives memory back once, when work has paused for ten seconds', async () => {
  const { released, work } = aSaver();
  await vi.advanceTimersByTimeAsync(60_000);
  expect(released).not.toHaveBeenCalled();
  for (let second = 0; second < 30; second++) {
    work();
    await vi.advanceTimersByTimeAsync(1000);
  }
  expect(released).not.toHaveBeenCalled();
  await vi.advanceTimersByTimeAsync(9000);
  expect(released).toHaveBeenCalledTimes(1);
  await vi.advanceTimersByTimeAsync(60_000);
  expect(released).toHaveBeenCalledTimes(1);
});

it('does not collect for a little', async () => {
  const { released, memory, work } = aSaver();
  work();
  await vi.advanceTimersByTimeAsync(10_000);
  memory.resident = 77 * MIB;
  work();
  await vi.advanceTimersByTimeAsync(10_000);
  expect(released).toHaveBeenCalledTimes(1);
  memory.resident = 79 * MIB;
  work();
  await vi.advanceTimersByTimeAsync(10_000);
  expect(released).toHaveBeenCalledTimes(2);
});

it('says what went wrong, and tries again after the next work', async () => {
  const { released, failed, work } = aSaver(async () => await Promise.reject(new Error('no malloc_trim')));
  work();
  await vi.advanceTimersByTimeAsync(10_000);
  expect(failed).toHaveBeenCalledExactlyOnceWith(new Error('no malloc_trim'));
  work();
  await vi.advanceTimersByTimeAsync(10_000);
  expect(released).toHaveBeenCalledTimes(2);
});

it('does nothing any more when it is closed', async () => {
  const { saver, released, stopped, work } = aSaver();
  work();
  saver[Symbol.dispose]();
  await vi.advanceTimersByTimeAsync(60_000);
  expect(stopped).toHaveBeenCalledTimes(1);
  expect(released).not.toHaveBeenCalled();
});
