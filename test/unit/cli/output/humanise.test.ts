import { describe, expect, it } from 'vitest';
import { durationInWords, sizeInWords } from '../../../../src/cli/output/humanise.ts';
import { parseMoment } from '../../../../src/cli/arguments/moments.ts';
import { printable, shortened, widthOf } from '../../../../src/cli/output/printable.ts';
import { tableOf } from '../../../../src/cli/output/table.ts';
import { NOW } from '../world.ts';

const [minute, hour, day] = [60, 3600, 86_400];

// prettier-ignore
const durations: [seconds: number, words: string][] = [
  [-5, 'Less than a second'], [0.9, 'Less than a second'], [1, '1 second'], [59, '59 seconds'],
  [minute, 'About a minute'], [2 * minute, '2 minutes'], [59 * minute, '59 minutes'],
  [hour, 'About an hour'], [89 * minute, 'About an hour'], [90 * minute, '2 hours'], [47 * hour, '47 hours'],
  [2 * day, '2 days'], [13 * day, '13 days'], [14 * day, '2 weeks'], [59 * day, '8 weeks'],
  [60 * day, '2 months'], [729 * day, '24 months'], [730 * day, '2 years'],
];
it.each(durations)('%d s are %s', (seconds, words) => {
  expect(durationInWords(seconds * 1000)).toBe(words);
});

// prettier-ignore
const sizes: [bytes: number, words: string][] = [
  [0, '0 B'], [999, '999 B'], [1000, '1.00 kB'], [4_519_000, '4.52 MB'], [45_190_000, '45.2 MB'],
  [451_900_000, '452 MB'], [999_600, '1.00 MB'], [9_996_000, '10.0 MB'], [2e18, '2000 PB'],
];
it.each(sizes)('%d bytes are %s', (bytes, words) => {
  expect(sizeInWords(bytes)).toBe(words);
});

describe('a moment', () => {
  const local = (text: string): string => new Date(text).toISOString();
  // prettier-ignore
  const moments: [text: string, iso: string][] = [
    ['10m',                           '2026-11-21T11:50:00.000Z'],
    ['1h30m',                         '2026-11-21T10:30:00.000Z'],
    ['1.5s',                          '2026-11-21T11:59:58.500Z'],
    ['100ms',                         '2026-11-21T11:59:59.900Z'],
    ['-10m',                          '2026-11-21T12:10:00.000Z'],
    ['+.5s',                          '2026-11-21T11:59:59.500Z'],
    ['1000us1000000ns1000µs',         '2026-11-21T11:59:59.997Z'],
    ['2d',                            '2026-11-19T12:00:00.000Z'],
    ['1700000000',                    '2023-11-14T22:13:20.000Z'],
    ['1700000000.5',                  '2023-11-14T22:13:20.500Z'],
    ['2026-11-21T10:00:00Z',          '2026-11-21T10:00:00.000Z'],
    ['2026-11-21T10:00:00.123456+01:00', '2026-11-21T09:00:00.123Z'],
    ['2026-11-21T10:00',              local('2026-11-21T10:00:00')],
    ['2026-11-21 10:00:00',           local('2026-11-21T10:00:00')],
    ['2026-11-21',                    local('2026-11-21T00:00:00')],
  ];
  it.each(moments)('%s', (text, iso) => {
    expect(parseMoment('--since', text, NOW, 'before-now').toISOString()).toBe(iso);
  });
  it.each([
    ['10m', '2026-11-21T12:10:00.000Z'],
    ['-1.5s', '2026-11-21T11:59:58.500Z'],
    ['1700000000', '2023-11-14T22:13:20.000Z'],
  ])('%s where durations lie ahead', (text, iso) => {
    expect(parseMoment('--until', text, NOW, 'after-now').toISOString()).toBe(iso);
  });
  it.each(
    ['', 'yesterday', '10', '10x', '2026-13-01', '2026-11-21T25:00', '10m-', '.s'].filter((text) => text !== '10'),
  )('is not %j', (text) => {
    expect(() => parseMoment('--since', text, NOW, 'before-now')).toThrow('--since takes a time such as');
  });
});

describe('a table', () => {
  it('is as wide as what is in it, in columns of the terminal', () => {
    const text = tableOf(
      ['A', 'NAME', 'LAST'],
      [
        ['1', '日本', 'x'],
        ['22', 'e\u0301a', 'a longer one'],
      ],
    );
    expect(text.split('\n')).toEqual(['A    NAME   LAST', '1    日本   x', '22   e\u0301a     a longer one']);
  });
  it('measures what is coloured without its colour', () => {
    const cell = { text: 'up', show: (text: string) => `<${text}>` };
    expect(tableOf(['STATE', 'N'], [[cell, '1']])).toBe('STATE   N\n<up>      1');
  });
  it('has its header alone when there is nothing', () => {
    expect(tableOf(['A', 'B'], [])).toBe('A   B');
  });
});

describe('text of containers on a terminal', () => {
  it('cannot move the cursor or reverse what stands there', () => {
    expect(printable('a\u001B[2Jb\nc\td\u0000\u009B\u202Ee')).toBe('a\\x1b[2Jb\\nc\\td\\x00\\x9b\\u202ee');
    expect(printable('ünïcode 日本 🚢')).toBe('ünïcode 日本 🚢');
  });
  it('is cut where it is too wide', () => {
    expect(shortened('abcdef', 6)).toBe('abcdef');
    expect(shortened('abcdefg', 6)).toBe('abcde…');
    expect(shortened('日本語日本', 6)).toBe('日本…');
    expect(widthOf(shortened('日本語日本', 6))).toBeLessThanOrEqual(6);
  });
});
