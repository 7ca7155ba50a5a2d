import { expect, it } from 'vitest';
import { JournalctlReader } from '../../../src/journal/journalctl-reader.ts';

/** journalctl as far as these entries go: a message and when it was written, in milliseconds. */
const printing = (...entries: readonly (readonly [string, number])[]): string[] => {
  const lines = entries.map(([MESSAGE, ms], index) =>
    JSON.stringify({ MESSAGE, __REALTIME_TIMESTAMP: (ms * 1000).toString(), __CURSOR: `c${index.toString()}` }),
  );
  return ['sh', '-c', `printf '%s\\n' ${lines.map((line) => `'${line}'`).join(' ')}`];
};

it('hands over what is of one of the kinds, and nothing of a later moment', async () => {
  const entry = (message: string, ms: number, kind: string): string =>
    JSON.stringify({ MESSAGE: message, KIND: kind, __REALTIME_TIMESTAMP: (ms * 1000).toString(), __CURSOR: message });
  const entries = [entry('one', 1, 'x'), entry('other', 2, 'z'), entry('two', 3, 'y'), entry('late', 9, 'x')];
  const reader = new JournalctlReader(
    ['sh', '-c', `printf '%s\\n' ${entries.map((each) => `'${each}'`).join(' ')}`],
    async () => await Promise.resolve(),
  );
  const query = {
    matches: { A: 'b' },
    oneOf: [{ KIND: 'x' }, { KIND: 'y' }],
    until: new Date(5),
    end: 'follow',
  } as const;
  const texts: string[] = [];
  for await (const { bytes } of reader.read(query, new AbortController().signal)) texts.push(bytes.toString());
  expect(texts).toEqual(['one', 'two']);
});

it('reads on from the moment it was to begin at, whatever the clock is set to after that', async () => {
  const command = printing(['old', 900], ['first', 1100], ['set back', 200], ['on', 300]);
  const reader = new JournalctlReader(command, async () => await Promise.resolve());
  const query = { matches: { A: 'b' }, since: new Date(1000), end: 'follow' } as const;
  const texts: string[] = [];
  for await (const { bytes } of reader.read(query, new AbortController().signal)) texts.push(bytes.toString());
  expect(texts).toEqual(['first', 'set back', 'on']);
});
