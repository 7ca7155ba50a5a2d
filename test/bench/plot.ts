/** The report as a picture: a line for each step on a logarithmic scale, a dot for each median, a bar from p10 to p90. */
import { type Candidate, digits, type Report, type Row } from './report.ts';

const COLOURS: Partial<Record<Candidate, string>> = {
  'berth varlink': '#0b6e4f',
  'berth CLI': '#3fb68b',
  'podman CLI': '#892ca0',
  'podman REST': '#c583d6',
  crun: '#d98324',
  'systemd-run': '#7a7a7a',
  journalctl: '#2f6db5',
};
const WIDTH = 860;
const LEFT = 200;
const RIGHT = 24;
const TOP = 78;
const LANE = 9;
const GAP = 12;
const FONT = 'font-family="system-ui, sans-serif"';

/** Only what is measured in time: the rest has other units, and stands in the table. */
export function plotOf({ rows, versions, at }: Report): string {
  const timed = rows.filter(({ unit }) => unit === 'ms');
  const ends = timed.flatMap(({ results }) => results.flatMap(({ p10, p90 }) => [p10, p90]));
  const scale = scaleFor(Math.min(...ends), Math.max(...ends));
  let y = TOP;
  const lanes = timed.map((row) => {
    const drawn = laneOf(row, y, scale.x);
    y += row.results.length * LANE + GAP;
    return drawn;
  });
  const height = y + 34;
  const grid = scale.ticks.map((tick) => gridLine(tick, scale.x(tick), y));
  const source = `${at.slice(0, 10)}, ${versions['podman'] ?? ''}, ${versions['crun'] ?? ''}, Linux ${versions['kernel'] ?? ''}`;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH.toString()}" height="${height.toString()}" viewBox="0 0 ${WIDTH.toString()} ${height.toString()}">`,
    `<rect width="100%" height="100%" fill="#ffffff"/>`,
    text(
      LEFT,
      24,
      'How long it takes: median, and p10 to p90 (milliseconds, logarithmic; shorter is better)',
      14,
      '#222222',
    ),
    ...legend(),
    ...grid,
    ...lanes.flat(),
    text(LEFT, height - 10, source, 11, '#666666'),
    '</svg>',
    '',
  ].join('\n');
}

function scaleFor(least: number, most: number): { ticks: number[]; x: (value: number) => number } {
  const low = Math.floor(Math.log10(Math.max(least, 0.01)));
  const high = Math.ceil(Math.log10(most));
  const perDecade = (WIDTH - LEFT - RIGHT) / (high - low);
  const ticks = Array.from({ length: high - low + 1 }, (_, index) => 10 ** (low + index));
  return { ticks, x: (value) => LEFT + (Math.log10(Math.max(value, 10 ** low)) - low) * perDecade };
}

function laneOf({ name, results }: Row, top: number, x: (value: number) => number): string[] {
  const middle = top + (results.length * LANE) / 2 + 3;
  const label = text(LEFT - 10, middle, name, 12, '#222222', 'end');
  const bars = results.flatMap(({ candidate, median, p10, p90 }, index) => {
    const y = at(top + index * LANE + LANE / 2);
    const colour = COLOURS[candidate] ?? '#444444';
    return [
      `<line x1="${at(x(p10))}" x2="${at(x(p90))}" y1="${y}" y2="${y}" stroke="${colour}" stroke-width="2" opacity="0.55"/>`,
      `<circle cx="${at(x(median))}" cy="${y}" r="3.6" fill="${colour}"><title>${escaped(`${name}, ${candidate}: ${digits(median)} ms`)}</title></circle>`,
    ];
  });
  return [label, ...bars];
}

function gridLine(tick: number, x: number, bottom: number): string {
  const line = `<line x1="${at(x)}" x2="${at(x)}" y1="${(TOP - 8).toString()}" y2="${at(bottom)}" stroke="#e2e2e2"/>`;
  return line + text(x, TOP - 14, tick.toString(), 11, '#666666', 'middle');
}

function legend(): string[] {
  return Object.entries(COLOURS).map(([candidate, colour], index) => {
    const x = LEFT + index * 105;
    return `<circle cx="${x.toString()}" cy="42" r="4" fill="${colour}"/>${text(x + 9, 46, candidate, 12, '#222222')}`;
  });
}

const at = (value: number): string => value.toFixed(1);

const text = (x: number, y: number, words: string, size: number, colour: string, anchor = 'start'): string =>
  `<text x="${at(x)}" y="${at(y)}" font-size="${size.toString()}" fill="${colour}" text-anchor="${anchor}" ${FONT}>${escaped(words)}</text>`;

const escaped = (words: string): string =>
  words.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
