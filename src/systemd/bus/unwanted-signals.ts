/**
 * Keeps signals that nobody wants from being decoded. systemd tells of every mount and target that a unit has to do with, and of
 * the mounts that containers are made of, twice each; no match rule can leave them out, and dbus-next, which decodes what it
 * reads from its stream, takes 0.1 ms for one.
 */
import type { BusStream, Received } from 'dbus-next';

// Of the D-Bus specification, Message Protocol.
const HEADER_BYTES = 16;
const LITTLE_ENDIAN = 0x6c;
const SIGNAL = 4;
const PATH = 1;

interface Message {
  readonly header: Buffer;
  /** What comes after it; undefined as long as not all of it is there. */
  rest: Buffer | undefined;
}

/** @param wants asked with the object path of each signal; whatever else comes is let through */
export function leaveOut(stream: BusStream, wants: (path: string) => boolean): void {
  const read = stream.read.bind(stream);
  let message: Message | undefined;

  /** The next one that is there as a whole, and wanted. */
  const next = (): Message | undefined => {
    for (;;) {
      const header = message?.header ?? read(HEADER_BYTES);
      if (header === null) return undefined;
      message = { header, rest: undefined };
      if (header.length < HEADER_BYTES) return message; // the stream has ended
      const rest = read(bytesAfter(header), 0);
      if (rest === null) return undefined;
      message.rest = rest.data;
      const path = header[1] === SIGNAL ? pathOf(header, rest.data) : undefined;
      if (path === undefined || wants(path)) return message;
      message = undefined;
    }
  };

  function readMessage(size: number): Buffer | null;
  function readMessage(size: number, descriptors: number | null): Received | null;
  function readMessage(size: number, descriptors?: number | null): Buffer | Received | null {
    if (descriptors === undefined) return next()?.header ?? null;
    const data = message?.rest;
    if (data === undefined) return read(size, descriptors);
    message = undefined;
    return { data, fds: read(0, null)?.fds ?? [] };
  }
  // As dbus-next calls it: for 16 bytes, and then for the rest of the message, with the descriptors that came until then.
  stream.read = readMessage;
}

const wordAt = (header: Buffer, offset: number): number =>
  header[0] === LITTLE_ENDIAN ? header.readUInt32LE(offset) : header.readUInt32BE(offset);

/** Of header fields, which end at a multiple of 8, and body. */
const bytesAfter = (header: Buffer): number => Math.ceil(wordAt(header, 12) / 8) * 8 + wordAt(header, 4);

/** The first of the fields, as systemd and the bus write it; undefined where it is another. */
function pathOf(header: Buffer, fields: Buffer): string | undefined {
  // A struct of the field's number and a variant: its signature, `o`, and an aligned length.
  if (fields.length < 8 || fields[0] !== PATH || fields[1] !== 1 || fields[2] !== 0x6f) return undefined;
  const length = header[0] === LITTLE_ENDIAN ? fields.readUInt32LE(4) : fields.readUInt32BE(4);
  return fields.toString('latin1', 8, 8 + length);
}
