import { UsageError } from './args.ts';

const SMALL_MS = { ns: 1e-6, us: 1e-3, µs: 1e-3, ms: 1 };
const UNITS_MS: Readonly<Record<string, number>> = { ...SMALL_MS, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };
const DURATION = /^[+-]?(?:(?:\d+\.?\d*|\.\d+)(?:ns|[uµ]s|ms|[smhd]))+$/u;
const DATE = /^\d{4}-\d{2}-\d{2}(?<time>[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?)?(?<zone>Z|[+-]\d{2}:\d{2})?$/u;

/**
 * A moment as docker and podman take it: a duration before or after now (`10m`, `1h30m`; with a minus it goes the other way),
 * seconds since 1970, or a date with or without time and zone; without a zone it is local time.
 * @throws UsageError
 */
export function parseMoment(option: string, text: string, now: Date, durations: 'before-now' | 'after-now'): Date {
  if (DURATION.test(text)) {
    return new Date(now.getTime() + (durations === 'after-now' ? durationMs(text) : -durationMs(text)));
  }
  if (/^\d+(\.\d+)?$/u.test(text)) return new Date(Number(text) * 1000);
  const { time, zone } = DATE.exec(text)?.groups ?? {};
  // A date alone is UTC to JavaScript, and local time to everyone else.
  const moment = new Date(DATE.test(text) ? `${text.slice(0, 10)}T${time?.slice(1) ?? '00:00'}${zone ?? ''}` : NaN);
  if (Number.isNaN(moment.getTime())) {
    throw new UsageError(
      `${option} takes a time such as 2026-11-21T10:00:00 or 10m, which is ${MEANING[durations]}, not '${text}'`,
    );
  }
  return moment;
}

const MEANING = { 'before-now': 'ten minutes ago', 'after-now': 'in ten minutes' } as const;

function durationMs(text: string): number {
  let total = 0;
  for (const { groups } of text.matchAll(/(?<amount>[\d.]+)(?<unit>ns|[uµ]s|ms|[smhd])/gu)) {
    total += Number(groups?.['amount']) * (UNITS_MS[groups?.['unit'] ?? ''] ?? NaN);
  }
  return text.startsWith('-') ? -total : total;
}
