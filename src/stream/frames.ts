/**
 * Frames of an upgraded connection: an 8-byte header `[stream, 0, 0, 0, length as big-endian uint32]` and the payload, as
 * Docker's attach has them, with a stream of its own for control. Pure: bytes in, frames out.
 */

export const STREAMS = ['stdin', 'stdout', 'stderr', 'control'] as const;
export type StreamName = (typeof STREAMS)[number];
export type OutputName = 'stdout' | 'stderr';

/** A frame, or a part of one. */
export interface Frame {
  readonly stream: StreamName;
  readonly payload: Buffer;
}

const HEADER_BYTES = 8;
const NOTHING = Buffer.alloc(0);
/** A longer frame is refused: whoever has more to say says it in several. */
export const MAX_FRAME_BYTES = 1024 * 1024;

/** What a peer sent is no frame; `parameter` says what is wrong with it: `stream`, `length` or `control`. */
export class BadFrame extends Error {
  override readonly name = 'BadFrame';
  readonly parameter: string;
  constructor(parameter: string, message: string) {
    super(message);
    this.parameter = parameter;
  }
}

/** The header of a frame; its payload follows as it is. */
export function headerOf(stream: StreamName, length: number): Buffer {
  const header = Buffer.alloc(HEADER_BYTES);
  header[0] = STREAMS.indexOf(stream);
  header.writeUInt32BE(length, HEADER_BYTES / 2);
  return header;
}

export const encodeFrame = (stream: StreamName, payload: Uint8Array): Buffer =>
  Buffer.concat([headerOf(stream, payload.length), payload]);

/**
 * Takes bytes as they come and hands out what they say: control whole, as it is one message; of the other streams what there is
 * of a frame, as frames do not divide what is in them. So nothing is copied, and a header or a control frame is all that is held.
 */
export class FrameReader {
  readonly #max: number;
  /** What has come of a header. */
  #header: Buffer = NOTHING;
  #stream: StreamName | undefined;
  /** Bytes of the payload that are still to come. */
  #left = 0;
  #control: Buffer[] = [];

  constructor(maxFrameBytes = MAX_FRAME_BYTES) {
    this.#max = maxFrameBytes;
  }

  /**
   * Frames, and parts of frames, that are in `chunk`. Only an empty frame has an empty payload.
   * @throws BadFrame; nothing that follows makes sense then
   */
  push(chunk: Buffer): Frame[] {
    const frames: Frame[] = [];
    let rest = chunk;
    while (rest.length > 0) {
      const stream = this.#stream;
      if (stream === undefined) {
        rest = this.#begin(rest, frames);
        continue;
      }
      const payload = rest.subarray(0, this.#left);
      rest = rest.subarray(payload.length);
      this.#left -= payload.length;
      if (stream === 'control') this.#control.push(payload);
      else frames.push({ stream, payload });
      if (this.#left === 0) this.#end(frames);
    }
    return frames;
  }

  /** Whether a frame has begun and not ended. */
  get midFrame(): boolean {
    return this.#stream !== undefined || this.#header.length > 0;
  }

  /** Reads of a header what is there. @returns what comes after it */
  #begin(bytes: Buffer, frames: Frame[]): Buffer {
    const missing = HEADER_BYTES - this.#header.length;
    const part = bytes.subarray(0, missing);
    const header = this.#header.length === 0 ? part : Buffer.concat([this.#header, part]);
    if (header.length < HEADER_BYTES) {
      this.#header = header;
      return NOTHING;
    }
    this.#header = NOTHING;
    const { stream, length } = parseHeader(header);
    if (length > this.#max) throw new BadFrame('length', `a frame of ${length} bytes; ${this.#max} are allowed`);
    this.#stream = stream;
    this.#left = length;
    if (length === 0) {
      if (stream !== 'control') frames.push({ stream, payload: NOTHING });
      this.#end(frames);
    }
    return bytes.subarray(missing);
  }

  #end(frames: Frame[]): void {
    if (this.#stream === 'control') frames.push({ stream: 'control', payload: Buffer.concat(this.#control) });
    this.#stream = undefined;
    this.#control = [];
  }
}

function parseHeader(bytes: Buffer): { stream: StreamName; length: number } {
  const stream = STREAMS[bytes[0] ?? STREAMS.length];
  if (stream === undefined) throw new BadFrame('stream', `there is no stream ${String(bytes[0])}`);
  if (bytes[1] !== 0 || bytes[2] !== 0 || bytes[3] !== 0)
    throw new BadFrame('stream', 'bytes 1 to 3 of a header are 0');
  return { stream, length: bytes.readUInt32BE(HEADER_BYTES / 2) };
}
