/**
 * Entries for the journal by its native protocol (systemd: docs/JOURNAL_NATIVE_PROTOCOL.md). A datagram to a socket that is
 * connected once; values may be any bytes, which the npm package `systemd-journald` does not take. Entries are kept so small
 * that none needs a memfd. A journald that does not keep up makes the caller wait, and nobody else.
 *
 * journald notes of each entry which unit its sender is in. That is another process here as long as there is one, so that what others
 * say is not taken for this program's own entries.
 */
import type { Datagram, datagramOf, datagramSocket, untilWritable } from './libc.ts';

const SOCKET = '/run/systemd/journal/socket';
/** The longest message; with its fields it stays well below what a socket takes by default (net.core.wmem_default). */
export const MAX_MESSAGE_BYTES = 32 * 1024;
const LENGTH_BYTES = 8;

export interface DatagramCalls {
  readonly datagramSocket: typeof datagramSocket;
  readonly datagramOf: typeof datagramOf;
  readonly untilWritable: typeof untilWritable;
}

export class JournalEntries {
  readonly #calls: DatagramCalls;
  readonly #fd: number;
  readonly #entry = Buffer.alloc(2 * MAX_MESSAGE_BYTES);
  readonly #datagram: Datagram;
  readonly #writer: () => number | undefined;
  #room: Promise<void> | undefined;

  /** @param writer the process that entries are to be of, as long as it lives */
  constructor(calls: DatagramCalls, writer: () => number | undefined, path = SOCKET) {
    this.#calls = calls;
    this.#writer = writer;
    this.#fd = calls.datagramSocket(path);
    this.#datagram = calls.datagramOf(this.#entry);
  }

  /**
   * @param fields as `encodeFields` made them
   * @param message MAX_MESSAGE_BYTES at most
   * @param sending called when there is nothing left to do but to send it
   * @returns whether journald has it; where it is full, it has to read first: see `room`
   */
  send(fields: Buffer, message: Buffer, sending: () => void): 'sent' | 'full' {
    const entry = this.#entry;
    let length = fields.copy(entry);
    length += entry.write('MESSAGE\n', length, 'latin1');
    length = entry.writeBigUInt64LE(BigInt(message.length), length);
    length += message.copy(entry, length);
    length = entry.writeUInt8(0x0a, length);
    sending();
    return this.#datagram.send(this.#fd, length, this.#writer());
  }

  /** Resolves when there is room for an entry, unless somebody takes it first. One thread waits, for everybody. */
  async room(): Promise<void> {
    this.#room ??= this.#calls.untilWritable(this.#fd).finally(() => {
      this.#room = undefined;
    });
    await this.#room;
  }
}

/** Fields of an entry, in the form that takes any value; a name is `[A-Z0-9_]+`. */
export function encodeFields(fields: Readonly<Record<string, string | number>>): Buffer {
  const parts = Object.entries(fields).flatMap(([name, value]) => {
    const bytes = Buffer.from(String(value));
    if (!bytes.includes(0x0a)) return [Buffer.from(`${name}=`), bytes, Buffer.from('\n')];
    const length = Buffer.alloc(LENGTH_BYTES);
    length.writeBigUInt64LE(BigInt(bytes.length));
    return [Buffer.from(`${name}\n`), length, bytes, Buffer.from('\n')];
  });
  return Buffer.concat(parts);
}
