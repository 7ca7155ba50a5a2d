import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { BusDisconnected, NoSuchProcess } from '../../../../src/systemd/errors.ts';
import { ALONE, aWorld, patient } from '../../../support/world.ts';

const UNIT = 'berth-web.service';

describe('Stop', () => {
  it('stops with the stop signal, and calls that no failure', async () => {
    await using world = aWorld();
    await world.given('web', 'running');
    await world.containers.stop('web', undefined, patient);
    expect(world.believed('web').status).toMatchObject({
      state: 'exited',
      exit: { code: 143, signal: 'SIGTERM', result: 'success' },
    });
    expect(world.units.calls).toEqual([['stop', UNIT]]);
  });

  it('stops what Init has set up', async () => {
    await using world = aWorld();
    await world.given('web', 'created');
    await world.containers.stop('web', undefined, patient);
    expect(await world.state('web')).toBe('exited');
  });

  it('does not have it restarted', async () => {
    await using world = aWorld();
    await world.given('web', 'running', { restartPolicy: 'always' });
    await world.containers.stop('web', undefined, patient);
    expect(await world.state('web')).toBe('exited');
    expect(world.units.isLoaded(UNIT)).toBe(false);
  });

  it('keeps systemd from bringing back what waits for its restart', async () => {
    await using world = aWorld();
    await world.given('web', 'running', { restartPolicy: 'always' });
    world.units.exits(UNIT, { code: 3 });
    await world.containers.stop('web', undefined, patient);
    expect(world.believed('web').status).toMatchObject({ state: 'exited', exit: { code: 3 } });
    expect(world.units.isLoaded(UNIT)).toBe(false);
  });

  it('refuses what has ended and what is paused, and has nothing to do with what never ran', async () => {
    await using world = aWorld();
    await world.given('ended', 'exited');
    await world.given('new');
    await world.given('paused', 'paused');
    await expect(world.containers.stop('ended', undefined, patient)).rejects.toMatchObject({
      code: 'AlreadyStopped',
      facts: { container: 'ended' },
    });
    await world.containers.stop('new', undefined, patient);
    expect(await world.state('new')).toBe('configured');
    expect(world.units.calls).not.toContainEqual(['stop', 'berth-new.service']);
    await expect(world.containers.stop('paused', undefined, patient)).rejects.toMatchObject({
      code: 'WrongState',
      facts: { state: 'paused' },
    });
  });

  it('leaves nobody a failed unit behind when it had to be killed', async () => {
    await using world = aWorld();
    world.units.stubborn.add(UNIT);
    await world.given('web', 'running');
    const stopping = world.containers.stop('web', undefined, patient);
    await world.units.called('stop', UNIT);
    world.units.exits(UNIT, { signal: 'KILL' });
    await stopping;
    expect(world.believed('web').status).toMatchObject({ state: 'exited', exit: { code: 137, signal: 'SIGKILL' } });
    expect(world.units.isLoaded(UNIT)).toBe(false);
  });

  it('does not hold up others while it waits: two may stop, a look sees `stopping`, a kill gets through', async () => {
    await using world = aWorld();
    world.units.stubborn.add(UNIT);
    await world.given('web', 'running');
    const first = world.containers.stop('web', undefined, patient);
    await world.units.called('stop', UNIT);
    expect(await world.state('web')).toBe('stopping');
    const second = world.containers.stop('web', undefined, patient);
    await world.containers.kill('web', 9, patient);
    await Promise.all([first, second]);
    expect(await world.state('web')).toBe('exited');
  });

  it('stops waiting when its caller does', async () => {
    await using world = aWorld();
    world.units.stubborn.add(UNIT);
    await world.given('web', 'running');
    const caller = new AbortController();
    const stopping = world.containers.stop('web', undefined, caller.signal);
    await world.units.called('stop', UNIT);
    caller.abort(new Error('gone'));
    await expect(stopping).rejects.toThrow('gone');
    expect(await world.state('web')).toBe('stopping');
  });
});

