/** Reads lines out of the journal with `journalctl`. */
import { JoinedSignal } from '../lib/joined-signal.ts';
import { entryOrigin, linesIn } from './bulk.ts';
import { EntryReader } from './entry-reader.ts';
import type { JournalEntry } from './entry.ts';
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
  async *read(query: JournalQuery, signal: AbortSignal): AsyncGenerator<readonly LogLine[], void> {
    if (query.after !== undefined && query.tail !== undefined)
      throw new RangeError('`after` and `tail` exclude each other');
    const seam = await this.#seam(query, signal);
    const end = query.end === 'follow' ? undefined : await this.#newest(query, signal);
    if (query.end !== 'follow' && (end === undefined || end === seam?.boundary)) return;
    const joiner = new LineJoiner(query.pieces);
    let unwanted = seam?.firstPiece !== undefined;
    // The boundary may be a line of an entry of several.
    const asked = unwanted ? ({ ...query, lines: 'each' } as const) : query;
    let last: string | undefined;
    for await (const entries of this.#forward(asked, originOf(query, seam), signal)) {
      const lines: LogLine[] = [];
      for (const entry of entries) {
        last = entry.cursor;
        const completed = joiner.add(entry);
        if (!unwanted) lines.push(...completed);
        else if (last === seam?.boundary) unwanted = false;
        if (last === end) break;
      }
      if (lines.length > 0) yield lines;
      if (last === end) break;
    }
    // What is still open is no later than what was read: a reader that continues must not see the rest again.
    const rest = joiner.flush().map((line) => ({ ...line, cursor: last ?? line.cursor }));
    if (rest.length > 0) yield rest;
  }

  async #seam(query: JournalQuery, signal: AbortSignal): Promise<Seam | undefined> {
    let place: SeamPlace;
    let origin: Origin = { from: 'query' };
    if (query.after !== undefined) {
      place = 'at-newest';
      origin = { from: 'cursor', cursor: query.after };
    } else if (query.tail !== undefined) place = { lines: query.tail };
    else return undefined;
    return await findSeam(oneByOne(this.#entries(query, { origin, order: 'reverse', atEnd: 'stop' }, signal)), place);
  }

  /** Where the newest entry is that there is now, whenever it says that it was written. */
  async #newest(query: JournalQuery, signal: AbortSignal): Promise<string | undefined> {
    const anytime = { ...query, since: undefined, until: undefined };
    const backwards = this.#entries(anytime, { origin: { from: 'query' }, order: 'reverse', atEnd: 'stop' }, signal);
    for await (const { cursor } of oneByOne(backwards)) return cursor;
    return undefined;
  }

  /** Entries from `origin` on; when `cutOff` ends following, what the journal has until then is read without it. */
  async *#forward(query: JournalQuery, origin: Origin, signal: AbortSignal): AsyncGenerator<JournalEntry[], void> {
    let next = origin;
    if (query.end === 'follow') {
      using untilCut = new JoinedSignal(...(query.cutOff === undefined ? [signal] : [signal, query.cutOff]));
      for await (const entries of this.#entries(
        query,
        { origin, order: 'forward', atEnd: 'follow' },
        untilCut.signal,
      )) {
        const last = entries.at(-1);
        if (last !== undefined) next = { from: 'after-cursor', cursor: last.cursor };
        yield entries;
      }
      if (signal.aborted || query.cutOff === undefined) return;
      await this.#sync(signal);
    }
    yield* this.#entries(query, { origin: next, order: 'forward', atEnd: 'stop' }, signal);
  }

  /** As many at once as journalctl has printed; at least one. */
  async *#entries(
    query: JournalQuery,
    options: JournalctlOptions,
    signal: AbortSignal,
  ): AsyncGenerator<JournalEntry[], void> {
    const since = (query.since?.getTime() ?? 0) * 1000;
    const until = (query.until?.getTime() ?? Infinity) * 1000;
    const isWanted = oneOf(query.oneOf);
    const reader = new EntryReader(fieldsOf(query));
    // What was written after the first is later, whatever the clock says that was set back meanwhile.
    let begun = false;
    const argv = journalctlArguments(query, { ...options, origin: entryOrigin(options.origin) });
    for await (const chunk of journalctl([...this.#command, ...argv], signal)) {
      const found: JournalEntry[] = [];
      let over = false;
      for (const entry of parse(reader, chunk)) {
        if (entry.usec > until || !isWanted(entry)) continue;
        over = !begun && entry.usec < since && options.order === 'reverse';
        if (over) break;
        if (!begun && entry.usec < since) continue;
        begun = options.order === 'forward';
        for (const line of linesIn(entry, options, query.lines)) found.push(line);
      }
      if (found.length > 0) yield found;
      if (over) return;
    }
  }
}

async function* oneByOne<T>(batches: AsyncIterable<readonly T[]>): AsyncGenerator<T, void> {
  for await (const batch of batches) yield* batch;
}

/** Whether all fields of any one group are an entry's. */
function oneOf(groups: JournalQuery['oneOf']): (entry: JournalEntry) => boolean {
  if (groups === undefined) return () => true;
  const matches = groups.map((group) => Object.entries(group));
  return ({ fields }) => matches.some((match) => match.every(([field, value]) => fields[field] === value));
}

function parse(reader: EntryReader, chunk: Buffer): JournalEntry[] {
  try {
    return reader.push(chunk);
  } catch (failure) {
    throw new JournalReadFailed('journalctl printed what is no journal entry', { cause: failure });
  }
}

/** Unlike the caller's cursor, the seam's is one of an entry that matches, and that the journal still has. */
function originOf(query: JournalQuery, seam: Seam | undefined): Origin {
  if (seam?.firstPiece !== undefined) return { from: 'cursor', cursor: seam.firstPiece };
  if (seam !== undefined) return { from: 'after-cursor', cursor: seam.boundary };
  return query.after === undefined ? { from: 'query' } : { from: 'after-cursor', cursor: query.after };
}
