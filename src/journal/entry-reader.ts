/**
 * What `journalctl -o export` prints (https://systemd.io/JOURNAL_EXPORT_FORMATS; systemd: src/shared/logs-show.c, output_export):
 * a field a line, `NAME=value`, or for what is not printable text the name alone, 64 bits of length, the value, and a line feed. An
 * empty line ends an entry.
 */
import { ENTRY_FIELDS, type JournalEntry, type PieceEnd } from './entry.ts';

/** An entry with a longer field is left out. */
const MAX_FIELD_BYTES = 16 * 1024 * 1024;
const ALWAYS_PRINTED = ['__CURSOR', '__REALTIME_TIMESTAMP', '_BOOT_ID'];
const LENGTH_BYTES = 8;
const LINE_FEED = 0x0a;
const EMPTY = Buffer.alloc(0);
const NOT_ASCII = /[\u0080-\u00FF]/u;

const LINE_BREAKS: ReadonlyMap<string | undefined, PieceEnd> = new Map([
  ['nul', 'nul'],
  ['line-max', 'line-max'],
  ['pid-change', 'pid-change'],
  ['eof', 'eof'],
]);

/** Bytes in, entries out, as soon as they are whole; looks at each byte once, however the bytes were cut. */
export class EntryReader {
  readonly #wanted: readonly string[];
  /** Where the value is kept of each field that is read, and not passed over. */
  readonly #places: ReadonlyMap<string, number>;
  /** Of the entry that is read: the first value of each field, a character for each byte. */
  readonly #values: (string | undefined)[];
  #message: Buffer | undefined;
  /** The beginning of a field whose end has not come, at the end of what `#gather` has filled. */
  #rest: Buffer = EMPTY;
  #spare: Buffer = EMPTY;
  /** How many bytes that field has; undefined while its line feed is waited for. */
  #needed: number | undefined;
  /** Of a field that is too long: how many bytes are still to come; undefined where its line feed is waited for. */
  #passing: { left: number | undefined } | undefined;
  #isTooLong = false;

  /** @param wanted fields to keep in `JournalEntry.fields` */
  constructor(wanted: readonly string[] = []) {
    this.#wanted = [...new Set(wanted)];
    const known = new Set([...ALWAYS_PRINTED, ...ENTRY_FIELDS, ...wanted]);
    this.#places = new Map([...known].map((name, place) => [name, place]));
    this.#values = Array.from(known, () => undefined);
  }

  /**
   * @param chunk not changed by anybody from now on: messages are parts of it
   * @returns the entries that it completes
   * @throws SyntaxError for what is no journal entry
   */
  push(chunk: Buffer): JournalEntry[] {
    const bytes = this.#passing === undefined ? chunk : this.#pass(chunk);
    const data = this.#rest.length === 0 ? bytes : this.#gather(bytes);
    const isComplete = this.#needed === undefined ? bytes.includes(LINE_FEED) : data.length >= this.#needed;
    if (isComplete) return this.#read(data);
    this.#keep(data, this.#needed);
    return [];
  }

