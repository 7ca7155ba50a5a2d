import { describe, expect, it } from 'vitest';
import { entryOrigin, linesIn } from '../../../src/journal/bulk.ts';
import type { JournalEntry } from '../../../src/journal/entry.ts';
import type { Origin } from '../../../src/journal/journalctl.ts';

const entry = (message: string): JournalEntry => ({
  cursor: 's=1;i=2',
  usec: 1,
  bootId: 'b',
  message: Buffer.from(message),
  end: 'newline',
  priority: 6,
  pid: 1,
  streamKey: 's',
  fields: {},
});
const read = (origin: Origin, order: 'forward' | 'reverse', message = 'a\n\nc'): string[] =>
  linesIn(entry(message), { origin, order, atEnd: 'stop' }).map(
    ({ cursor, message: text }) => `${cursor} ${text.toString()}`,
  );

describe('an entry of several lines', () => {
  const all = ['s=1;i=2;n=1 a', 's=1;i=2;n=2 ', 's=1;i=2 c'];

  it('is as many entries, each with its place', () => {
    expect(read({ from: 'query' }, 'forward')).toEqual(all);
    expect(read({ from: 'query' }, 'reverse')).toEqual(all.toReversed());
    expect(read({ from: 'query' }, 'forward', 'one')).toEqual(['s=1;i=2 one']);
    expect(read({ from: 'cursor', cursor: 's=1;i=1;n=2' }, 'forward')).toEqual(all);
  });

  it.each([
    ['s=1;i=2;n=1', 0],
    ['s=1;i=2;n=2', 1],
    ['s=1;i=2', 2],
  ])('can be begun with, or after, %s', (cursor, index) => {
    expect(read({ from: 'cursor', cursor }, 'forward')).toEqual(all.slice(index));
    expect(read({ from: 'after-cursor', cursor }, 'forward')).toEqual(all.slice(index + 1));
    expect(read({ from: 'cursor', cursor }, 'reverse')).toEqual(all.slice(0, index + 1).toReversed());
  });

  it('has all its lines where the cursor names one that it does not have', () => {
    expect(read({ from: 'after-cursor', cursor: 's=1;i=2;n=9' }, 'forward')).toEqual(all);
  });

  it('is what journalctl begins with where a line of it is meant', () => {
    expect(entryOrigin({ from: 'after-cursor', cursor: 's=1;i=2;n=1' })).toEqual({ from: 'cursor', cursor: 's=1;i=2' });
    const whole = { from: 'after-cursor', cursor: 's=1;i=2' } as const;
    expect(entryOrigin(whole)).toEqual(whole);
  });
});
