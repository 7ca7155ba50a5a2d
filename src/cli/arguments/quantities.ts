import { UsageError } from './args.ts';

/** Amounts as people give them on the command line, as systemd and the wire want them. */

const FACTORS: Readonly<Record<string, number>> = { b: 1, k: 2 ** 10, m: 2 ** 20, g: 2 ** 30, t: 2 ** 40 };

/** `512m`, `1.5g`, `1000`; powers of 1024, as docker has it. @throws UsageError */
export function parseBytes(option: string, text: string): number {
  const groups = /^(?<amount>\d+(?:\.\d+)?)(?<unit>[bkmgt])?(?:i?b)?$/iu.exec(text)?.groups;
  const factor = FACTORS[groups?.['unit']?.toLowerCase() ?? 'b'];
  const bytes = Math.floor(Number(groups?.['amount']) * (factor ?? NaN));
  if (!Number.isSafeInteger(bytes)) throw new UsageError(`${option} takes an amount such as 512m or 2g, not '${text}'`);
  return bytes;
}

/** Seconds, as microseconds. @throws UsageError */
export function parseSeconds(option: string, text: string): number {
  const usec = Math.round(Number(text) * 1e6);
  if (!/^\d+(\.\d+)?$/u.test(text) || !Number.isSafeInteger(usec)) {
    throw new UsageError(`${option} takes seconds, 0 or more, not '${text}'`);
  }
  return usec;
}

/** How long a stop may take, as microseconds; -1 for ever, as the wire has it. @throws UsageError */
export const parseStopTime = (option: string, text: string): number =>
  text === '-1' ? -1 : parseSeconds(option, text);

/** @throws UsageError */
export function parseCount(option: string, text: string): number {
  const count = Number(text);
  if (!/^\d+$/u.test(text) || !Number.isSafeInteger(count)) {
    throw new UsageError(`${option} takes a whole number, 0 or more, not '${text}'`);
  }
  return count;
}
