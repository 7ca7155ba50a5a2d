import type { Caller } from '../varlink/types.ts';
import type { Arguments, Options } from './arguments/args.ts';
import { parseArguments } from './arguments/args.ts';
import type { ExitCodeFor } from './output/exit-codes.ts';
import type { HelpTopic } from './output/help.ts';
import type { Input } from './session/input.ts';
import type { Output } from './output/output.ts';

/** What the world outside is to a command; tests have another one. */
export interface Context {
  readonly output: Output;
  readonly input: Input;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** The working folder. */
  readonly folder: string;
  readonly now: () => Date;
  /** The service; nothing is connected until it is called. */
  readonly berthd: Caller;
  /** Asks the person at the terminal for a line; undefined where there is none. */
  readonly ask: (question: string) => Promise<string | undefined>;
  /** Whether a descriptor was open before this program was started. */
  readonly isInherited: (descriptor: number) => boolean;
  /** Takes signals that would end this process, until it is disposed of. */
  readonly onSignal: (signals: readonly NodeJS.Signals[], listener: (signal: NodeJS.Signals) => void) => Disposable;
}

/** One verb of the command line. */
export interface Definition<O extends Options> extends HelpTopic {
  readonly options: O;
  /** How many operands it takes. Default: none. */
  readonly least?: number;
  readonly most?: number;
  readonly optionsEnd?: 'at-first-operand';
  /** What a failure is to the exit code. Default: 125, with 126 and 127 for commands that cannot run. */
  readonly exitCodeFor?: ExitCodeFor;
  /** @returns the exit code */
  readonly run: (args: Arguments<O>, context: Context) => Promise<number>;
}

/** A verb whose options nobody needs to know any more. */
export interface Command {
  readonly topic: HelpTopic;
  readonly exitCodeFor: ExitCodeFor | undefined;
  /** @throws UsageError | HelpWanted | what the verb fails with */
  readonly run: (args: readonly string[], context: Context) => Promise<number>;
}

/** A verb in the table of all verbs. */
export interface Entry {
  readonly summary: string;
  readonly load: () => Promise<Command>;
}
export type Entries = Readonly<Record<string, Entry>>;

/** Verbs that have a word before them: `berth container ls`. */
export interface Group {
  readonly summary: string;
  /** Names in the table of all verbs, by the verbs they have here. */
  readonly verbs: Readonly<Record<string, string>>;
}
export type Groups = Readonly<Record<string, Group>>;

export function command<const O extends Options>(definition: Definition<O>): Command {
  const { options, least = 0, most = 0, optionsEnd, run, exitCodeFor } = definition;
  const syntax = { options, least, most, ...(optionsEnd === undefined ? {} : { optionsEnd }) };
  return {
    topic: definition,
    exitCodeFor,
    run: async (args, context) => await run(parseArguments(args, syntax), context),
  };
}
