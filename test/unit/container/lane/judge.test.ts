import { describe, expect, it } from 'vitest';
import type { EndRecord } from '../../../../src/container/records/folder.ts';
import { judge, mayBeHeld, mayBePaused, mayHaveEnded, type Evidence } from '../../../../src/container/lane/judge.ts';
import { unknownExit, type Exit, type Status } from '../../../../src/container/status.ts';
import type { UnitStatus } from '../../../../src/systemd/units/unit-status.ts';
import { statusOf } from '../../../support/fake-units.ts';

const at = (minute: number): Date => new Date(Date.UTC(2026, 10, 21, 12, minute));
const NOW = at(59);

const exit = (minute: number, code = 0): Exit => ({
  code,
  signal: undefined,
  oomKilled: false,
  result: 'success',
  at: at(minute),
});
const record = (invocationId: string, minute: number, code = 0): EndRecord => ({
  invocationId,
  exit: exit(minute, code),
  result: 'success',
});
/** A run that never had a process. */
const failed = (invocationId: string): EndRecord => ({ invocationId, exit: undefined, result: 'resources' });

const configured: Status = { state: 'configured' };
const created = (id: string): Status => ({ state: 'created', pid: 7, invocationId: id, startedAt: undefined });
const running = (id: string, minute: number): Status => ({
  state: 'running',
  pid: 7,
  invocationId: id,
  startedAt: at(minute),
});
const stopping = (id: string, minute: number): Status => ({ ...running(id, minute), state: 'stopping' }) as Status;
const exited = (id: string, minute: number, code = 0): Status => ({
  state: 'exited',
  exit: exit(minute, code),
  startedAt: undefined,
  invocationId: id,
});

const unit = (change: Partial<UnitStatus>): UnitStatus => statusOf('berth-web.service', change);
const up = (id: string, minute: number, change: Partial<UnitStatus> = {}): UnitStatus =>
  unit({
    activeState: 'active',
    subState: 'running',
    mainPid: 7,
    invocationId: id,
    mainStartedAt: at(minute),
    activeEnteredAt: at(minute),
    ...change,
  });
const cleaningUp = (id: string, minute: number, change: Partial<UnitStatus> = {}): UnitStatus =>
  up(id, minute, {
    activeState: 'deactivating',
    subState: 'stop-post',
    mainPid: 0,
    exit: { code: 3 },
    mainExitedAt: at(50),
    ...change,
  });
const restarting = (id: string, minute: number): UnitStatus =>
  cleaningUp(id, minute, { activeState: 'activating', subState: 'auto-restart' });

const judged = (before: Status, evidence: Partial<Evidence>): Status =>
  judge({
    before,
    unit: undefined,
    end: undefined,
    held: false,
    frozen: false,
    restartDelayMs: undefined,
    restartLimit: undefined,
    now: NOW,
    ...evidence,
  });

