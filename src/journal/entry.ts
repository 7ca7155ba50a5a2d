/** What of a journal entry logs are made of. */

/**
 * How the piece in an entry ended (systemd: src/journal/journald-stream.c). `partial` is the convention of podman and
 * Docker for entries of the native protocol: more of the line follows.
 */
export type PieceEnd = 'newline' | 'nul' | 'line-max' | 'pid-change' | 'eof' | 'partial';

export interface JournalEntry {
  readonly cursor: string;
  readonly usec: number;
  readonly bootId: string;
  /** Where the entry had several lines, and they are wanted together: with line feeds in between. */
  readonly message: Buffer;
  readonly end: PieceEnd;
  readonly priority: number | undefined;
  /** Of the process that wrote it, or on whose behalf it was written. */
  readonly pid: number | undefined;
  /** Pieces of one line have this in common. */
  readonly streamKey: string;
  readonly fields: Readonly<Record<string, string>>;
}

/** What `EntryReader` reads besides `__CURSOR`, `__REALTIME_TIMESTAMP` and `_BOOT_ID`, which journalctl always prints. */
export const ENTRY_FIELDS = [
  'MESSAGE',
  'PRIORITY',
  '_PID',
  'OBJECT_PID',
  '_STREAM_ID',
  '_LINE_BREAK',
  'CONTAINER_PARTIAL_MESSAGE',
] as const;
