/**
 * Descriptors that processes write their log to: journald's stream protocol, which systemd gives its services too.
 * Seven lines of text introduce the stream, everything after them is log
 * (systemd: src/libsystemd/sd-journal/journal-send.c, sd_journal_stream_fd; src/journal/journald-stream.c).
 */
import { closeSync, writeSync } from 'node:fs';
import type { JournalStream, JournalStreamOptions } from './journal.ts';
import { JournalUnavailable } from './errors.ts';
import { connectUnix, growSendBuffer, makeBlocking, shutDownReading, unixStreamSocket } from './libc.ts';

const JOURNAL_STREAM_SOCKET = '/run/systemd/journal/stdout';

/** As sd_journal_stream_fd asks for: a burst of a container need not wait for journald. */
const SEND_BUFFER_BYTES = 8 * 1024 * 1024;

/**
 * Opens a stream to journald. It is in blocking mode: a process that writes faster than journald reads waits, where a
 * non-blocking one would see EAGAIN, which no program expects of its stdout, and lose lines.
 * @param socketPath of the journald to talk to
 * @throws JournalUnavailable; RangeError for an identifier or unit that does not fit into a line
 */
export function openJournalStream(options: JournalStreamOptions, socketPath = JOURNAL_STREAM_SOCKET): JournalStream {
  const header = Buffer.from(headerFor(options));
  let fd: number;
  try {
    fd = unixStreamSocket();
  } catch (failure) {
    throw new JournalUnavailable('No socket for a journal stream', { cause: failure });
  }
  try {
    connectUnix(fd, socketPath);
    shutDownReading(fd);
    growSendBuffer(fd, SEND_BUFFER_BYTES);
    const written = writeSync(fd, header);
    if (written !== header.length) throw new Error(`journald took ${written} of ${header.length} bytes`);
    makeBlocking(fd);
  } catch (failure) {
    closeSync(fd);
    throw new JournalUnavailable(`No journal stream at ${socketPath}`, { cause: failure });
  }
  return new OpenStream(fd);
}

/** The seven lines; the second one attributes the lines of processes that are already gone. */
export function headerFor({ identifier, unit, priority }: JournalStreamOptions): string {
  if (/[\n\0]/.test(identifier + unit)) throw new RangeError('A line feed or NUL cannot be part of a journal stream');
  if (!Number.isInteger(priority) || priority < 0 || priority > 7) throw new RangeError(`No priority: ${priority}`);
  const levelPrefix = 0; // `<3>` at the start of a line is text, the container's own
  const forwardToSyslog = 0;
  const forwardToKmsg = 0;
  const forwardToConsole = 0;
  const lines = [identifier, unit, priority, levelPrefix, forwardToSyslog, forwardToKmsg, forwardToConsole];
  return lines.map((line) => `${line}\n`).join('');
}

class OpenStream implements JournalStream {
  readonly fd: number;
  #open = true;
  constructor(fd: number) {
    this.fd = fd;
  }
  close(): void {
    if (!this.#open) return;
    this.#open = false;
    closeSync(this.fd);
  }
  [Symbol.dispose](): void {
    this.close();
  }
}
