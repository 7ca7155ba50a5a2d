/** The report as text: a line for each step, a column for each candidate; medians, and their ratio to berth's own best. */
import { CANDIDATES, digits, type Report, type Result, type Row } from './report.ts';
import { sentenceOf } from './targets.ts';

const REFERENCE = 'berth varlink';

export function tableOf({ rows, targets, versions, seconds, mode, seed }: Report): string {
  const columns = CANDIDATES.filter((candidate) =>
    rows.some(({ results }) => resultOf(results, candidate) !== undefined),
  );
  const lines = [
    ['', 'unit', 'n', ...columns],
    ...rows.map((row) => [row.name, row.unit, countsOf(row), ...columns.map((candidate) => cellOf(row, candidate))]),
  ];
  const widths = (lines[0] ?? []).map((_, column) => Math.max(...lines.map((line) => (line[column] ?? '').length)));
  const text = lines.map((line) =>
    line
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  );
  const about = Object.entries(versions).map(([name, version]) => `${name} ${version}`);
  return [
    '',
    ...text,
    '',
    `Medians, p10–p90 in brackets, then the ratio to ${REFERENCE}.`,
    `${mode} run of ${seconds.toString()} s, seed ${seed.toString()}; ${about.join(', ')}`,
    '',
    ...targets.map(sentenceOf),
    '',
  ].join('\n');
}

const resultOf = (results: readonly Result[], candidate: string): Result | undefined =>
  results.find((result) => result.candidate === candidate);

const countsOf = ({ results }: Row): string => Math.min(...results.map(({ n }) => n)).toString();

function cellOf({ results }: Row, candidate: string): string {
  const result = resultOf(results, candidate);
  if (result === undefined) return '';
  const spread = result.n === 1 ? '' : ` [${digits(result.p10)}–${digits(result.p90)}]`;
  const reference = resultOf(results, REFERENCE);
  const isOwn = reference === undefined || reference === result || reference.median === 0;
  const ratio = isOwn ? '' : ` ${digits(result.median / reference.median)}×`;
  return `${digits(result.median)}${spread}${ratio}`;
}
