import { describe, expect, it } from 'vitest';
import { loggerTo, type LevelledLogger, type Priority } from '../../../src/log/journal-logger.ts';

type Entry = [Priority, string, Readonly<Record<string, string>>];

function aLogger(): { log: LevelledLogger; entries: Entry[] } {
  const entries: Entry[] = [];
  return { log: loggerTo((...entry) => entries.push(entry)), entries };
}

describe('the logger in front of the journal', () => {
  it('makes fields of what it is given', () => {
    const { log, entries } = aLogger();
    log.info('hello', { containerName: 'web', restarts: 3, gone: undefined, labels: { a: ['b'] }, nothing: null });
    expect(entries).toEqual([
      ['info', 'hello', { CONTAINER_NAME: 'web', RESTARTS: '3', LABELS: '{"a":["b"]}', NOTHING: 'null' }],
    ]);
  });

  it('tells an error with its stack and all its causes', () => {
    const { log, entries } = aLogger();
    log.error('no', { error: new Error('outer', { cause: new RangeError('inner') }) });
    const text = entries[0]?.[2]['ERROR'] ?? '';
    expect(text).toContain('Error: outer\n    at ');
    expect(text).toContain('\ncaused by RangeError: inner\n    at ');
  });

  it.each<[unknown, string]>([
    [1n, '1'],
    [{ size: 2n ** 60n }, '{"size":"1152921504606846976"}'],
    [Symbol('s'), 'Symbol(s)'],
  ])('never fails for what it cannot write: %s', (value, text) => {
    const { log, entries } = aLogger();
    log.warn('odd', { value });
    expect(entries[0]?.[2]).toEqual({ VALUE: text });
  });

  it('writes a circle as something rather than fail', () => {
    const { log, entries } = aLogger();
    const circle: Record<string, unknown> = {};
    circle['self'] = circle;
    log.warn('odd', { circle });
    expect(entries).toHaveLength(1);
  });

  // prettier-ignore
  it.each<[number, Priority[]]>([
    [0, []], [1, []], [2, []],
    [3, ['err']],
    [4, ['warning', 'err']],
    [5, ['warning', 'err']],
    [6, ['info', 'warning', 'err']],
    [7, ['debug', 'info', 'warning', 'err']],
  ])('at level %i lets exactly these through: %j', (level, expected) => {
    const { log, entries } = aLogger();
    log.level = level;
    expect(log.level).toBe(level);
    log.debug('m');
    log.info('m');
    log.warn('m');
    log.error('m');
    expect(entries.map(([priority]) => priority)).toEqual(expected);
  });
});
