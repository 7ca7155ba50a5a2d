/** The journal of this host. */
import type { Journal, JournalQuery, JournalStream, JournalStreamOptions, LogLine } from './journal.ts';
import { JournalUnavailable } from './errors.ts';
import { journalctl } from './journalctl.ts';
import { JournalctlReader } from './journalctl-reader.ts';
import { openJournalStream } from './stream.ts';

export interface SystemdJournalOptions {
  /** The program, or how to reach it in another machine: `['nsenter', …, 'journalctl']`. */
  readonly journalctl?: readonly string[];
}

export class SystemdJournal implements Journal {
  readonly #journalctl: readonly string[];
  readonly #reader: JournalctlReader;

  constructor(options: SystemdJournalOptions = {}) {
    this.#journalctl = options.journalctl ?? ['journalctl'];
    this.#reader = new JournalctlReader(this.#journalctl, async (signal) => {
      await this.sync(signal);
    });
  }

  openStream(options: JournalStreamOptions): JournalStream {
    return openJournalStream(options);
  }

  read(query: JournalQuery, signal: AbortSignal): AsyncIterable<readonly LogLine[]> {
    return this.#reader.read(query, signal);
  }

  /**
   * `io.systemd.Journal.Synchronize` answers when everything that waits in journald's sockets at that moment has been
   * written: systemd 257 by an event behind all streams (src/journal/journald-varlink.c), from 258 on it counts the bytes
   * that wait in each stream (journald-sync.c). Measured: 5 ms.
   */
  async sync(signal: AbortSignal): Promise<void> {
    try {
      await journalctl([...this.#journalctl, '--sync'], signal).next(); // prints nothing: ends with the process
    } catch (failure) {
      throw new JournalUnavailable('journald did not synchronize', { cause: failure });
    }
    signal.throwIfAborted();
  }
}
