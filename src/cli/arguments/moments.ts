import { UsageError } from './args.ts';

const UNITS_MS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };
const DURATION = /^(?:\d+(?:\.\d+)?(?:ms|[smhd]))+$/u;
const DATE = /^\d{4}-\d{2}-\d{2}(?<time>[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?)?(?<zone>Z|[+-]\d{2}:\d{2})?$/u;

/**
 * A moment as docker and podman take it: how long ago (`10m`, `1h30m`), seconds since 1970, or a date with or without time and
 * zone; without a zone it is local time.
 * @throws UsageError
 */
export function parseMoment(option: string, text: string, now: Date): Date {
  if (DURATION.test(text)) return new Date(now.getTime() - durationMs(text));
  if (/^\d+(\.\d+)?$/u.test(text)) return new Date(Number(text) * 1000);
  const { time, zone } = DATE.exec(text)?.groups ?? {};
  // A date alone is UTC to JavaScript, and local time to everyone else.
  const moment = new Date(DATE.test(text) ? `${text.slice(0, 10)}T${time?.slice(1) ?? '00:00'}${zone ?? ''}` : NaN);
  if (Number.isNaN(moment.getTime())) {
    throw new UsageError(
      `${option} takes a time such as 2026-11-21T10:00:00 or 10m, which is ten minutes ago, not '${text}'`,
    );
  }
  return moment;
}

function durationMs(text: string): number {
  let total = 0;
  for (const { groups } of text.matchAll(/(?<amount>[\d.]+)(?<unit>ms|[smhd])/gu)) {
    total += Number(groups?.['amount']) * (UNITS_MS[groups?.['unit'] ?? ''] ?? NaN);
  }
  return total;
}
