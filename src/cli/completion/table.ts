import type { Option } from '../arguments/args.ts';
import type { Entries, Groups } from '../command.ts';
import { GLOBAL_OPTIONS } from '../arguments/globals.ts';
import type { HelpTopic } from '../output/help.ts';

/** What can stand in a place: certain words, or what has to be looked up when somebody asks. */
export interface Suggestions {
  readonly words: readonly string[];
  readonly lookUps: readonly LookUp[];
}
export type LookUp = 'containers' | 'images' | 'files' | 'signals';

export interface CompletedOption {
  /** With their dashes, the long one first. */
  readonly names: readonly string[];
  /** What the value is called, and what it can be; undefined where there is none. */
  readonly value: { readonly name: string; readonly suggestions: Suggestions } | undefined;
  readonly repeats: boolean;
  readonly help: string;
}

export interface CompletedCommand {
  readonly name: string;
  readonly summary: string;
  readonly options: readonly CompletedOption[];
  readonly operands: Suggestions;
  /** Whether the first operand is followed by the command line of another program. */
  readonly isFollowedByCommand: boolean;
}

/** The command lines there are, as the completions of shells need them. */
export interface CompletionTable {
  /** What stands before the command. */
  readonly options: readonly CompletedOption[];
  readonly commands: readonly CompletedCommand[];
  /** By the first word: the commands its second word stands for. */
  readonly groups: readonly {
    name: string;
    summary: string;
    verbs: readonly (readonly [verb: string, name: string])[];
  }[];
}

/** Loads every command. */
export async function completionTable(entries: Entries, groups: Groups): Promise<CompletionTable> {
  const commands: CompletedCommand[] = [];
  for (const { load } of Object.values(entries)) commands.push(completed((await load()).topic));
  return {
    options: completedOptions(GLOBAL_OPTIONS),
    commands,
    groups: Object.entries(groups).map(([name, { summary, verbs }]) => ({
      name,
      summary,
      verbs: Object.entries(verbs),
    })),
  };
}

const completed = ({ name, summary, operands, options }: HelpTopic): CompletedCommand => ({
  name,
  summary,
  options: completedOptions(options),
  operands: suggestionsFor(operands.replace(/ .*$/u, ''), OPERANDS),
  isFollowedByCommand: operands.includes('COMMAND'),
});

const HELP: CompletedOption = { names: ['--help'], value: undefined, repeats: false, help: 'Show this help' };

const completedOptions = (options: HelpTopic['options']): CompletedOption[] => [
  ...Object.entries(options).map(([long, option]) => completedOption(long, option)),
  HELP,
];

function completedOption(long: string, option: Option): CompletedOption {
  const { short, aliases = [], help } = option;
  const value =
    option.kind === 'flag' ? undefined : { name: option.value, suggestions: suggestionsFor(option.value, VALUES) };
  return {
    names: [...[long, ...aliases].map((name) => `--${name}`), ...(short === undefined ? [] : [`-${short}`])],
    value,
    repeats: option.kind === 'texts',
    help,
  };
}

/** By what the help calls an operand. */
const OPERANDS: readonly (readonly [name: RegExp, lookUp: LookUp])[] = [
  [/^\[?(?:NAME|CONTAINER)\b/u, 'containers'],
  [/^\[?(?:IMAGE|CONTAINER\|IMAGE)\b/u, 'images'],
  [/^\[?PATH\]?$/u, 'files'],
];
/** By what the help calls the value of an option. */
const VALUES: readonly (readonly [name: RegExp, lookUp: LookUp])[] = [
  [/^(?:PATH|FILE)$/u, 'files'],
  [/^SIGNAL$/u, 'signals'],
];

/** `no|on-failure[:N]|always|unless-stopped` are words, `container:NAME` is the beginning of one; what is in capitals is no word. */
function suggestionsFor(name: string, lookUps: typeof OPERANDS): Suggestions {
  const words = name
    .split('|')
    .map((word) => /^[a-z][a-z-]*(?:[:=](?:[a-z]+$)?)?/u.exec(word.replaceAll(/\[.*?\]/gu, ''))?.[0])
    .filter((word) => word !== undefined);
  return { words, lookUps: lookUps.filter(([pattern]) => pattern.test(name)).map(([, lookUp]) => lookUp) };
}