describe('Stop, within a time of the caller', () => {
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it('0 kills at once, without the stop signal that systemd begins with', async () => {
    await using world = aWorld();
    await world.given('web', 'running');
    await world.containers.stop('web', 0, patient);
    expect(world.units.calls).toEqual([
      ['kill', UNIT, 'main', 9],
      ['stop', UNIT],
      ['resetFailed', UNIT],
    ]);
    expect(world.believed('web').status).toMatchObject({ state: 'exited', exit: { signal: 'SIGKILL' } });
  });

  it('a shorter one than its own', async () => {
    await using world = aWorld();
    world.units.stubborn.add(UNIT);
    await world.given('web', 'running');
    const stopping = world.containers.stop('web', 2_000_000, patient);
    await world.units.called('stop', UNIT);
    vi.advanceTimersByTime(1999);
    expect(world.units.calls.map(([method]) => method)).toEqual(['stop']);
    vi.advanceTimersByTime(1);
    await stopping;
    expect(world.units.calls).toEqual([
      ['stop', UNIT],
      ['kill', UNIT, 'main', 9],
      ['resetFailed', UNIT],
    ]);
    expect(world.believed('web').status).toMatchObject({ state: 'exited', exit: { signal: 'SIGKILL' } });
    expect(vi.getTimerCount()).toBe(0);
  });

  it('fails where it cannot be killed at once, and not where it has ended by itself', async () => {
    await using world = aWorld();
    await world.given('web', 'running');
    await world.given('gone', 'running');
    world.units.unkillable.set(UNIT, new BusDisconnected('away'));
    await expect(world.containers.stop('web', 0, patient)).rejects.toBeInstanceOf(BusDisconnected);
    world.units.unkillable.set('berth-gone.service', new NoSuchProcess('berth-gone.service'));
    await world.containers.stop('gone', 0, patient);
    expect(await world.state('gone')).toBe('exited');
  });

  it('says in the log that it could not be killed when its time was up, and leaves that to systemd', async () => {
    await using world = aWorld();
    world.units.stubborn.add(UNIT);
    await world.given('web', 'running');
    world.units.unkillable.set(UNIT, new BusDisconnected('away'));
    const stopping = world.containers.stop('web', 2_000_000, patient);
    await world.units.called('stop', UNIT);
    vi.advanceTimersByTime(2000);
    await vi.waitFor(() => {
      expect(world.log.entries).toMatchObject([{ level: 'error', fields: { containerName: 'web' } }]);
    });
    world.units.exits(UNIT, { signal: 'KILL' });
    await stopping;
    expect(await world.state('web')).toBe('exited');
  });

  it.each([
    [5_000_000, 5_000_000],
    [Infinity, 2 ** 52],
  ])('a longer one than its own, of which systemd is told once it has sent the signal: %j', async (timeout, told) => {
    await using world = aWorld();
    world.units.stubborn.add(UNIT);
    await world.given('web', 'running', { stopTimeoutUSec: 2_000_000 });
    const stopping = world.containers.stop('web', timeout, patient);
    await world.units.called('extendTimeout', String(world.pid('web')));
    expect(world.units.calls).toEqual([
      ['stop', UNIT],
      ['extendTimeout', String(world.pid('web')), told],
    ]);
    expect(await world.state('web')).toBe('stopping');
    expect(vi.getTimerCount()).toBe(0);
    world.units.exits(UNIT, { signal: 'KILL' });
    await stopping;
    expect(await world.state('web')).toBe('exited');
  });

  it('its own is kept also where the unit needs more, to write down how it ended', async () => {
    await using world = aWorld();
    world.units.stubborn.add(UNIT);
    await world.given('web', 'running', { stopTimeoutUSec: 300_000 });
    expect(world.units.property(UNIT, 'TimeoutStopUSec')).toBe(2_000_000n);
    const stopping = world.containers.stop('web', undefined, patient);
    await world.units.called('stop', UNIT);
    vi.advanceTimersByTime(299);
    expect(world.units.calls).toEqual([['stop', UNIT]]);
    vi.advanceTimersByTime(1);
    await world.units.called('kill', UNIT);
    world.units.exits(UNIT, { signal: 'KILL' });
    await stopping;
    expect(await world.state('web')).toBe('exited');
  });

  it('a longer one than none: the signal first, of which systemd would send none', async () => {
    await using world = aWorld();
    world.units.stubborn.add(UNIT);
    await world.given('web', 'running', { stopTimeoutUSec: 0, stopSignal: 'INT' });
    const stopping = world.containers.stop('web', 60_000_000, patient);
    await world.units.called('kill', UNIT);
    world.units.exits(UNIT, { signal: 'INT' });
    await world.recovery.unitChanged(UNIT);
    await stopping;
    expect(world.units.calls[0]).toEqual(['kill', UNIT, 'main', 2]);
    expect(world.believed('web').status).toMatchObject({ state: 'exited', exit: { signal: 'SIGINT' } });
    expect(vi.getTimerCount()).toBe(0);
  });

  it('a longer one with a restart policy does not let systemd bring it back in between', async () => {
    await using world = aWorld();
    await world.given('web', 'running', { stopTimeoutUSec: 2_000_000, restartPolicy: 'always' });
    await world.containers.stop('web', 60_000_000, patient);
    expect(await world.state('web')).toBe('exited');
    expect(world.units.isLoaded(UNIT)).toBe(false);
  });
});

