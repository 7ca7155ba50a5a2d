/** Reads lines out of the journal with `journalctl`. */
import { JoinedSignal } from '../lib/joined-signal.ts';
import { entryOrigin, linesIn } from './bulk.ts';
import { parseEntry, type JournalEntry } from './entry.ts';
import type { JournalQuery, LogLine } from './journal.ts';
import { JournalReadFailed } from './errors.ts';
import { fieldsOf, journalctl, journalctlArguments, type JournalctlOptions, type Origin } from './journalctl.ts';
import { LineJoiner } from './lines.ts';
import { findSeam, type Seam, type SeamPlace } from './seam.ts';

/** `journalctl`, or how to reach one elsewhere: `['nsenter', …, 'journalctl']`. */
export type JournalctlCommand = readonly string[];

export class JournalctlReader {
  readonly #command: JournalctlCommand;
  readonly #sync: (signal: AbortSignal) => Promise<void>;

  /** @param sync makes everything written before the call readable; needed for `cutOff` */
  constructor(command: JournalctlCommand, sync: (signal: AbortSignal) => Promise<void>) {
    this.#command = command;
    this.#sync = sync;
  }

  /** See `Journal.read`. */
  async *read(query: JournalQuery, signal: AbortSignal): AsyncGenerator<LogLine, void> {
    if (query.after !== undefined && query.tail !== undefined)
      throw new RangeError('`after` and `tail` exclude each other');
    const seam = await this.#seam(query, signal);
    const end = query.end === 'follow' ? undefined : await this.#newest(query, signal);
    if (query.end !== 'follow' && (end === undefined || end === seam?.boundary)) return;
    const joiner = new LineJoiner(query.pieces);
    let unwanted = seam?.firstPiece !== undefined;
    let last: string | undefined;
    for await (const entry of this.#forward(query, originOf(query, seam), signal)) {
      last = entry.cursor;
      const lines = joiner.add(entry);
      if (!unwanted) yield* lines;
      else if (entry.cursor === seam?.boundary) unwanted = false;
      if (entry.cursor === end) break;
    }
    // What is still open is no later than what was read: a reader that continues must not see the rest again.
    for (const line of joiner.flush()) yield { ...line, cursor: last ?? line.cursor };
  }

  async #seam(query: JournalQuery, signal: AbortSignal): Promise<Seam | undefined> {
    let place: SeamPlace;
    let origin: Origin = { from: 'query' };
    if (query.after !== undefined) {
      place = 'at-newest';
      origin = { from: 'cursor', cursor: query.after };
    } else if (query.tail !== undefined) place = { lines: query.tail };
    else return undefined;
    return await findSeam(this.#entries(query, { origin, order: 'reverse', atEnd: 'stop' }, signal), place);
  }

  /** Where the newest entry is that there is now, whenever it says that it was written. */
  async #newest(query: JournalQuery, signal: AbortSignal): Promise<string | undefined> {
    const anytime = { ...query, since: undefined, until: undefined };
    const backwards = this.#entries(anytime, { origin: { from: 'query' }, order: 'reverse', atEnd: 'stop' }, signal);
    for await (const { cursor } of backwards) return cursor;
    return undefined;
  }

  /** Entries from `origin` on; when `cutOff` ends following, what the journal has until then is read without it. */
  async *#forward(query: JournalQuery, origin: Origin, signal: AbortSignal): AsyncGenerator<JournalEntry, void> {
    let next = origin;
    if (query.end === 'follow') {
      using untilCut = new JoinedSignal(...(query.cutOff === undefined ? [signal] : [signal, query.cutOff]));
      for await (const entry of this.#entries(query, { origin, order: 'forward', atEnd: 'follow' }, untilCut.signal)) {
        next = { from: 'after-cursor', cursor: entry.cursor };
        yield entry;
      }
      if (signal.aborted || query.cutOff === undefined) return;
      await this.#sync(signal);
    }
    yield* this.#entries(query, { origin: next, order: 'forward', atEnd: 'stop' }, signal);
  }

  async *#entries(
    query: JournalQuery,
    options: JournalctlOptions,
    signal: AbortSignal,
  ): AsyncGenerator<JournalEntry, void> {
    const since = (query.since?.getTime() ?? 0) * 1000;
    const until = (query.until?.getTime() ?? Infinity) * 1000;
    const wanted = fieldsOf(query);
    // What was written after the first is later, whatever the clock says that was set back meanwhile.
    let begun = false;
    const argv = journalctlArguments(query, { ...options, origin: entryOrigin(options.origin) });
    for await (const text of journalctl([...this.#command, ...argv], signal)) {
      const entry = parse(text, wanted);
      if (entry.usec > until || !isOneOf(entry, query.oneOf)) continue;
      if (begun || entry.usec >= since) {
        begun = options.order === 'forward';
        yield* linesIn(entry, options);
      } else if (options.order === 'reverse') return;
    }
  }
}

const isOneOf = ({ fields }: JournalEntry, groups: JournalQuery['oneOf']): boolean =>
  groups === undefined ||
  groups.some((group) => Object.entries(group).every(([field, value]) => fields[field] === value));

function parse(text: string, fields: readonly string[]): JournalEntry {
  try {
    return parseEntry(text, fields);
  } catch (failure) {
    throw new JournalReadFailed(`journalctl printed no journal entry: ${text.slice(0, 80)}`, { cause: failure });
  }
}

/** Unlike the caller's cursor, the seam's is one of an entry that matches, and that the journal still has. */
function originOf(query: JournalQuery, seam: Seam | undefined): Origin {
  if (seam?.firstPiece !== undefined) return { from: 'cursor', cursor: seam.firstPiece };
  if (seam !== undefined) return { from: 'after-cursor', cursor: seam.boundary };
  return query.after === undefined ? { from: 'query' } : { from: 'after-cursor', cursor: query.after };
}