  #read(data: Buffer): JournalEntry[] {
    const entries: JournalEntry[] = [];
    const text = data.toString('latin1'); // a place in it is one in the bytes
    let start = 0;
    let needed: number | undefined;
    for (let end = text.indexOf('\n'); end !== -1; end = text.indexOf('\n', start)) {
      if (end === start) {
        this.#end(entries);
        start = end + 1;
        continue;
      }
      const equals = text.indexOf('=', start);
      if (equals !== -1 && equals < end) {
        this.#take(text.slice(start, equals), data, text, equals + 1, end);
        start = end + 1;
        continue;
      }
      const value = end + 1 + LENGTH_BYTES;
      needed = value - start;
      if (value > data.length) break;
      const length = Number(data.readBigUInt64LE(end + 1));
      needed += length + 1;
      if (start + needed > data.length) break;
      this.#take(text.slice(start, end), data, text, value, value + length);
      start += needed;
      needed = undefined;
    }
    this.#keep(data.subarray(start), needed);
    return entries;
  }

  #take(name: string, data: Buffer, text: string, start: number, end: number): void {
    const place = this.#places.get(name);
    if (place === undefined) return;
    if (name === 'MESSAGE') this.#message ??= data.subarray(start, end);
    else this.#values[place] ??= text.slice(start, end);
  }

  #end(entries: JournalEntry[]): void {
    if (!this.#isTooLong) entries.push(this.#entry());
    this.#isTooLong = false;
    this.#values.fill(undefined);
    this.#message = undefined;
  }

  #entry(): JournalEntry {
    const cursor = this.#value('__CURSOR');
    const usec = integerOf(this.#value('__REALTIME_TIMESTAMP'));
    if (cursor === undefined || usec === undefined) throw new SyntaxError('A journal entry has a cursor and a time');
    const priority = integerOf(this.#value('PRIORITY'));
    const pid = integerOf(this.#value('OBJECT_PID')) ?? integerOf(this.#value('_PID'));
    const partial = this.#value('CONTAINER_PARTIAL_MESSAGE') === 'true';
    const fields: Record<string, string> = {};
    for (const name of this.#wanted) {
      const value = this.#value(name);
      if (value !== undefined) fields[name] = NOT_ASCII.test(value) ? Buffer.from(value, 'latin1').toString() : value;
    }
    return {
      cursor,
      usec,
      bootId: this.#value('_BOOT_ID') ?? '',
      message: this.#message ?? EMPTY,
      end: partial ? 'partial' : (LINE_BREAKS.get(this.#value('_LINE_BREAK')) ?? 'newline'),
      priority,
      pid,
      streamKey: this.#value('_STREAM_ID') ?? `${pid ?? ''}:${priority ?? ''}`,
      fields,
    };
  }

  #value(name: string): string | undefined {
    const place = this.#places.get(name);
    return place === undefined ? undefined : this.#values[place];
  }

  #keep(rest: Buffer, needed: number | undefined): void {
    this.#rest = rest;
    this.#needed = needed;
    if (Math.max(rest.length, needed ?? 0) <= MAX_FIELD_BYTES) return;
    this.#isTooLong = true;
    this.#passing = { left: needed === undefined ? undefined : needed - rest.length };
    this.#rest = EMPTY;
    this.#spare = EMPTY;
    this.#needed = undefined;
  }

  /** @returns what comes after the field that is too long */
  #pass(chunk: Buffer): Buffer {
    const left = this.#passing?.left;
    const end = left === undefined ? chunk.indexOf(LINE_FEED) + 1 || chunk.length + 1 : left;
    if (end <= chunk.length) this.#passing = undefined;
    else this.#passing = { left: left === undefined ? undefined : left - chunk.length };
    return chunk.subarray(Math.min(end, chunk.length));
  }

  /** What has not been read, and this after it. Messages lie where they were read, so that nothing is written twice. */
  #gather(chunk: Buffer): Buffer {
    const rest = this.#rest;
    const length = rest.length + chunk.length;
    if (rest.buffer !== this.#spare.buffer || chunk.length > this.#spare.length) {
      const room = Buffer.allocUnsafeSlow(rest.length + length);
      rest.copy(room);
      this.#rest = room.subarray(0, rest.length);
      this.#spare = room.subarray(rest.length);
    }
    chunk.copy(this.#spare);
    this.#spare = this.#spare.subarray(chunk.length);
    return Buffer.from(this.#rest.buffer, this.#rest.byteOffset, length);
  }
}

const DIGIT_ZERO = 0x30;
const MAX_DIGITS = 16;

/** Faster than a pattern and `Number`, which counts for half a million entries. */
function integerOf(text: string | undefined): number | undefined {
  if (text === undefined || text.length === 0 || text.length > MAX_DIGITS) return undefined;
  let value = 0;
  for (let at = 0; at < text.length; at++) {
    const digit = text.charCodeAt(at) - DIGIT_ZERO;
    if (digit < 0 || digit > 9) return undefined;
    value = value * 10 + digit;
  }
  return value;
}
