/** What a run of the benchmark found: the JSON form of it, and the rule for numbers. */

/** Whom it is about; one colour and one column each. */
export const CANDIDATES = [
  'berth varlink',
  'berth CLI',
  'podman CLI',
  'podman REST',
  'crun',
  'systemd-run',
  'journalctl',
  'sd-varlink',
  'python3-varlink',
] as const;
export type Candidate = (typeof CANDIDATES)[number];

export interface Summary {
  readonly n: number;
  readonly median: number;
  readonly p10: number;
  readonly p90: number;
}

export interface Result extends Summary {
  readonly candidate: Candidate;
}

export interface Row {
  /** `run -d`. */
  readonly name: string;
  /** `ms` and `MiB` and `%` are better when small, `calls/s` and `MiB/s` when large. */
  readonly unit: 'ms' | 'MiB' | '%' | 'calls/s' | 'MiB/s';
  readonly results: readonly Result[];
}

/** What issues 3 and 4 ask for. */
export interface Target {
  readonly text: string;
  readonly value: number;
  readonly limit: number;
  readonly unit: string;
  readonly holds: boolean;
}

export interface Report {
  readonly at: string;
  readonly mode: 'full' | 'quick';
  readonly seed: number;
  readonly seconds: number;
  readonly versions: Readonly<Record<string, string>>;
  readonly rows: readonly Row[];
  readonly targets: readonly Target[];
}

/** @param samples at least one */
export function summaryOf(samples: readonly number[]): Summary {
  const sorted = samples.toSorted((a, b) => a - b);
  return { n: sorted.length, median: quantile(sorted, 0.5), p10: quantile(sorted, 0.1), p90: quantile(sorted, 0.9) };
}

/** Between the two nearest samples in proportion. */
function quantile(sorted: readonly number[], share: number): number {
  const at = share * (sorted.length - 1);
  const below = sorted[Math.floor(at)] ?? NaN;
  const above = sorted[Math.ceil(at)] ?? NaN;
  return below + (above - below) * (at - Math.floor(at));
}

/** Three digits that mean something. */
export function digits(value: number): string {
  const magnitude = Math.abs(value);
  return value.toFixed(magnitude >= 100 ? 0 : magnitude >= 10 ? 1 : 2);
}
