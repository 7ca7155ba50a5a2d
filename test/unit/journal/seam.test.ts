import { describe, expect, it } from 'vitest';
import type { JournalEntry, PieceEnd } from '../../../src/journal/entry.ts';
import { findSeam, type SeamPlace } from '../../../src/journal/seam.ts';

/** `a` is a whole line of stream a, `a-` a piece of a longer one; the place in the text is the cursor. */
async function* backwards(text: string): AsyncGenerator<JournalEntry> {
  const entries = text.split(' ').map((word, index): JournalEntry => {
    const end: PieceEnd = word.endsWith('-') ? 'line-max' : 'newline';
    const streamKey = word.charAt(0);
    const message = Buffer.alloc(0);
    return { cursor: String(index), usec: 0, bootId: '', message, end, priority: 6, pid: 1, streamKey, fields: {} };
  });
  yield* entries.toReversed();
}

describe('findSeam', () => {
  it.each<[string, SeamPlace, string | undefined, string | undefined]>([
    ['a a a', { lines: 2 }, '0', undefined],
    ['a a a', { lines: 0 }, '2', undefined],
    ['a a a', { lines: 3 }, undefined, undefined],
    ['a a- a- a', { lines: 1 }, '0', undefined],
    ['a a- b a- a', { lines: 1 }, '2', '1'], // the last line began before b's
    ['a- b a- b a b', { lines: 2 }, '3', '0'],
    ['a a- b', { lines: 0 }, '2', '1'], // a line that is still being written
    ['a a- b', 'at-newest', '2', '1'],
    ['a b- b', 'at-newest', '2', undefined],
    ['a a-', 'at-newest', '1', undefined], // what the cursor's own line has shown was handed out
    ['b- a- a-', 'at-newest', '2', '0'],
  ])('%s, %j: after %s, beginning with %s', async (text, place, boundary, firstPiece) => {
    expect(await findSeam(backwards(text), place)).toEqual(
      boundary === undefined ? undefined : { boundary, firstPiece },
    );
  });
});
