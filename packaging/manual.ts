/** berth(1), from the table of commands that the program itself uses. */
import type { Options } from '../src/cli/arguments/args.ts';
import { COMMANDS, GROUPS } from '../src/cli/commands.ts';
import { GLOBAL_OPTIONS } from '../src/cli/arguments/globals.ts';
import { optionRows, type HelpTopic } from '../src/cli/output/help.ts';
import { roff } from './roff.ts';

/** @returns the page in roff, for man(7) */
export async function manual(version: string): Promise<string> {
  const topics = await Promise.all(Object.values(COMMANDS).map(async ({ load }) => (await load()).topic));
  return [
    `.TH BERTH 1 "" "berth ${roff(version)}" "User Commands"`,
    '.SH NAME',
    String.raw`berth \- run OCI containers as systemd units`,
    '.SH SYNOPSIS',
    '.B berth',
    String.raw`.RI [ OPTIONS ] " COMMAND" " \&...`,
    '.SH DESCRIPTION',
    ...paragraphs(DESCRIPTION),
    '.SH OPTIONS',
    ...optionLines(GLOBAL_OPTIONS),
    '.SH COMMANDS',
    ...topics.flatMap(commandLines),
    '.SH OTHER NAMES',
    ...paragraphs(['Docker and podman have other names for many of these, which mean the same here:']),
    ...Object.entries(GROUPS).flatMap(([name, { verbs }]) => [
      '.TP',
      `.BI "berth ${name} " VERB`,
      roff(Object.keys(verbs).join(', ')),
    ]),
    '.SH EXIT STATUS',
    ...EXIT_STATUS.flatMap(([code, meaning]) => ['.TP', `.B ${code}`, roff(meaning)]),
    '.SH ENVIRONMENT',
    ...terms(ENVIRONMENT),
    '.SH FILES',
    ...terms(FILES),
    '.SH SEE ALSO',
    SEE_ALSO.map(([page, section]) => `.BR ${page} (${section})`).join(' ,\n'),
    '',
  ].join('\n');
}

const DESCRIPTION = [
  'A container NAME is the systemd unit berth-NAME.service: PID 1 starts it, limits it, freezes it, logs it, restarts ' +
    'it and reaps it. systemctl(1), journalctl(1) and systemd-cgls(1) work on it like on any other service.',
  'berth speaks varlink with berthd(8), which systemd starts with the first call. A container is given by its name, its ID, ' +
    'or the first digits of its ID; an image by its name, its ID, or the first digits of its ID.',
];

const EXIT_STATUS = [
  ['0', 'Everything went well.'],
  ['1', 'With rm and rmi, there is none of that name.'],
  ['2', 'With rm, the container runs; with rmi, containers are made from the image.'],
  ['125', 'The command line makes no sense, or berth itself failed.'],
  ['126', 'The command cannot be executed in the container.'],
  ['127', 'The command is not in the container.'],
  ['128+N', 'With run, signal N has ended the container.'],
  ['141', 'Nobody reads the output any more.'],
] as const;

type Terms = readonly (readonly [term: string, meaning: string])[];

const ENVIRONMENT: Terms = [
  ['BERTH_ADDRESS', 'Where berthd is, where --address does not say it.'],
  ['NO_COLOR', 'Where it is set to anything, nothing is shown in colours.'],
];
const FILES: Terms = [
  [
    '/run/berth/io.berth',
    'The socket of berthd. Whoever may write to it, root and the group berth, is as good as root.',
  ],
  ['/etc/berth/berth.conf', 'Settings of berthd; see berth.conf(5).'],
  ['/usr/share/varlink/io.berth.*.varlink', 'The interfaces, for other programs.'],
];
const SEE_ALSO = [
  ['berthd', 8],
  ['berth.conf', 5],
  ['systemctl', 1],
  ['journalctl', 1],
  ['berth-units', 7],
  ['berth-attach', 7],
  ['berth-networks', 7],
  ['berthd-recovery', 7],
  ['systemd.resource-control', 5],
  ['varlinkctl', 1],
] as const;

function commandLines({ name, summary, operands, details, options }: HelpTopic): string[] {
  return [
    `.SS berth ${roff(name)}`,
    `.B berth ${roff(name)}`,
    `.RI [ OPTIONS ] "${roff(operands === '' ? '' : ` ${operands}`)}"`,
    '.PP',
    ...paragraphs([[`${summary}.`, details ?? ''].join(' ').trim()]).slice(1),
    ...optionLines(options),
  ];
}

const optionLines = (options: Options): string[] =>
  optionRows(options).flatMap(([spelling, help]) => ['.TP', `.B ${roff(spelling.trim())}`, `${roff(help)}.`]);

const terms = (all: Terms): string[] => all.flatMap(([term, meaning]) => ['.TP', `.B ${roff(term)}`, roff(meaning)]);

const paragraphs = (texts: readonly string[]): string[] =>
  texts.flatMap((text) => ['.PP', roff(text.replaceAll(/\s*\n\s*/gu, ' '))]);
