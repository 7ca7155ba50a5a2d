import type { Option, Options } from '../arguments/args.ts';

export interface HelpTopic {
  readonly name: string;
  /** One line, as the list of commands has it. */
  readonly summary: string;
  /** What stands on the command line after the options. */
  readonly operands: string;
  /** What else there is to know, in whole sentences. */
  readonly details?: string;
  readonly options: Options;
}

/** What `berth NAME --help` prints. */
export function helpFor({ name, summary, operands, details, options }: HelpTopic): string {
  const rows = optionRows(options);
  if (!Object.values(options).some(({ short }) => short === 'h')) rows.push(['-h, --help', 'Show this help']);
  else rows.push(['    --help', 'Show this help']);
  const usage = ['berth', name, '[OPTIONS]', operands].filter((part) => part !== '').join(' ');
  return [
    `Usage: ${usage}`,
    `${summary}.${details === undefined ? '' : ` ${details}`}`,
    `Options:\n${columns(rows)}`,
  ].join('\n\n');
}

type Row = readonly [left: string, right: string];

/** What `berth --help` prints. */
export function helpForAll(commands: readonly Row[], options: Options): string {
  return [
    'Usage: berth [OPTIONS] COMMAND …',
    'Run OCI containers as systemd units.',
    `Commands:\n${columns(commands)}`,
    `Options:\n${columns([...optionRows(options), ['-h, --help', 'Show this help']])}`,
    "See 'berth COMMAND --help' for what a command takes.",
  ].join('\n\n');
}

/** What `berth GROUP --help` prints. */
export function helpForGroup(name: string, summary: string, verbs: readonly Row[]): string {
  return [
    `Usage: berth ${name} COMMAND …`,
    `${summary}.`,
    `Commands:\n${columns(verbs)}`,
    `See 'berth ${name} COMMAND --help' for what a command takes.`,
  ].join('\n\n');
}

/** How each option is written, and what it does. */
export const optionRows = (options: Options): Row[] =>
  Object.entries(options).map(([long, option]) => [spelling(long, option), helpOf(option)]);

function spelling(long: string, option: Option): string {
  const short = option.short === undefined ? '    ' : `-${option.short}, `;
  return `${short}--${long}${valueOf(option)}`;
}

function valueOf(option: Option): string {
  if (option.kind === 'flag') return '';
  return option.kind === 'flag-or-texts' ? `[=${option.value}]` : ` ${option.value}`;
}

function helpOf(option: Option): string {
  if (option.kind === 'texts' || option.kind === 'flag-or-texts') return `${option.help} (may be given several times)`;
  return option.kind === 'flag' && option.default === true ? `${option.help} (default: true)` : option.help;
}

function columns(rows: readonly Row[]): string {
  const width = Math.max(...rows.map(([left]) => left.length));
  return rows.map(([left, right]) => `  ${left.padEnd(width)}  ${right}`).join('\n');
}
