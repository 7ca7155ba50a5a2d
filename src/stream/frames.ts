/**
 * Frames of an upgraded connection: an 8-byte header `[stream, 0, 0, 0, length as big-endian uint32]` and the payload, as
 * Docker's attach has them, with a stream of its own for control. Pure: bytes in, frames out.
 */

export const STREAMS = ['stdin', 'stdout', 'stderr', 'control'] as const;
export type StreamName = (typeof STREAMS)[number];
export type OutputName = 'stdout' | 'stderr';

export interface Frame {
  readonly stream: StreamName;
  readonly payload: Buffer;
}

const HEADER_BYTES = 8;
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

/** Takes bytes as they come and hands out whole frames; holds one frame at most. */
export class FrameReader {
  readonly #max: number;
  readonly #chunks: Buffer[] = [];
  #size = 0;

  constructor(maxFrameBytes = MAX_FRAME_BYTES) {
    this.#max = maxFrameBytes;
  }

  /** The frames that `chunk` completes. @throws BadFrame; nothing that follows makes sense then */
  push(chunk: Buffer): Frame[] {
    this.#chunks.push(chunk);
    this.#size += chunk.length;
    const frames: Frame[] = [];
    for (let frame = this.#next(); frame !== undefined; frame = this.#next()) frames.push(frame);
    return frames;
  }

  /** Whether a frame has begun and not ended. */
  get midFrame(): boolean {
    return this.#size > 0;
  }

  #next(): Frame | undefined {
    if (this.#size < HEADER_BYTES) return undefined;
    const { stream, length } = parseHeader(this.#peek(HEADER_BYTES));
    if (length > this.#max) throw new BadFrame('length', `a frame of ${length} bytes; ${this.#max} are allowed`);
    if (this.#size < HEADER_BYTES + length) return undefined;
    const end = HEADER_BYTES + length;
    const whole = this.#peek(end);
    this.#chunks[0] = whole.subarray(end);
    if (whole.length === end) this.#chunks.shift();
    this.#size -= end;
    return { stream, payload: whole.subarray(HEADER_BYTES, end) };
  }

  /** The first bytes of those there, at least so many, in one piece. */
  #peek(length: number): Buffer {
    const [first] = this.#chunks;
    if (first !== undefined && first.length >= length) return first;
    const joined = Buffer.concat(this.#chunks);
    this.#chunks.splice(0, this.#chunks.length, joined);
    return joined;
  }
}

function parseHeader(bytes: Buffer): { stream: StreamName; length: number } {
  const stream = STREAMS[bytes[0] ?? STREAMS.length];
  if (stream === undefined) throw new BadFrame('stream', `there is no stream ${String(bytes[0])}`);
  if (bytes[1] !== 0 || bytes[2] !== 0 || bytes[3] !== 0)
    throw new BadFrame('stream', 'bytes 1 to 3 of a header are 0');
  return { stream, length: bytes.readUInt32BE(HEADER_BYTES / 2) };
}
