/**
 * Entries that hold several whole lines, as a relay writes them that is behind: each line is read as an entry of its own, unless
 * they are wanted together. All but the last have a cursor that also says which line it is, in the form of journald's own
 * (`s=…;i=…;…`).
 */
import type { JournalEntry } from './entry.ts';
import type { JournalQuery } from './journal.ts';
import type { JournalctlOptions, Origin } from './journalctl.ts';

const NEWLINE = 0x0a;
const LINE = /;n=\d+$/;

/** In the order of the reading; of the entry where that begins, only what belongs to it. */
export function linesIn(
  entry: JournalEntry,
  { origin, order }: JournalctlOptions,
  wanted: JournalQuery['lines'] = 'each',
): readonly JournalEntry[] {
  const begins = origin.from !== 'query' && entryCursor(origin.cursor) === entry.cursor;
  if (wanted === 'together' && !begins && order === 'forward') return [entry];
  const lines = split(entry);
  if (order === 'reverse') lines.reverse();
  if (origin.from === 'query' || !begins) return lines;
  const at = lines.findIndex(({ cursor }) => cursor === origin.cursor);
  return at === -1 ? lines : lines.slice(origin.from === 'cursor' ? at : at + 1);
}

/** What `journalctl` is to begin with: it knows whole entries only. */
export function entryOrigin(origin: Origin): Origin {
  if (origin.from === 'query' || !LINE.test(origin.cursor)) return origin;
  return { from: 'cursor', cursor: entryCursor(origin.cursor) };
}

const entryCursor = (cursor: string): string => cursor.replace(LINE, '');

function split(entry: JournalEntry): JournalEntry[] {
  const { message, cursor } = entry;
  const lines: JournalEntry[] = [];
  let start = 0;
  for (let end = message.indexOf(NEWLINE); end !== -1; end = message.indexOf(NEWLINE, start)) {
    lines.push({ ...entry, cursor: `${cursor};n=${lines.length + 1}`, message: message.subarray(start, end) });
    start = end + 1;
  }
  return lines.length === 0 ? [entry] : [...lines, { ...entry, message: message.subarray(start) }];
}
