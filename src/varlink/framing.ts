import type { JsonObject } from './types.ts';
import { ProtocolViolation } from './errors.ts';

/**
 * Messages and bytes: one JSON object, UTF-8, one NUL after it (UAPI.20 "Framing"). Everything that comes from a peer is
 * bounded here: how long a message may be, and how deep its values may nest, before any of it is parsed.
 */
export interface MessageLimits {
  /** Longest message without its NUL. Default 16 MiB, sd-varlink's own. */
  readonly maxMessageBytes: number;
  /**
   * How deep arrays and objects may nest, the message itself counted. Default 64: an OCI image configuration, the deepest
   * thing that goes through here, has 7; checks and JSON.stringify recurse, and must not meet a stack's worth of brackets.
   */
  readonly maxDepth: number;
}

export const MESSAGE_LIMITS: MessageLimits = { maxMessageBytes: 16 * 1024 * 1024, maxDepth: 64 };

const NUL = 0;

/**
 * Cuts a stream of bytes into messages, on demand: nothing behind the message that was asked for is looked at, so that
 * the rest can still become another protocol (`upgrade`). A message that lies in one chunk is not copied; one that
 * comes in many is gathered in a buffer that doubles, so that a peer which sends single bytes costs no more than others.
 */
export class MessageReader {
  readonly #maxBytes: number;
  /** Chunks that no NUL has been looked for in yet; the first one from `#at` on. */
  readonly #chunks: Buffer[] = [];
  #at = 0;
  #waiting = 0;
  /** The beginning of a message whose NUL has not come. */
  #partial = Buffer.alloc(0);
  #partialBytes = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** Bytes that were pushed and have not come out. */
  get buffered(): number {
    return this.#waiting + this.#partialBytes;
  }

  push(chunk: Buffer): void {
    if (chunk.length === 0) return;
    this.#chunks.push(chunk);
    this.#waiting += chunk.length;
  }

  /**
   * The next whole message without its NUL; undefined when it has not all come.
   * @throws ProtocolViolation when it is longer than allowed, as soon as that is certain
   */
  next(): Buffer | undefined {
    for (let chunk = this.#chunks[0]; chunk !== undefined; chunk = this.#chunks[0]) {
      const end = chunk.indexOf(NUL, this.#at);
      const piece = chunk.subarray(this.#at, end === -1 ? chunk.length : end);
      if (this.#partialBytes + piece.length > this.#maxBytes) {
        throw new ProtocolViolation(`message longer than ${this.#maxBytes} bytes`);
      }
      this.#advance(chunk, end === -1 ? chunk.length : end + 1);
      if (end !== -1 && this.#partialBytes === 0) return piece;
      this.#gather(piece);
      if (end !== -1) return this.#takePartial();
    }
    return undefined;
  }

  /** Takes out everything that was pushed and has not come out. */
  rest(): Buffer {
    const first = this.#chunks.shift();
    const waiting = first === undefined ? [] : [first.subarray(this.#at), ...this.#chunks.splice(0)];
    this.#at = 0;
    this.#waiting = 0;
    return Buffer.concat([this.#takePartial(), ...waiting]);
  }

  #advance(chunk: Buffer, to: number): void {
    this.#waiting -= to - this.#at;
    this.#at = to;
    if (to < chunk.length) return;
    this.#chunks.shift();
    this.#at = 0;
  }

  #gather(piece: Buffer): void {
    const bytes = this.#partialBytes + piece.length;
    if (bytes > this.#partial.length) {
      const grown = Buffer.allocUnsafeSlow(Math.max(bytes, this.#partial.length * 2));
      this.#partial.copy(grown, 0, 0, this.#partialBytes);
      this.#partial = grown;
    }
    piece.copy(this.#partial, this.#partialBytes);
    this.#partialBytes = bytes;
  }

  #takePartial(): Buffer {
    const message = this.#partial.subarray(0, this.#partialBytes);
    this.#partial = Buffer.alloc(0);
    this.#partialBytes = 0;
    return message;
  }
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

const isObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/**
 * The object in a message. Bytes that are not UTF-8 are refused, not replaced; a byte order mark is not JSON.
 * @throws ProtocolViolation when it is not UTF-8, not JSON, not an object, or nested too deep
 */
export function decodeMessage(message: Buffer, maxDepth: number): JsonObject {
  const text = decodeText(message);
  if (isDeeperThan(maxDepth, text)) throw new ProtocolViolation(`message nested deeper than ${maxDepth}`);
  const value = parseJson(text);
  if (!isObject(value)) throw new ProtocolViolation('message is not an object');
  return value;
}

/**
 * The message with its NUL: JSON without white space, members that are undefined left out. JSON.stringify escapes U+0000 and lone
 * surrogates, so the frame always holds; but sd-json and libvarlink refuse those escapes and hang up.
 * @throws TypeError for what JSON has no form for
 */
export const encodeMessage = (message: JsonObject): string => `${JSON.stringify(message)}\0`;

/**
 * As `encodeMessage`, and every peer can read it: U+0000 and lone surrogates, which may come from anywhere, are U+FFFD. What has to
 * arrive byte for byte is for the caller to encode otherwise, as log lines are.
 */
export function encodeReadable(message: JsonObject): string {
  const text = encodeMessage(message);
  if (!text.includes('\\u')) return text;
  // Every escape is looked at, so that an escaped backslash before a 'u' is not taken for one.
  return text.replace(/\\(?:u[0-9a-f]{4}|.)/g, (escape) => (UNREADABLE.test(escape) ? '\ufffd' : escape));
}

const UNREADABLE = /^\\u(?:0000|d[89a-f]..)$/;

function decodeText(message: Buffer): string {
  try {
    return utf8.decode(message);
  } catch (cause) {
    throw new ProtocolViolation('message is not UTF-8', { cause });
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new ProtocolViolation('message is not JSON', { cause });
  }
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const OPEN_ARRAY = 0x5b;
const CLOSE_ARRAY = 0x5d;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;

/** Whether brackets outside strings nest deeper than `limit`. What fits no more than `limit` pairs needs no look. */
function isDeeperThan(limit: number, text: string): boolean {
  if (text.length <= 2 * limit) return false;
  let depth = 0;
  for (let at = 0; at < text.length; at++) {
    switch (text.charCodeAt(at)) {
      case QUOTE:
        at = endOfString(text, at + 1);
        break;
      case OPEN_ARRAY:
      case OPEN_OBJECT:
        if (++depth > limit) return true;
        break;
      case CLOSE_ARRAY:
      case CLOSE_OBJECT:
        depth--;
        break;
    }
  }
  return false;
}

/** Where the closing quote of the string is whose first character is at `from`; the text's length when it has none. */
function endOfString(text: string, from: number): number {
  let at = from;
  for (let code = text.charCodeAt(at); code !== QUOTE && at < text.length; code = text.charCodeAt(at)) {
    at += code === BACKSLASH ? 2 : 1;
  }
  return at;
}
