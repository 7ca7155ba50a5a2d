/** Times and sizes as docker and podman say them. */

const plural = (count: number, unit: string): string => `${count.toString()} ${unit}${count === 1 ? '' : 's'}`;

/** `About a minute`, `3 hours`. A clock that was set back makes nothing of it negative. */
export function durationInWords(ms: number): string {
  const seconds = Math.floor(Math.max(0, ms) / 1000);
  if (seconds < 1) return 'Less than a second';
  if (seconds < 60) return plural(seconds, 'second');
  const minutes = Math.floor(seconds / 60);
  if (minutes === 1) return 'About a minute';
  if (minutes < 60) return plural(minutes, 'minute');
  const hours = Math.round(seconds / 3600);
  if (hours === 1) return 'About an hour';
  if (hours < 48) return plural(hours, 'hour');
  const days = Math.floor(hours / 24);
  if (days < 14) return plural(days, 'day');
  if (days < 60) return plural(Math.floor(days / 7), 'week');
  if (days < 730) return plural(Math.floor(days / 30), 'month');
  return plural(Math.floor(days / 365), 'year');
}

export interface Timestamp {
  /** Microseconds since 1970. */
  readonly realtime?: number | undefined;
}

/** How long before `now` that was, in milliseconds; undefined for a moment that nobody knows. */
export const ageOf = (at: Timestamp | undefined, now: Date): number | undefined =>
  at?.realtime === undefined ? undefined : now.getTime() - at.realtime / 1000;

/** `2 minutes ago`; empty for a moment that nobody knows. */
export function agoInWords(at: Timestamp | undefined, now: Date): string {
  const age = ageOf(at, now);
  return age === undefined ? '' : `${durationInWords(age)} ago`;
}

const UNITS = ['B', 'kB', 'MB', 'GB', 'TB', 'PB'];

/** `4.52 MB`, three digits. */
export function sizeInWords(bytes: number): string {
  let size = bytes;
  let unit = 0;
  while (size >= 999.5 && unit < UNITS.length - 1) {
    size /= 1000;
    unit++;
  }
  const digits = unit === 0 || size >= 99.95 ? 0 : size >= 9.995 ? 1 : 2;
  return `${size.toFixed(digits)} ${UNITS[unit] ?? ''}`;
}

/** `0:01.50`, minutes and seconds as ps(1) and top(1) have it. */
export function cpuTimeInDigits(usec: number): string {
  const hundredths = Math.floor(usec / 10_000);
  const seconds = Math.floor(hundredths / 100);
  const digits = (number: number): string => number.toString().padStart(2, '0');
  return `${Math.floor(seconds / 60).toString()}:${digits(seconds % 60)}.${digits(hundredths % 100)}`;
}

/** `12.50%`; `--` for what nobody knows. */
export const percentInWords = (percent: number | undefined): string =>
  percent === undefined ? '--' : `${percent.toFixed(2)}%`;
