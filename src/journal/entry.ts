/** What `journalctl -o json --all` prints: one object a line (systemd: src/shared/logs-show.c, output_json). */

/**
 * How the piece in an entry ended (systemd: src/journal/journald-stream.c). `partial` is the convention of podman and
 * Docker for entries of the native protocol: more of the line follows.
 */
export type PieceEnd = 'newline' | 'nul' | 'line-max' | 'pid-change' | 'eof' | 'partial';

/** The part of a journal entry that logs are made of. */
export interface JournalEntry {
  readonly cursor: string;
  readonly usec: number;
  readonly bootId: string;
  readonly message: Buffer;
  readonly end: PieceEnd;
  readonly priority: number | undefined;
  /** Of the process that wrote it, or on whose behalf it was written. */
  readonly pid: number | undefined;
  /** Pieces of one line have this in common. */
  readonly streamKey: string;
  readonly fields: Readonly<Record<string, string>>;
}

/** What `parseEntry` reads besides `__CURSOR`, `__REALTIME_TIMESTAMP` and `_BOOT_ID`, which journalctl always prints. */
export const ENTRY_FIELDS = [
  'MESSAGE',
  'PRIORITY',
  '_PID',
  'OBJECT_PID',
  '_STREAM_ID',
  '_LINE_BREAK',
  'CONTAINER_PARTIAL_MESSAGE',
] as const;

type Fields = Readonly<Record<string, unknown>>;

const isRecord = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const isNumbers = (values: readonly unknown[]): values is readonly number[] =>
  values.every((value) => typeof value === 'number');

/**
 * A field's value: text, or an array of numbers when it is not UTF-8 or not printable, or null when it is too long
 * (never with `--all`), or an array of these when the entry has the field several times; then the first one counts.
 */
function bytesOf(value: unknown): Buffer | undefined {
  if (typeof value === 'string') return Buffer.from(value);
  if (!Array.isArray(value)) return undefined;
  const values: readonly unknown[] = value;
  return isNumbers(values) ? Buffer.from(values) : bytesOf(values[0]);
}

const textOf = (value: unknown): string | undefined =>
  typeof value === 'string' ? value : bytesOf(value)?.toString('utf8');

function integerOf(value: unknown): number | undefined {
  const text = textOf(value);
  return text !== undefined && /^\d{1,16}$/.test(text) ? Number(text) : undefined;
}

const LINE_BREAKS: ReadonlyMap<string | undefined, PieceEnd> = new Map([
  ['nul', 'nul'],
  ['line-max', 'line-max'],
  ['pid-change', 'pid-change'],
  ['eof', 'eof'],
]);

/**
 * Reads one line of journalctl's output.
 * @param wanted fields to keep in `fields`
 * @throws SyntaxError for what is no journal entry
 */
export function parseEntry(line: string, wanted: readonly string[] = []): JournalEntry {
  const parsed: unknown = JSON.parse(line);
  if (!isRecord(parsed)) throw new SyntaxError('A journal entry is an object');
  const cursor = textOf(parsed['__CURSOR']);
  const usec = integerOf(parsed['__REALTIME_TIMESTAMP']);
  if (cursor === undefined || usec === undefined) throw new SyntaxError('A journal entry has a cursor and a time');
  const priority = integerOf(parsed['PRIORITY']);
  const pid = integerOf(parsed['OBJECT_PID']) ?? integerOf(parsed['_PID']);
  const partial = textOf(parsed['CONTAINER_PARTIAL_MESSAGE']) === 'true';
  return {
    cursor,
    usec,
    bootId: textOf(parsed['_BOOT_ID']) ?? '',
    message: bytesOf(parsed['MESSAGE']) ?? Buffer.alloc(0),
    end: partial ? 'partial' : (LINE_BREAKS.get(textOf(parsed['_LINE_BREAK'])) ?? 'newline'),
    priority,
    pid,
    streamKey: textOf(parsed['_STREAM_ID']) ?? `${pid ?? ''}:${priority ?? ''}`,
    fields: pick(parsed, wanted),
  };
}

function pick(parsed: Fields, wanted: readonly string[]): Record<string, string> {
  const fields: Record<string, string> = {};
  for (const name of wanted) {
    const value = textOf(parsed[name]);
    if (value !== undefined) fields[name] = value;
  }
  return fields;
}
