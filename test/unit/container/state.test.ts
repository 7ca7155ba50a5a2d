import { describe, expect, it } from 'vitest';
import {
  after,
  hasEnded,
  isAlive,
  OPERATIONS,
  STATES,
  type Operation,
  type State,
} from '../../../src/container/state.ts';

/** libpod's, but for `unknown`, and for `stopped`: a container that systemd is about to bring back can be stopped. */
const FROM: Readonly<Partial<Record<Operation, readonly State[]>>> = {
  init: ['configured', 'stopped', 'exited'],
  start: ['configured', 'created', 'stopped', 'exited'],
  stop: ['configured', 'created', 'running', 'stopping', 'stopped', 'unknown'],
  kill: ['running', 'paused', 'stopping', 'unknown'],
  pause: ['running'],
  unpause: ['paused'],
};

describe('the state table', () => {
  it.each(Object.entries(FROM))('permits %s from exactly these states: %j', (operation, states) => {
    expect(STATES.filter((state) => after(state, operation as Operation) !== undefined).sort()).toEqual(
      [...states].sort(),
    );
  });

  it('permits removal of what has no process, and of what is being removed already', () => {
    const removable = STATES.filter((state) => after(state, 'remove') !== undefined);
    expect(removable).toEqual(['configured', 'stopped', 'exited', 'removing', 'unknown']);
    expect(removable.filter((state) => state !== 'unknown' && isAlive(state))).toEqual([]);
  });

  it('leads where the operation says', () => {
    const targets = (operation: Operation): Set<State | undefined> =>
      new Set(STATES.map((state) => after(state, operation)).filter((state) => state !== undefined));
    expect(targets('init')).toEqual(new Set(['created']));
    expect(targets('start')).toEqual(new Set(['running']));
    expect(targets('stop')).toEqual(new Set(['exited', 'configured']));
    expect(targets('remove')).toEqual(new Set(['removing']));
    expect(targets('pause')).toEqual(new Set(['paused']));
    expect(targets('unpause')).toEqual(new Set(['running']));
  });

  it('has every state either alive, ended, or neither begun nor there', () => {
    expect(STATES.filter((state) => isAlive(state) && hasEnded(state))).toEqual([]);
    expect(STATES.filter((state) => !isAlive(state) && !hasEnded(state))).toEqual(['configured', 'removing']);
    expect(OPERATIONS.filter((operation) => after('removing', operation) !== undefined)).toEqual(['remove']);
  });
});
