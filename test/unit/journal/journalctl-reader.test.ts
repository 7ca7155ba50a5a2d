import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import type { JournalQuery } from '../../../src/journal/journal.ts';
import { JournalctlReader } from '../../../src/journal/journalctl-reader.ts';
import { exported } from '../../support/export-format.ts';

const folder = mkdtempSync(join(tmpdir(), 'berth-reader-'));
afterAll(() => {
  rmSync(folder, { recursive: true });
});

type Entry = readonly [message: string, ms: number, fields?: Readonly<Record<string, string>>];

/** journalctl as far as these entries go, which it prints all, wherever it is to begin. */
async function read(entries: readonly Entry[], query: JournalQuery): Promise<string[]> {
  const fields = entries.map(([MESSAGE, ms, more], index) => ({
    __CURSOR: `c${index}`,
    __REALTIME_TIMESTAMP: (ms * 1000).toString(),
    MESSAGE,
    ...more,
  }));
  const [forward, reverse] = ['forward', 'reverse'].map((name) => join(folder, name));
  writeFileSync(forward ?? '', exported(...fields));
  writeFileSync(reverse ?? '', exported(...fields.toReversed()));
  const script = 'case " $* " in *" --reverse "*) cat "$1";; *) cat "$0";; esac';
  const command = ['sh', '-c', script, forward ?? '', reverse ?? ''];
  const reader = new JournalctlReader(command, async () => await Promise.resolve());
  const texts: string[] = [];
  for await (const lines of reader.read(query, new AbortController().signal))
    texts.push(...lines.map(({ bytes, cursor }) => `${cursor} ${bytes.toString()}`));
  return texts;
}

it('hands over what is of one of the kinds, and nothing of a later moment', async () => {
  const query = {
    matches: { A: 'b' },
    oneOf: [{ KIND: 'x' }, { KIND: 'y' }],
    until: new Date(5),
    end: 'follow',
  } as const;
  const entries = [
    ['one', 1, { KIND: 'x' }],
    ['other', 2, { KIND: 'z' }],
    ['two', 3, { KIND: 'y' }],
    ['late', 9, { KIND: 'x' }],
  ] as const;
  expect(await read(entries, query)).toEqual(['c0 one', 'c2 two']);
});

it('reads on from the moment it was to begin at, whatever the clock is set to after that', async () => {
  const query = { matches: { A: 'b' }, since: new Date(1000), end: 'follow' } as const;
  const entries = [
    ['old', 900],
    ['first', 1100],
    ['set back', 200],
    ['on', 300],
  ] as const;
  expect(await read(entries, query)).toEqual(['c1 first', 'c2 set back', 'c3 on']);
});

it.each<[Partial<JournalQuery>, string[]]>([
  [{}, ['c0;n=1 a', 'c0 b', 'c1;n=1 c', 'c1;n=2 d', 'c1 e']],
  [{ lines: 'together' }, ['c0 a\nb', 'c1 c\nd\ne']],
  [{ lines: 'together', tail: 4 }, ['c0 b', 'c1 c\nd\ne']],
])('hands over lines of an entry each by itself, or together where that is enough: %j', async (more, expected) => {
  const entries = [
    ['a\nb', 1],
    ['c\nd\ne', 2],
  ] as const;
  expect(await read(entries, { matches: { A: 'b' }, ...more })).toEqual(expected);
});

it('tells lines of an entry apart where one of them is the boundary, and a longer line began before it', async () => {
  const entries = [
    ['long', 1, { PRIORITY: '3', CONTAINER_PARTIAL_MESSAGE: 'true' }],
    ['a\nb', 2],
    ['er', 3, { PRIORITY: '3' }],
  ] as const;
  const query = { matches: { A: 'b' }, lines: 'together', tail: 2 } as const;
  expect(await read(entries, query)).toEqual(['c1 b', 'c2 longer']);
});
