import { UsageError } from './args.ts';

/** Amounts as people give them on the command line, as systemd and the wire want them. */

const FACTORS: Readonly<Record<string, number>> = { b: 1, k: 2 ** 10, m: 2 ** 20, g: 2 ** 30, t: 2 ** 40 };

/** `512m`, `1.5g`, `1000`; powers of 1024, as docker has it. @throws UsageError */
function parseBytes(option: string, text: string): number {
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

/** @throws UsageError */
export function parseCount(option: string, text: string): number {
  const count = Number(text);
  if (!/^\d+$/u.test(text) || !Number.isSafeInteger(count)) {
    throw new UsageError(`${option} takes a whole number, 0 or more, not '${text}'`);
  }
  return count;
}

/** Limits go on the unit, as properties; 0 lifts the limit. */
export const memoryProperty = (text: string): string => {
  const bytes = parseBytes('--memory', text);
  return `MemoryMax=${bytes === 0 ? 'infinity' : bytes.toString()}`;
};

/** @param text how many CPUs' worth of time, such as `1.5` */
export function cpusProperty(text: string): string {
  // systemd takes hundredths of a percent.
  const percent = Math.round(Number(text) * 10_000) / 100;
  if (!/^\d+(\.\d+)?$/u.test(text) || percent > 1e9 || (percent === 0 && Number(text) !== 0)) {
    throw new UsageError(`--cpus takes a number of CPUs such as 1.5, not '${text}'`);
  }
  return `CPUQuota=${percent === 0 ? '' : `${percent.toString()}%`}`;
}

/** `-1` lifts the limit too. */
export function pidsLimitProperty(text: string): string {
  const limit = text === '-1' ? 0 : parseCount('--pids-limit', text);
  return `TasksMax=${limit === 0 ? 'infinity' : limit.toString()}`;
}
