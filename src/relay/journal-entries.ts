/**
 * Entries for the journal by its native protocol (systemd: docs/JOURNAL_NATIVE_PROTOCOL.md). A datagram to a socket that is
 * connected once; values may be any bytes, which the npm package `systemd-journald` does not take. Entries are kept so small
 * that none needs a memfd. A journald that does not keep up makes the caller wait, and nobody else.
 */
import { write } from 'node:fs';
import { promisify } from 'node:util';
import type { datagramSocket, sendNow } from './libc.ts';

const SOCKET = '/run/systemd/journal/socket';
/** The longest message; with its fields it stays well below what a socket takes by default (net.core.wmem_default). */
export const MAX_MESSAGE_BYTES = 32 * 1024;
const LENGTH_BYTES = 8;

export interface DatagramCalls {
  readonly datagramSocket: typeof datagramSocket;
  readonly sendNow: typeof sendNow;
}

export class JournalEntries {
  readonly #calls: DatagramCalls;
  readonly #fd: number;
  readonly #entry = Buffer.alloc(2 * MAX_MESSAGE_BYTES);
  #waiting: Promise<void> = Promise.resolve();

  constructor(calls: DatagramCalls, path = SOCKET) {
    this.#calls = calls;
    this.#fd = calls.datagramSocket(path);
  }

  /**
   * @param fields as `encodeFields` made them
   * @param message MAX_MESSAGE_BYTES at most
   * @returns what to wait for when journald has to read first; nothing if it has the entry already
   */
  send(fields: Buffer, message: Buffer): Promise<void> | undefined {
    const entry = this.#entry;
    let length = fields.copy(entry);
    length += entry.write('MESSAGE\n', length, 'latin1');
    length = entry.writeBigUInt64LE(BigInt(message.length), length);
    length += message.copy(entry, length);
    length = entry.writeUInt8(0x0a, length);
    if (this.#calls.sendNow(this.#fd, entry, length) === 'sent') return undefined;
    const waiting = this.#later(this.#waiting, Buffer.from(entry.subarray(0, length)));
    this.#waiting = waiting.catch(() => undefined); // who sent it is told
    return waiting;
  }

  /** One at a time: of the threads that may wait, only one does. */
  async #later(before: Promise<void>, entry: Buffer): Promise<void> {
    await before;
    await writeTo(this.#fd, entry);
  }
}

const writeTo = promisify(write);

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
