/**
 * Numbers with units as systemd reads them: systemd.time(7) for spans, `parse_size()`, `parse_permyriad()` and
 * `parse_cpu_set()` of src/basic and src/shared. Everything is a bigint, as D-Bus carries 64 bits.
 */
import { Unparsable } from './unparsable.ts';

export const INFINITY = 2n ** 64n - 1n;
const U32_MAX = 2n ** 32n - 1n;

/** In nanoseconds; a letter's case matters (`m` is a minute, `M` a month). */
const TIME_UNITS: ReadonlyMap<string, bigint> = (() => {
  const second = 10n ** 9n;
  const units: [string, bigint][] = [
    ['seconds second sec s', second],
    ['minutes minute min m', 60n * second],
    ['hours hour hr h', 3600n * second],
    ['days day d', 86_400n * second],
    ['weeks week w', 604_800n * second],
    ['months month M', 2_629_800n * second],
    ['years year y', 31_557_600n * second],
    ['msec ms', 10n ** 6n],
    ['usec us μs µs', 1000n],
    ['nsec ns', 1n],
  ];
  return new Map(units.flatMap(([names, ns]) => names.split(' ').map((name) => [name, ns] as const)));
})();

/** `yes`, `1`, `on` … */
export function parseBoolean(text: string): boolean {
  if (/^(1|y|yes|t|true|on)$/i.test(text)) return true;
  if (/^(0|n|no|f|false|off)$/i.test(text)) return false;
  throw new Unparsable('neither yes nor no');
}

export function isBoolean(text: string): boolean {
  return /^(1|y|yes|t|true|on|0|n|no|f|false|off)$/i.test(text);
}

/** Decimal, `0x…`, `0o…` or `0b…`. */
export function parseInteger(text: string, least: bigint, most: bigint): bigint {
  const [, sign, digits] = /^\s*([+-]?)(\d+|0x[0-9a-fA-F]+|0o[0-7]+|0b[01]+)$/.exec(text) ?? [];
  if (digits === undefined) throw new Unparsable('not a number');
  const value = sign === '-' ? -BigInt(digits) : BigInt(digits);
  if (value < least || value > most) throw new Unparsable(`not between ${least} and ${most}`);
  return value;
}

export const parseU64 = (text: string): bigint => parseInteger(text, 0n, INFINITY);

/** `1min 30s`, `1.5h`, `infinity`; a number alone counts `unit`s. In the unit of `resolution`. */
export function parseSpan(
  text: string,
  { unit = 's', resolution = 'us' }: { unit?: string; resolution?: string } = {},
): bigint {
  if (text.trim() === 'infinity') return INFINITY;
  const sum =
    sumOfTerms(text, (name) => TIME_UNITS.get(name === '' ? unit : name)) / (TIME_UNITS.get(resolution) ?? 1n);
  if (sum >= INFINITY) throw new Unparsable('too long');
  return sum;
}

/** `1.5G`, `1G 512M`, a number of bytes; `infinity` is for the caller. @param base of K, M, G: 1024 or 1000 */
export function parseSize(text: string, base: 1024n | 1000n): bigint {
  const sum = sumOfTerms(text, (name) => {
    const power = ['B', 'K', 'M', 'G', 'T', 'P', 'E'].indexOf(name === '' ? 'B' : name);
    return power < 0 ? undefined : base ** BigInt(power);
  });
  if (sum > INFINITY) throw new Unparsable('too large');
  return sum;
}

/** `12.5%`, `125‰`, `1250‱` in 1/10000; undefined if it is no such thing. */
export function parsePermyriad(text: string): bigint | undefined {
  const [, whole, fraction = '', unit] = /^(\d+)(?:\.(\d+))?(%|‰|‱)$/.exec(text) ?? [];
  if (whole === undefined) return undefined;
  const places = unit === '%' ? 2 : unit === '‰' ? 1 : 0;
  if (fraction.length > places) return undefined;
  return BigInt(whole + fraction.padEnd(places, '0'));
}

/** A share of the whole as systemd takes it over the bus: 2^32-1 is 100%. Undefined if it is no percentage. */
export function parseScale(text: string): number | undefined {
  const permyriad = parsePermyriad(text);
  if (permyriad === undefined || permyriad > 10_000n) return undefined;
  return Number((permyriad * U32_MAX + 5000n) / 10_000n);
}

/** `0-3,5 7` as a little-endian mask of bytes. */
export function parseCpuSet(text: string): Buffer {
  const bytes: number[] = [];
  for (const range of text.split(/[\s,]+/).filter((each) => each !== '')) {
    const [, first = '', last = first] = /^(\d{1,4})(?:-(\d{1,4}))?$/.exec(range) ?? [];
    if (first === '' || Number(last) < Number(first) || Number(last) > 8191)
      throw new Unparsable(`not a range of numbers: ${range}`);
    for (let cpu = Number(first); cpu <= Number(last); cpu++)
      bytes[cpu >> 3] = (bytes[cpu >> 3] ?? 0) | (1 << (cpu & 7));
  }
  return Buffer.from(Array.from(bytes, (byte) => byte));
}

function sumOfTerms(text: string, sizeOf: (unit: string) => bigint | undefined): bigint {
  const terms = [...text.matchAll(/\s*(\d+)?(?:\.(\d+))?\s*([a-zA-Zμµ]*)\s*/gy)].filter(([term]) => term !== '');
  if (terms.length === 0 || terms.map(([term]) => term).join('') !== text)
    throw new Unparsable('not a number with a unit');
  return terms.reduce((sum, [, whole, fraction = '', unit = '']) => {
    const size = sizeOf(unit);
    if (size === undefined) throw new Unparsable(`unknown unit: ${unit}`);
    if (whole === undefined && fraction === '') throw new Unparsable('not a number with a unit');
    return (
      sum + BigInt(whole ?? 0) * size + (BigInt(fraction === '' ? 0 : fraction) * size) / 10n ** BigInt(fraction.length)
    );
  }, 0n);
}
