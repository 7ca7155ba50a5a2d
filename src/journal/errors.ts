/** What journald did not do. */

/** journald, or `journalctl`, is not there or does not answer. */
export class JournalUnavailable extends Error {
  override readonly name = 'JournalUnavailable';
}

/** `journalctl` gave up; the message is what it said. */
export class JournalReadFailed extends Error {
  override readonly name = 'JournalReadFailed';
}
