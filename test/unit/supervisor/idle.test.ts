import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { STATES, type State } from '../../../src/container/state.ts';
import { holdOf, IdleExit, type Hold, type InHand } from '../../../src/supervisor/idle.ts';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

describe('what keeps berthd', () => {
  it.each<[string, Partial<InHand>, Hold | undefined]>([
    ['nothing', {}, undefined],
    ['a client', { clients: 1, streams: 1 }, 'client'],
    ['a stream without a client', { streams: 1 }, 'stream'],
  ])('%s', (_, inHand, expected) => {
    expect(holdOf({ clients: 0, streams: 0, containers: [], ...inHand })).toBe(expected);
  });

  it.each<[string, Partial<InHand['containers'][number]['config']>, readonly State[], Hold]>([
    ['an ordinary one', {}, [], 'removal'],
    ['one that systemd restarts', { restartPolicy: 'always' }, [], 'terminal'],
    ['one with a terminal', { terminal: true }, [], 'terminal'],
    [
      'one that is to be removed at its end',
      { removeOnExit: true },
      ['created', 'running', 'paused', 'stopping', 'stopped', 'removing', 'unknown'],
      'removal',
    ],
    [
      'one with a terminal that systemd restarts',
      { terminal: true, restartPolicy: 'on_failure' },
      ['created', 'running', 'paused', 'stopping', 'stopped', 'unknown'],
      'terminal',
    ],
  ])('of containers, %s', (_, options, states, hold) => {
    const config = { removeOnExit: false, terminal: false, restartPolicy: 'no', ...options } as const;
    const holding = STATES.filter(
      (state) => holdOf({ clients: 0, streams: 0, containers: [{ config, status: { state } }] }) === hold,
    );
    expect(holding).toEqual(states);
  });
});

describe('IdleExit', () => {
  function anIdleExit() {
    const world: { hold: Hold | undefined; afterMs: number | undefined } = { hold: undefined, afterMs: 5000 };
    const exit = vi.fn();
    const idle = new IdleExit({ hold: () => world.hold, afterMs: () => world.afterMs, exit });
    return { world, exit, idle };
  }

  it('exits once, when nothing has happened and nothing held for the time', async () => {
    const { exit, idle } = anIdleExit();
    idle.reconsider();
    await vi.advanceTimersByTimeAsync(4000);
    idle.reconsider();
    await vi.advanceTimersByTimeAsync(4000);
    expect(exit).not.toHaveBeenCalled();
    await vi.advanceTimersByTimeAsync(1000);
    idle.reconsider();
    await vi.advanceTimersByTimeAsync(60_000);
    expect(exit).toHaveBeenCalledTimes(1);
  });

  it('stays while something holds, and begins to count when it is gone', async () => {
    const { world, exit, idle } = anIdleExit();
    idle.reconsider();
    world.hold = 'client';
    idle.reconsider();
    await vi.advanceTimersByTimeAsync(60_000);
    world.hold = undefined;
    idle.reconsider();
    await vi.advanceTimersByTimeAsync(4999);
    expect(exit).not.toHaveBeenCalled();
    await vi.advanceTimersByTimeAsync(1);
    expect(exit).toHaveBeenCalledTimes(1);
  });

  it('stays for what nobody told of', async () => {
    const { world, exit, idle } = anIdleExit();
    idle.reconsider();
    world.hold = 'stream';
    await vi.advanceTimersByTimeAsync(60_000);
    expect(exit).not.toHaveBeenCalled();
  });

  it('heeds a time that was configured anew, and never is never', async () => {
    const { world, exit, idle } = anIdleExit();
    world.afterMs = undefined;
    idle.reconsider();
    await vi.advanceTimersByTimeAsync(60_000);
    world.afterMs = 1000;
    idle.reconsider();
    world.afterMs = undefined;
    idle.reconsider();
    await vi.advanceTimersByTimeAsync(60_000);
    expect(exit).not.toHaveBeenCalled();
  });

  it('does nothing any more when it is closed', async () => {
    const { exit, idle } = anIdleExit();
    idle.reconsider();
    idle[Symbol.dispose]();
    idle.reconsider();
    await vi.advanceTimersByTimeAsync(60_000);
    expect(exit).not.toHaveBeenCalled();
  });
});