describe('judge', () => {
  it.each<[string, Status, Partial<Evidence>, Status]>([
    ['was started', configured, { unit: up('B', 5) }, running('B', 5)],
    ['was set up only', configured, { unit: up('B', 5), held: true }, created('B')],
    [
      'was set up, and has been started since',
      created('B'),
      { unit: up('B', 5) },
      { ...running('B', 5), startedAt: NOW } as Status,
    ],
    [
      'was set up, and a start in between was missed with berthd dead',
      configured,
      { unit: up('B', 5) },
      running('B', 5),
    ],
    [
      'is frozen',
      running('B', 5),
      { unit: up('B', 5), frozen: true },
      { ...running('B', 5), state: 'paused' } as Status,
    ],
    [
      'goes on after it was frozen',
      { ...running('B', 5), state: 'paused' } as Status,
      { unit: up('B', 5) },
      running('B', 5),
    ],
    [
      'waits for its restart, for so long',
      exited('B', 20),
      {
        unit: { ...restarting('B', 5), inactiveEnteredAt: at(21) },
        end: record('B', 20),
        restartDelayMs: 60_000,
      },
      { ...exited('B', 20), state: 'stopped', restartsAt: at(22) } as Status,
    ],
    [
      'was brought back as often as it may be',
      exited('B', 20, 1),
      {
        unit: unit({ activeState: 'failed', subState: 'failed', result: 'exit-code', invocationId: 'B', restarts: 3 }),
        end: record('B', 20, 1),
        restartLimit: 2,
      },
      { ...exited('B', 20, 1), exit: { ...exit(20, 1), result: 'start-limit-hit' } } as Status,
    ],
    [
      'is asked to stop',
      running('B', 5),
      { unit: up('B', 5, { activeState: 'deactivating', subState: 'stop-sigterm' }) },
      stopping('B', 5),
    ],
    [
      'is asked to stop while frozen',
      running('B', 5),
      { unit: up('B', 5, { activeState: 'deactivating' }), frozen: true },
      stopping('B', 5),
    ],
    [
      'is over, and its unit cleans up',
      running('B', 5),
      { unit: cleaningUp('B', 5) },
      { ...exited('B', 50, 3), state: 'stopped', startedAt: at(5) } as Status,
    ],
    [
      'was killed, and only the record is going to say whether for want of memory',
      running('B', 5),
      { unit: cleaningUp('B', 5, { exit: { signal: 'SIGKILL', dumpedCore: false } }) },
      { state: 'stopping', invocationId: 'B', startedAt: at(5) },
    ],
    [
      'has run again by systemd, unseen',
      running('A', 1),
      { unit: up('B', 5, { mainPid: 9 }) },
      { ...running('B', 5), pid: 9 } as Status,
    ],
    ['has ended', running('B', 5), { end: record('B', 6, 3) }, { ...exited('B', 6, 3), startedAt: at(5) } as Status],
    [
      'has ended and failed',
      running('B', 5),
      { unit: unit({ activeState: 'failed', invocationId: 'B' }), end: record('B', 6, 3) },
      { ...exited('B', 6, 3), startedAt: at(5) } as Status,
    ],
    ['ended while berthd was dead, never seen alive', configured, { end: record('B', 6, 3) }, exited('B', 6, 3)],
    ['ended twice while berthd was dead', running('A', 1), { end: record('B', 6, 3) }, exited('B', 6, 3)],
    ['ended a second time unseen', exited('A', 1), { end: record('B', 6, 3) }, exited('B', 6, 3)],
    [
      'is gone without a record',
      running('B', 5),
      {},
      { state: 'exited', exit: unknownExit(NOW), startedAt: at(5), invocationId: 'B' },
    ],
    [
      'was set up and is gone without a record',
      created('B'),
      {},
      { state: 'exited', exit: unknownExit(NOW), startedAt: undefined, invocationId: 'B' },
    ],
    [
      'contradicted itself and is gone',
      { state: 'unknown', reason: 'r' },
      {},
      { state: 'exited', exit: unknownExit(NOW), startedAt: undefined, invocationId: undefined },
    ],
    [
      'waits for its restart',
      running('B', 5),
      { unit: restarting('B', 5), end: record('B', 6, 3) },
      { ...exited('B', 6, 3), state: 'stopped', startedAt: at(5) } as Status,
    ],
    [
      'waits for its restart, as was not known',
      exited('B', 6, 3),
      { unit: restarting('B', 5), end: record('B', 6, 3) },
      { ...exited('B', 6, 3), state: 'stopped' } as Status,
    ],
    [
      'waits for its restart no longer',
      { ...exited('B', 6, 3), state: 'stopped' } as Status,
      { end: record('B', 6, 3) },
      exited('B', 6, 3),
    ],
    [
      'came back',
      { ...exited('A', 6, 3), state: 'stopped' } as Status,
      { unit: up('B', 7), end: record('A', 6, 3) },
      running('B', 7),
    ],
    [
      'is being brought back: the process of the unit is the one that sets it up',
      exited('A', 6),
      { unit: up('B', 7, { activeState: 'activating', subState: 'start', activeEnteredAt: at(1) }) },
      { ...exited('A', 6), state: 'stopped' } as Status,
    ],
    [
      'is asked to stop while it is set up',
      configured,
      { unit: up('B', 5, { activeState: 'deactivating', subState: 'stop-sigterm', activeEnteredAt: undefined }) },
      configured,
    ],
    [
      'could not be set up, and its unit cleans up',
      configured,
      { unit: cleaningUp('B', 5, { activeEnteredAt: undefined, exit: { code: 1 } }) },
      configured,
    ],
    [
      'could not be set up again, and its unit cleans up',
      exited('A', 6),
      { unit: cleaningUp('B', 7, { activeEnteredAt: at(1), exit: { code: 1 } }), end: record('A', 6) },
      { ...exited('A', 6), state: 'stopped' } as Status,
    ],
  ])('%s', (_, before, evidence, expected) => {
    expect(judged(before, evidence)).toEqual(expected);
  });

  it.each<[string, Status, Partial<Evidence>]>([
    ['never ran', configured, {}],
    ['never ran, and a start failed before there was a process', configured, { end: failed('B') }],
    [
      'never ran, and its failed unit is still loaded',
      configured,
      { unit: unit({ activeState: 'failed', invocationId: 'B' }), end: failed('B') },
    ],
    ['is removed, whatever runs', { state: 'removing' }, { unit: up('B', 5), end: record('B', 6) }],
    ['runs on', running('B', 5), { unit: up('B', 5) }],
    ['runs on beside the record of the run before', running('B', 5), { unit: up('B', 5), end: record('A', 2) }],
    ['is still only set up', created('B'), { unit: up('B', 5), held: true }],
    ['has ended, as is known', exited('B', 6), { end: record('B', 6) }],
    ['has ended, and the folder is lost', exited('B', 6), {}],
    ['has ended, and an attempt to start it failed', exited('A', 6), { end: failed('B') }],
    ['has ended, and systemd starts it', exited('A', 6), { unit: unit({ activeState: 'inactive' }) }],
  ])('has nothing new to say of one that %s', (_, before, evidence) => {
    expect(judged(before, evidence)).toBe(before);
  });

  it('does not take the end of the run before for the end of one that left no record', () => {
    const status = judged(running('B', 5), { end: record('A', 2, 42) });
    expect(status).toEqual({ state: 'exited', exit: unknownExit(NOW), startedAt: at(5), invocationId: 'B' });
    expect(judged(status, { end: record('A', 2, 42) })).toBe(status);
  });

  it('does not take the end of what sets a container up for its own', () => {
    const refused = { activeState: 'failed', subState: 'failed', mainPid: 0, mainExitedAt: at(8) } as const;
    const never = up('C', 7, { ...refused, activeEnteredAt: at(5), exit: { code: 1 } });
    expect(judged(running('B', 5), { unit: never })).toMatchObject({ exit: unknownExit(NOW) });
  });

  it('asks systemd how it ended where the unit could not write it down', () => {
    const gone = { activeState: 'failed', subState: 'failed', mainPid: 0, mainExitedAt: at(8) } as const;
    const withCode = judged(running('B', 5), { unit: up('B', 5, { ...gone, exit: { code: 3 }, result: 'exit-code' }) });
    expect(withCode).toMatchObject({
      exit: { code: 3, signal: undefined, oomKilled: false, result: 'exit-code', at: at(8) },
    });
    const killed = { ...gone, exit: { signal: 'SIGKILL', dumpedCore: false }, result: 'oom-kill' } as const;
    expect(judged(running('B', 5), { unit: up('B', 5, killed) })).toMatchObject({
      exit: { code: 137, signal: 'SIGKILL', oomKilled: true, result: 'oom-kill', at: at(8) },
    });
  });

  it('does not take the end of the run before for that of a process that came and went since: the unit still cleans up', () => {
    const before = exited('A', 2, 42);
    const now = judged(before, { unit: cleaningUp('B', 5) });
    const ended = { ...exited('B', 50, 3), startedAt: at(5) };
    expect(now).toEqual({ ...ended, state: 'stopped' });
    expect(judged(now, { unit: cleaningUp('B', 5) })).toBe(now);
    expect(judged(now, { end: record('B', 51, 3) })).toEqual(ended);
    expect(judged(configured, { unit: cleaningUp('B', 5) })).toMatchObject({ state: 'stopped' });
  });

  it('says of one whose restart fails before it has a process how it last ended', () => {
    const before = exited('A', 6, 3);
    const unitOfB = cleaningUp('B', 5, { invocationId: 'B', mainStartedAt: at(5) }); // of A still
    expect(judged(before, { unit: unitOfB, end: failed('B') })).toEqual({ ...before, state: 'stopped' });
  });
});

describe('what is not read', () => {
  const states = [
    'active',
    'reloading',
    'refreshing',
    'maintenance',
    'activating',
    'deactivating',
    'inactive',
    'failed',
  ] as const;
  const units = states.flatMap((activeState) => [0, 7].map((mainPid) => up('a', 10, { activeState, mainPid })));
  const befores = [
    configured,
    created('a'),
    running('a', 10),
    running('b', 5),
    stopping('a', 10),
    exited('a', 20),
    exited('b', 5),
  ];

  it.each(units)('has no say in what it is: $activeState, process $mainPid', (each) => {
    for (const before of befores) {
      const judged = (end: EndRecord | undefined, held: boolean, frozen = false): Status =>
        judge({ before, unit: each, end, held, frozen, restartDelayMs: undefined, restartLimit: undefined, now: NOW });
      if (!mayHaveEnded(each)) expect(judged(record('a', 30), true)).toEqual(judged(undefined, true));
      if (!mayBePaused(each)) expect(judged(undefined, false, true)).toEqual(judged(undefined, false, false));
      if (!mayBeHeld(each)) expect(judged(record('a', 30), true)).toEqual(judged(record('a', 30), false));
    }
  });
});