describe('Kill', () => {
  it('sends the signal to the first process and leaves the rest to it', async () => {
    await using world = aWorld();
    world.units.stubborn.add(UNIT);
    await world.given('web', 'running');
    await world.containers.kill('web', 10, patient);
    expect(world.units.calls).toEqual([['kill', UNIT, 'main', 10]]);
    expect(await world.state('web')).toBe('running');
  });

  it.each([2, 3, 6, 9, 15])('of %i has systemd not bring it back, whatever the policy', async (signal) => {
    await using world = aWorld();
    await world.given('web', 'running', { restartPolicy: 'always', stopSignal: String(signal) });
    await world.containers.kill('web', signal, patient);
    expect(await world.state('web')).toBe('exited');
    await world.containers.start('web', ALONE, patient);
    world.units.exits(UNIT, { code: 3 });
    expect(await world.state('web')).toBe('stopped');
  });

  it('of another signal leaves it to the policy', async () => {
    await using world = aWorld();
    await world.given('web', 'running', { restartPolicy: 'always' });
    await world.containers.kill('web', 10, patient);
    world.units.exits(UNIT, { code: 3 });
    expect(await world.state('web')).toBe('stopped');
  });

  it('reaches what is paused', async () => {
    await using world = aWorld();
    await world.given('web', 'paused');
    await world.containers.kill('web', 9, patient);
    expect(await world.state('web')).toBe('exited');
  });

  it.each(['configured', 'created', 'exited'] as const)('refuses one that is %s', async (state) => {
    await using world = aWorld();
    await world.given('web', state);
    await expect(world.containers.kill('web', 9, patient)).rejects.toMatchObject({
      code: 'WrongState',
      facts: { state, operation: 'kill' },
    });
  });

  it('tells that it has ended where it did so between the look and the signal', async () => {
    await using world = aWorld();
    await world.given('web', 'running');
    const kill = world.units.kill.bind(world.units);
    world.units.kill = async (...parameters) => {
      world.units.exits(UNIT, { code: 0 });
      await kill(...parameters);
    };
    await expect(world.containers.kill('web', 9, patient)).rejects.toMatchObject({
      code: 'WrongState',
      facts: { state: 'exited' },
    });
  });
});
