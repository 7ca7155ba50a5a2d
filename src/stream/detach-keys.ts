/** The keys that end a session and leave the process running, in libpod's format. */

export const DEFAULT_DETACH_KEYS = 'ctrl-p,ctrl-q';

const CONTROL = new Map(Array.from('@abcdefghijklmnopqrstuvwxyz[\\]^_').map((key, code) => [`ctrl-${key}`, code]));
const DELETE = 0x7f;

/**
 * Reads a list such as `ctrl-p,ctrl-q` or `a,DEL`: characters, `ctrl-` and one of `a`…`z @ [ \ ] ^ _`, or `DEL`.
 * @returns the bytes that are typed; none for an empty text, which turns detaching off; undefined for what is no list
 */
export function parseDetachKeys(text: string): Buffer | undefined {
  if (text === '') return Buffer.alloc(0);
  const bytes = text.split(',').map((key) => {
    if (key === 'DEL') return DELETE;
    return CONTROL.get(key) ?? (/^[\x20-\x7e]$/.test(key) ? key.charCodeAt(0) : undefined);
  });
  const known = bytes.filter((byte) => byte !== undefined);
  return known.length === bytes.length ? Buffer.from(known) : undefined;
}

/** What became of typed bytes. */
export interface Typed {
  /** What goes to the program: the bytes before the sequence, or all of them but the beginning of a possible one. */
  readonly passed: Buffer;
  readonly detached: boolean;
}

/**
 * Finds the sequence in what is typed, wherever reads cut it. What may be its beginning is held back until the next byte
 * tells, and passed on when it was none (Knuth, Morris and Pratt: nothing is looked at twice).
 */
export class DetachMatcher {
  readonly #keys: Buffer;
  readonly #fallback: readonly number[];
  #matched = 0;

  constructor(keys: Buffer) {
    this.#keys = keys;
    this.#fallback = fallbackOf(keys);
  }

  type(chunk: Buffer): Typed {
    const keys = this.#keys;
    if (keys.length === 0) return { passed: chunk, detached: false };
    const held = this.#matched;
    for (const [index, byte] of chunk.entries()) {
      while (this.#matched > 0 && keys[this.#matched] !== byte) this.#matched = this.#fallback[this.#matched - 1] ?? 0;
      if (keys[this.#matched] === byte) this.#matched += 1;
      if (this.#matched < keys.length) continue;
      this.#matched = 0;
      return { passed: this.#before(held, chunk.subarray(0, index + 1), keys.length), detached: true };
    }
    return { passed: this.#before(held, chunk, this.#matched), detached: false };
  }

  /** What was held back, at the end of input. */
  flush(): Buffer {
    const held = Buffer.from(this.#keys.subarray(0, this.#matched));
    this.#matched = 0;
    return held;
  }

  /** What was held before, and the chunk, without the last `length` bytes of both together. */
  #before(held: number, chunk: Buffer, length: number): Buffer {
    if (held === 0) return chunk.subarray(0, chunk.length - length);
    const all = Buffer.concat([this.#keys.subarray(0, held), chunk]);
    return all.subarray(0, all.length - length);
  }
}

/** For each beginning of the keys, the length of its longest proper beginning that is also its end. */
function fallbackOf(keys: Buffer): number[] {
  const fallback: number[] = [];
  let length = 0;
  for (const [index, byte] of keys.entries()) {
    if (index > 0) {
      while (length > 0 && keys[length] !== byte) length = fallback[length - 1] ?? 0;
      if (keys[length] === byte) length += 1;
    }
    fallback.push(length);
  }
  return fallback;
}
