import { constants } from 'node:os';
import { describe, expect, it } from 'vitest';
import { passedOnSignals } from '../../../../src/cli/session/signals.ts';

/** Two names of each of these have one number. */
const SYNONYMS = ['SIGIOT', 'SIGPOLL', 'SIGUNUSED'];

describe('signals that are passed on', () => {
  it('are all that can be taken, but those of children, pipes and faults of its own, and the runtime’s', () => {
    const passed: readonly string[] = passedOnSignals('elsewhere');
    const all = Object.keys(constants.signals).filter((name) => !SYNONYMS.includes(name));
    expect(all.filter((name) => !passed.includes(name)).toSorted()).toEqual(
      [
        'SIGKILL',
        'SIGSTOP',
        'SIGCHLD',
        'SIGPIPE',
        'SIGSEGV',
        'SIGBUS',
        'SIGFPE',
        'SIGILL',
        'SIGPWR',
        'SIGSTKFLT',
      ].toSorted(),
    );
    expect(new Set(passed).size).toBe(passed.length);
  });

  it('are not those with which a terminal stops this process, or tells it of its size', () => {
    const passed = passedOnSignals('at-a-terminal');
    expect(
      passedOnSignals('elsewhere')
        .filter((name) => !passed.includes(name))
        .toSorted(),
    ).toEqual(['SIGCONT', 'SIGTSTP', 'SIGTTIN', 'SIGTTOU', 'SIGWINCH'].toSorted());
  });
});
