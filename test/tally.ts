/** How many tests, or checks, ended how. */
export interface Tally {
  passed: number;
  failed: number;
  skipped: number;
}

export function total(tallies: readonly Tally[]): Tally {
  const sum = (of: keyof Tally): number => tallies.reduce((before, tally) => before + tally[of], 0);
  return { passed: sum('passed'), failed: sum('failed'), skipped: sum('skipped') };
}

/** The last line of a run; sets the exit code too. A run in which nothing ran has failed. */
export function printTally({ passed, failed, skipped }: Tally): void {
  const skips = skipped === 0 ? '' : `, ${skipped.toString()} skipped`;
  process.stdout.write(`${passed.toString()} passed, ${failed.toString()} failed${skips}\n`);
  process.exitCode = failed > 0 || passed === 0 ? 1 : 0;
}
