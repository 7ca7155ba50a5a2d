/** What the tables of this folder are made of: from the text after `=` to properties with D-Bus types. */
import type { UnitProperty } from '../properties.ts';
import { parseSignal } from './names.ts';
import { INFINITY, parseBoolean, parseInteger, parseSize, parseSpan } from './quantities.ts';
import { Unparsable } from './unparsable.ts';
import { splitWords, type WordRules } from './words.ts';

/** @throws Unparsable */
export type Encoder = (value: string, name: string) => UnitProperty[];
export type EncoderTable = ReadonlyMap<string, Encoder>;

const U32_MAX = 2n ** 32n - 1n;
const I32_MIN = -(2n ** 31n);
const I32_MAX = 2n ** 31n - 1n;

/** A property of the same name. */
export const as =
  (signature: string, parse: (value: string) => unknown): Encoder =>
  (value, name) => [{ name, signature, value: parse(value) }];

/** A property of another name. */
export const renamed =
  (name: string, encoder: Encoder): Encoder =>
  (value) =>
    encoder(value, name);

/** A list to which an assignment adds one item, and which the empty assignment empties. */
export const item = (signature: string, parse: (value: string) => unknown): Encoder =>
  items(signature, (value) => [parse(value)]);
export const items = (signature: string, parse: (value: string) => readonly unknown[]): Encoder =>
  as(`a${signature}`, (value) => (value.trim() === '' ? [] : parse(value)));

export const string = as('s', (value) => value);
export const boolean = as('b', parseBoolean);
export const i32 = as('i', (value) => Number(parseInteger(value, I32_MIN, I32_MAX)));
export const u32 = as('u', (value) => Number(parseInteger(value, 0n, U32_MAX)));
export const signal = as('i', parseSignal);
export const mode = as('u', (value) => {
  if (!/^[0-7]{1,5}$/.test(value)) throw new Unparsable('not an octal access mode');
  return Number.parseInt(value, 8);
});
export const words = (rules: WordRules = {}): Encoder => as('as', (value) => splitWords(value, rules));

/** `…Sec` in the unit file is `…USec` on the bus. */
export const seconds: Encoder = (value, name) => [
  { name: name.replace(/Sec$/, 'USec'), signature: 't', value: parseSpan(value) },
];

/** Bytes, or `infinity`. */
export const bytesOrInfinity =
  (base: 1024n | 1000n) =>
  (value: string): bigint =>
    value === 'infinity' ? INFINITY : parseSize(value, base);

/** `yes` and `no` go to the property that has always been boolean, words to the newer one that ends in `Ex`. */
export const booleanOrWord: Encoder = (value, name) =>
  /^(1|y|yes|t|true|on|0|n|no|f|false|off)$/i.test(value) ? boolean(value, name) : string(value, `${name}Ex`);

/** `~` before a list turns it into one of exceptions. */
export const allowOrDeny = as('(bas)', (value) => [!value.startsWith('~'), splitWords(value.replace(/^~/, ''))]);

/** `-` before a value: a failure is no error. */
export const lenient = as('(bs)', (value) => [value.startsWith('-'), value.replace(/^-/, '')]);

/** The text before the first space, and the rest. */
export function pair(value: string): [string, string] {
  const [, first, second] = /^(\S+)\s+(.*)$/s.exec(value.trim()) ?? [];
  if (first === undefined || second === undefined) throw new Unparsable('two words are needed');
  return [first, second];
}

export function table(...rows: readonly (readonly [names: string, encoder: Encoder])[]): EncoderTable {
  return new Map(
    rows.flatMap(([names, encoder]) =>
      names
        .trim()
        .split(/\s+/)
        .map((name) => [name, encoder] as const),
    ),
  );
}
