/** Puts the pieces that journald made of a line together again. */
import type { JournalEntry, PieceEnd } from './entry.ts';
import { MAX_LINE_BYTES, type LogLine } from './journal.ts';

/** Whether more of the same line may follow. After `pid-change` another process writes on, and starts its own. */
export const isContinued = (end: PieceEnd): boolean => end === 'line-max' || end === 'nul' || end === 'partial';

/** Streams whose line is not complete yet; when there are more, the one that waits longest is handed out as it is. */
const MAX_OPEN_LINES = 64;
const NUL = Buffer.of(0);
const STDERR_PRIORITY = 3;

interface OpenLine {
  readonly pieces: Buffer[];
  size: number;
  last: JournalEntry;
}

/**
 * Entries in, lines out. A line that waits for its rest is kept, up to `MAX_LINE_BYTES`, until that comes, the stream
 * goes on with another line, or `flush`.
 */
export class LineJoiner {
  readonly #open = new Map<string, OpenLine>();
  readonly #pieces: 'joined' | 'apart';

  /** @param pieces `apart`: nothing is kept, each piece is handed out by itself */
  constructor(pieces: 'joined' | 'apart' = 'joined') {
    this.#pieces = pieces;
  }

  /** The lines this entry completes: none, one, or more when it pushes others out. */
  add(entry: JournalEntry): LogLine[] {
    let line = this.#open.get(entry.streamKey);
    if (line === undefined && entry.end === 'newline') return [lineOf(entry, entry.message)]; // nearly always
    const lines: LogLine[] = [];
    if (line !== undefined && line.size + entry.message.length > MAX_LINE_BYTES) {
      lines.push(this.#close(entry.streamKey, line));
      line = undefined;
    }
    line ??= { pieces: [], size: 0, last: entry };
    line.last = entry;
    line.pieces.push(entry.message);
    if (entry.end === 'nul') line.pieces.push(NUL);
    line.size += entry.message.length + (entry.end === 'nul' ? 1 : 0);
    if (this.#pieces === 'apart' || !isContinued(entry.end)) return [...lines, this.#close(entry.streamKey, line)];
    this.#open.set(entry.streamKey, line);
    const [longest] = this.#open;
    if (this.#open.size > MAX_OPEN_LINES && longest !== undefined) lines.push(this.#close(...longest));
    return lines;
  }

  /** What is there of lines whose end has not come. */
  flush(): LogLine[] {
    return [...this.#open].map(([key, line]) => this.#close(key, line));
  }

  #close(key: string, { pieces, last }: OpenLine): LogLine {
    this.#open.delete(key);
    return lineOf(last, pieces.length === 1 && pieces[0] !== undefined ? pieces[0] : Buffer.concat(pieces));
  }
}

const lineOf = ({ cursor, usec, priority, end, pid, bootId, fields }: JournalEntry, bytes: Buffer): LogLine => ({
  cursor,
  usec,
  stream: priority === STDERR_PRIORITY ? 'stderr' : 'stdout',
  bytes,
  terminated: end === 'newline',
  pid,
  bootId,
  fields,
});
