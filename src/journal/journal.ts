/**
 * The systemd journal as a process's log: streams that processes write to, and lines that come back out. This folder
 * owns descriptors to journald and `journalctl` processes; it knows fields and cursors, and no containers.
 *
 * What journald itself takes from a stream, measured with systemd 257, and nobody can put back: empty lines, white
 * space at the end of a line (of each piece of a long one), and all but the first of several NULs in a row. Everything
 * else comes back byte for byte. Entries of the native protocol lose nothing.
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

/** A line, or as much of it as is known. */
export interface LogLine {
  /** Of the last journal entry this line was made of: reading after it continues with the next line. */
  readonly cursor: string;
  /** When journald received the end of it, in microseconds since 1970; fits a double until the year 2255. */
  readonly usec: number;
  readonly stream: 'stdout' | 'stderr';
  /** Without the line feed at the end. */
  readonly bytes: Buffer;
  /** False if no line feed followed: the stream ended there, another process wrote on, or the line is too long. */
  readonly terminated: boolean;
  readonly pid: number | undefined;
  /** The boot this was written in. */
  readonly bootId: string;
  /** Fields of the entry that the query asked for. */
  readonly fields: Readonly<Record<string, string>>;
}

/** What journald has split is put together again up to this size; longer lines come in pieces, not terminated. */
export const MAX_LINE_BYTES = 1024 * 1024;

export interface JournalQuery {
  /** Field → value; all of them must match. At least one. */
  readonly matches: Readonly<Record<string, string>>;
  /**
   * Besides, all fields of any one of these must match. That is looked at here: in a big journal, journalctl takes minutes to
   * find what one of several expressions matches.
   */
  readonly oneOf?: readonly Readonly<Record<string, string>>[] | undefined;
  /**
   * `now`, the default, ends with the newest entry of the moment of the call, whatever is written meanwhile. `follow` goes on
   * after what is there, with no gap and nothing twice, until `signal` or `cutOff` aborts.
   */
  readonly end?: 'now' | 'follow' | undefined;
  /** Nothing that was written later. */
  readonly until?: Date | undefined;
  /** Ends `follow` in good order: everything written before it aborts still comes. */
  readonly cutOff?: AbortSignal | undefined;
  readonly since?: Date | undefined;
  /** Starts after the entry with this cursor, even if the journal has dropped it since. */
  readonly after?: string | undefined;
  /** Only the last so many lines of those there now, and what `follow` brings; 0 for none. Not together with `after`. */
  readonly tail?: number | undefined;
  /** A boot's id (32 hexadecimal digits); all boots if left out. */
  readonly boot?: string | undefined;
  /**
   * `apart`: each piece of a line that was split is handed over by itself, not terminated, so that what was written up to an
   * entry is told from what came later in the same line. Default: `joined`.
   */
  readonly pieces?: 'joined' | 'apart' | undefined;
  /**
   * `together`: lines that lie in one entry may be handed over as one, with the line feeds in between, which costs less. Default:
   * `each`.
   */
  readonly lines?: 'each' | 'together' | undefined;
  /** Fields to hand over in `LogLine.fields`. */
  readonly fields?: readonly string[] | undefined;
}

export interface Journal {
  /** @throws JournalUnavailable */
  openStream(options: JournalStreamOptions): JournalStream;
  /**
   * Lines in the order of their ends, as many at once as are there; `signal` ends it without an error.
   * @throws JournalReadFailed | JournalUnavailable
   */
  read(query: JournalQuery, signal: AbortSignal): AsyncIterable<readonly LogLine[]>;
  /** Resolves when everything written before the call can be read. @throws JournalUnavailable */
  sync(signal: AbortSignal): Promise<void>;
}
