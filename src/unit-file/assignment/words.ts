/**
 * Words, quotes and escapes as systemd reads them: `extract_first_word()` of src/basic/extract-word.c and `cunescape()`
 * of src/basic/escape.c; described in systemd.service(5), *Command lines*, and systemd.syntax(7), *Quoting*.
 */
import { Unparsable } from './unparsable.ts';

export const WHITESPACE = ' \t\n\r';

export interface WordRules {
  /** @default whitespace */
  readonly separators?: string;
  /** Quotes are taken off, and keep separators inside a word. @default quoted */
  readonly quotes?: 'quoted' | 'literal';
  /** `\x` is x, or what C means by it, or stays as it is. @default plain */
  readonly escapes?: 'plain' | 'c' | 'keep';
  /** Two separators in a row are one, or have an empty word between them. @default coalesce */
  readonly runs?: 'coalesce' | 'each';
}

const C_ESCAPES: Readonly<Record<string, string>> = {
  a: '\x07', b: '\b', f: '\f', n: '\n', r: '\r', t: '\t', v: '\v', s: ' ', '\\': '\\', '"': '"', "'": "'",
}; // prettier-ignore

/** Takes words off the front of a text. */
export class WordScanner {
  #rest: string | undefined;
  /** What ended the last word; empty at the end of the text. */
  separator = '';

  constructor(text: string) {
    this.#rest = text;
  }

  /** What no word has been made of yet; undefined at the end. */
  get rest(): string | undefined {
    return this.#rest;
  }

  /** @throws Unparsable (unbalanced quotes, a broken escape) */
  next({ separators = WHITESPACE, quotes = 'quoted', escapes = 'plain', runs = 'coalesce' }: WordRules = {}):
    string | undefined {
    const text = this.#rest ?? '';
    let at = runs === 'coalesce' ? skip(text, 0, separators) : 0;
    this.separator = '';
    if (at === text.length) {
      this.#rest = undefined;
      return undefined;
    }
    const word: Uint8Array[] = [];
    for (let quote = ''; ;) {
      const letter = String.fromCodePoint(text.codePointAt(at) ?? 0);
      if (at >= text.length) {
        if (quote !== '') throw new Unparsable('unbalanced quotes');
        this.#rest = undefined;
        break;
      } else if (quote !== '' && letter === quote) {
        quote = '';
        at++;
      } else if (quote === '' && quotes === 'quoted' && (letter === '"' || letter === "'")) {
        quote = letter;
        at++;
      } else if (quote === '' && separators.includes(letter)) {
        this.separator = letter;
        this.#rest = text.slice(runs === 'coalesce' ? skip(text, at, separators) : at + 1);
        break;
      } else if (letter === '\\' && escapes !== 'keep') {
        const { bytes, length } = escapes === 'c' ? cEscape(text, at) : plainEscape(text, at);
        word.push(bytes);
        at += length;
      } else {
        word.push(Buffer.from(letter));
        at += letter.length;
      }
    }
    return decode(Buffer.concat(word));
  }
}

/** @throws Unparsable */
export function splitWords(text: string, rules: WordRules = {}): string[] {
  const scanner = new WordScanner(text);
  const words: string[] = [];
  for (let word = scanner.next(rules); word !== undefined; word = scanner.next(rules)) words.push(word);
  return words;
}

/** `cunescape()`: the whole text, quotes untouched. @throws Unparsable */
export function unescapeC(text: string): Buffer {
  const parts: Uint8Array[] = [];
  for (let at = 0; at < text.length;) {
    const slash = text.indexOf('\\', at);
    const end = slash < 0 ? text.length : slash;
    parts.push(Buffer.from(text.slice(at, end)));
    if (end === text.length) break;
    const { bytes, length } = cEscape(text, end);
    parts.push(bytes);
    at = end + length;
  }
  return Buffer.concat(parts);
}

function skip(text: string, from: number, separators: string): number {
  let at = from;
  while (at < text.length && separators.includes(text.charAt(at))) at++;
  return at;
}

function plainEscape(text: string, at: number): { bytes: Buffer; length: number } {
  if (at + 1 >= text.length) throw new Unparsable('a backslash at the end');
  const letter = String.fromCodePoint(text.codePointAt(at + 1) ?? 0);
  return { bytes: Buffer.from(letter), length: 1 + letter.length };
}

function cEscape(text: string, at: number): { bytes: Buffer; length: number } {
  const rest = text.slice(at + 1);
  const simple = C_ESCAPES[rest.charAt(0)];
  if (simple !== undefined) return { bytes: Buffer.from(simple), length: 2 };
  const byte = /^x([0-9a-fA-F]{2})/.exec(rest) ?? /^([0-3][0-7]{2})/.exec(rest);
  if (byte?.[1] !== undefined) {
    return { bytes: Buffer.of(Number.parseInt(byte[1], rest.startsWith('x') ? 16 : 8)), length: 1 + byte[0].length };
  }
  const unicode = /^u([0-9a-fA-F]{4})/.exec(rest) ?? /^U([0-9a-fA-F]{8})/.exec(rest);
  const point = Number.parseInt(unicode?.[1] ?? '', 16);
  if (unicode === null || !(point <= 0x10ffff))
    throw new Unparsable(`an escape that C does not know: \\${rest.slice(0, 3)}`);
  return { bytes: Buffer.from(String.fromCodePoint(point)), length: 1 + unicode[0].length };
}

/** D-Bus carries text as UTF-8 without NUL. */
function decode(bytes: Buffer): string {
  if (bytes.includes(0)) throw new Unparsable('a NUL byte');
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new Unparsable('bytes that are not UTF-8');
  }
}
