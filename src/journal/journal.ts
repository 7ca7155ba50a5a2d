/**
 * The systemd journal as a container's log: streams that processes write to, and lines that come back out, byte for
 * byte as they were written. This folder owns descriptors to journald and `journalctl` processes; it knows fields and
 * cursors, and no containers.
 */

/** One end of a stream to journald, in blocking mode, as a process expects its stdout to be. */
export interface JournalStream extends Disposable {
  /** Close-on-exec here; pass it on (D-Bus, systemd's fd store, stdio of a child), then close it. */
  readonly fd: number;
  /** Closes our copy; journald goes on reading as long as others hold theirs. Idempotent. */
  close(): void;
}

export interface JournalStreamOptions {
  /** SYSLOG_IDENTIFIER= */
  readonly identifier: string;
  /** Whose entries these are, even those of processes that are gone when journald reads them. */
  readonly unit: string;
  /** 6 is what this folder reads back as stdout, 3 as stderr. */
  readonly priority: number;
}

/** A line, or as much of it as is known; never more than `MAX_LINE_BYTES`. */
export interface LogLine {
  /** Of the last journal entry this line was made of: reading after it continues with the next line. */
  readonly cursor: string;
  /** When journald received it; `usec` is the same moment exactly. */
  readonly at: Date;
  /** Microseconds since 1970; fits a double until the year 2255. */
  readonly usec: number;
  readonly stream: 'stdout' | 'stderr';
  /** Without the line feed. */
  readonly bytes: Buffer;
  /** False if no line feed followed: the stream ended there, another process wrote on, or the line is too long. */
  readonly terminated: boolean;
  readonly pid: number | undefined;
  /** The boot this was written in. */
  readonly bootId: string;
  /** Fields of the entry that the query asked for. */
  readonly fields: Readonly<Record<string, string>>;
}

/** Longer lines come in pieces of this size, all but the last not terminated. */
export const MAX_LINE_BYTES = 1024 * 1024;

export interface JournalQuery {
  /** Field → value; all of them must match. At least one. */
  readonly matches: Readonly<Record<string, string>>;
  /** Other matches that will do instead: entries for which all fields of any one record match. */
  readonly alternatives?: readonly Readonly<Record<string, string>>[] | undefined;
  /** `follow` goes on until `signal` aborts; what was there first comes first, with no gap and nothing twice. */
  readonly until?: 'now' | 'follow' | Date | undefined;
  readonly since?: Date | undefined;
  /** Starts after the entry with this cursor, even if the journal has dropped it since. */
  readonly after?: string | undefined;
  /** Only the last so many lines before what `follow` brings; 0 for none. */
  readonly tail?: number | undefined;
  /** A boot's id, or the current one; all of them if left out. */
  readonly boot?: string | undefined;
  /** Fields to hand over in `LogLine.fields`. */
  readonly fields?: readonly string[] | undefined;
}

export interface Journal {
  /** @throws JournalUnavailable */
  openStream(options: JournalStreamOptions): JournalStream;
  /** Lines in journal order; ends when everything asked for was read or `signal` aborts. @throws JournalReadFailed */
  read(query: JournalQuery, signal: AbortSignal): AsyncIterable<LogLine>;
  /** Resolves when everything written before the call can be read. @throws JournalUnavailable */
  sync(signal: AbortSignal): Promise<void>;
}

/** journald, or `journalctl`, is not there or does not answer. */
export class JournalUnavailable extends Error {
  override readonly name = 'JournalUnavailable';
}

/** `journalctl` gave up; the message is what it said. */
export class JournalReadFailed extends Error {
  override readonly name = 'JournalReadFailed';
}
