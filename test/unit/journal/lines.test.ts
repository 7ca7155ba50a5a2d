import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { JournalEntry, PieceEnd } from '../../../src/journal/entry.ts';
import { MAX_LINE_BYTES } from '../../../src/journal/journal.ts';
import { LineJoiner } from '../../../src/journal/lines.ts';

let count = 0;
const piece = (text: string, end: PieceEnd = 'newline', more: Partial<JournalEntry> = {}): JournalEntry => ({
  cursor: `c${(count += 1)}`,
  usec: 1_500_000 + count,
  bootId: 'b',
  message: Buffer.from(text),
  end,
  priority: 6,
  pid: 1,
  streamKey: 's',
  fields: {},
  ...more,
});

const linesOf = (entries: readonly JournalEntry[]): [string, boolean][] => {
  const joiner = new LineJoiner();
  return [...entries.flatMap((entry) => joiner.add(entry)), ...joiner.flush()].map((line) => [
    line.bytes.toString(),
    line.terminated,
  ]);
};

describe('LineJoiner', () => {
  it.each<[string, JournalEntry[], [string, boolean][]]>([
    [
      'whole lines',
      [piece('a'), piece('b')],
      [
        ['a', true],
        ['b', true],
      ],
    ],
    ['a long line', [piece('a', 'line-max'), piece('b', 'line-max'), piece('c')], [['abc', true]]],
    ['a line with NULs', [piece('a', 'nul'), piece('b', 'nul'), piece('c')], [['a\0b\0c', true]]],
    ['a line cut by the end of its stream', [piece('a', 'line-max'), piece('b', 'eof')], [['ab', false]]],
    [
      'another process writing on',
      [piece('a', 'pid-change'), piece('b')],
      [
        ['a', false],
        ['b', true],
      ],
    ],
    ['an end that never came', [piece('a', 'line-max')], [['a', false]]],
    ["podman's partial messages", [piece('a', 'partial'), piece('b')], [['ab', true]]],
  ])('joins %s', (_, entries, expected) => {
    expect(linesOf(entries)).toEqual(expected);
  });

  it('keeps streams apart', () => {
    const entries = [
      piece('out', 'line-max'),
      piece('err', 'line-max', { streamKey: 't' }),
      piece('put'),
      piece('or', 'newline', { streamKey: 't' }),
    ];
    expect(linesOf(entries)).toEqual([
      ['output', true],
      ['error', true],
    ]);
  });

  it('tells where and when a line ended, and what wrote it', () => {
    const joiner = new LineJoiner();
    joiner.add(piece('a', 'line-max', { cursor: 'first', usec: 1 }));
    const [line] = joiner.add(piece('b', 'newline', { cursor: 'second', usec: 2_345_678, priority: 3, pid: 7 }));
    expect(line).toMatchObject({ cursor: 'second', usec: 2_345_678, stream: 'stderr', pid: 7 });
  });

  it('hands out a line without end in pieces', () => {
    const half = 'x'.repeat(MAX_LINE_BYTES / 2);
    const lines = linesOf([piece(half, 'line-max'), piece(half, 'line-max'), piece('y', 'line-max'), piece('z')]);
    expect(lines.map(([text, terminated]) => [text.length, terminated])).toEqual([
      [MAX_LINE_BYTES, false],
      [2, true],
    ]);
  });

  it('hands out each piece by itself where that is wanted, and keeps nothing', () => {
    const joiner = new LineJoiner('apart');
    const entries = [piece('a', 'line-max'), piece('b', 'nul'), piece('c'), piece('d', 'partial')];
    const pieces = entries.map((entry) =>
      joiner.add(entry).map(({ bytes, terminated }) => [bytes.toString(), terminated]),
    );
    expect(pieces).toEqual([[['a', false]], [['b\0', false]], [['c', true]], [['d', false]]]);
    expect(joiner.flush()).toEqual([]);
  });

  it('does not keep the beginnings of lines of more streams than it can', () => {
    const joiner = new LineJoiner();
    const lines = Array.from({ length: 100 }, (_, stream) =>
      joiner.add(piece('x', 'line-max', { streamKey: String(stream) })),
    ).flat();
    expect(lines.length).toBe(36);
    expect(joiner.flush().length).toBe(64);
  });

  it('loses no byte and adds none', () => {
    const end = fc.constantFrom<PieceEnd>('newline', 'nul', 'line-max', 'pid-change', 'eof', 'partial');
    const text = fc.string({ maxLength: 8 });
    fc.assert(
      fc.property(fc.array(fc.tuple(text, end), { maxLength: 40 }), (pieces) => {
        const sent = pieces.map(([t, e]) => t + (e === 'newline' ? '\n' : e === 'nul' ? '\0' : '')).join('');
        const lines = linesOf(pieces.map(([t, e]) => piece(t, e)));
        expect(lines.map(([t, terminated]) => t + (terminated ? '\n' : '')).join('')).toBe(sent);
      }),
    );
  });
});
