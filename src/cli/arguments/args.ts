import { booleanOf } from './booleans.ts';

/**
 * Command lines, by a table of options for each command. Commander does the same and costs 20 ms at every start, half as much
 * again as the runtime itself.
 */
interface OptionBase {
  /** One letter. */
  readonly short?: string;
  /** Other names, for those who know docker or podman. */
  readonly aliases?: readonly string[];
  readonly help: string;
  /** The member of the configuration that it gives, and what to say behind its name when berthd does not take that. */
  readonly member?: string;
  readonly refusal?: string;
}

/** `--name`, `--name=false`. */
interface FlagOption extends OptionBase {
  readonly kind: 'flag';
  readonly default?: boolean;
}

/** `text` takes a value, the last one given; `texts` takes all of them. */
interface TextOption extends OptionBase {
  readonly kind: 'text' | 'texts';
  /** What the help calls the value. */
  readonly value: string;
}

/** `--name`, or `--name=VALUE` as often as wanted; a value never stands apart. */
interface FlagOrTextsOption extends OptionBase {
  readonly kind: 'flag-or-texts';
  readonly value: string;
}

export type Option = FlagOption | TextOption | FlagOrTextsOption;
/** By their names, without the dashes. */
export type Options = Readonly<Record<string, Option>>;
type NamesOf<O extends Options, Kind extends Option['kind']> = {
  [Name in keyof O & string]: O[Name]['kind'] extends Kind ? Name : never;
}[keyof O & string];

export interface Syntax<O extends Options> {
  readonly options: O;
  /** How many operands there may be. */
  readonly least: number;
  readonly most: number;
  /** Whether what follows the first operand is left alone, because it is the command line of another program. */
  readonly optionsEnd?: 'at-first-operand';
}

/** The command line makes no sense; the message says why. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** Thrown where help is asked for, so that nothing else on the line matters. */
export class HelpWanted extends Error {
  override readonly name = 'HelpWanted';
}

/** What a command line says of some options; there may have been others. */
export interface Given<O extends Options> {
  readonly operands: readonly string[];
  flag(name: NamesOf<O, 'flag' | 'flag-or-texts'>): boolean;
  text(name: NamesOf<O, 'text'>): string | undefined;
  texts(name: NamesOf<O, 'texts' | 'flag-or-texts'>): readonly string[];
}

/** What a command line says. */
export class Arguments<O extends Options> implements Given<O> {
  readonly operands: readonly string[];
  readonly #options: O;
  readonly #flags: ReadonlyMap<string, boolean>;
  readonly #texts: ReadonlyMap<string, readonly string[]>;

  constructor(
    options: O,
    operands: readonly string[],
    flags: ReadonlyMap<string, boolean>,
    texts: ReadonlyMap<string, readonly string[]>,
  ) {
    this.operands = operands;
    this.#options = options;
    this.#flags = flags;
    this.#texts = texts;
  }

  flag(name: NamesOf<O, 'flag' | 'flag-or-texts'>): boolean {
    const option = this.#options[name];
    return this.#flags.get(name) ?? (option?.kind === 'flag' && option.default === true);
  }

  text(name: NamesOf<O, 'text'>): string | undefined {
    return this.#texts.get(name)?.at(-1);
  }

  texts(name: NamesOf<O, 'texts' | 'flag-or-texts'>): readonly string[] {
    return this.#texts.get(name) ?? [];
  }
}

/** @throws UsageError; HelpWanted for `--help`, and for `-h` where no option has that letter */
export function parseArguments<O extends Options>(args: readonly string[], syntax: Syntax<O>): Arguments<O> {
  const parser = new Parser(args, syntax.options);
  parser.parse(syntax.optionsEnd === 'at-first-operand');
  const { operands, flags, texts } = parser;
  if (operands.length < syntax.least) throw new UsageError('something is missing');
  if (operands.length > syntax.most) {
    throw new UsageError(`'${operands[syntax.most] ?? ''}' is too much`);
  }
  return new Arguments(syntax.options, operands, flags, texts);
}

interface Found {
  readonly name: string;
  readonly option: Option;
}

class Parser {
  readonly operands: string[] = [];
  readonly flags = new Map<string, boolean>();
  readonly texts = new Map<string, string[]>();
  readonly #args: readonly string[];
  readonly #options: Options;
  #next = 0;

  constructor(args: readonly string[], options: Options) {
    this.#args = args;
    this.#options = options;
  }

  parse(stopAtOperand: boolean): void {
    for (let arg = this.#take(); arg !== undefined; arg = this.#take()) {
      if (arg === '--') {
        this.#takeRest();
      } else if (arg.startsWith('--')) {
        this.#long(arg);
      } else if (arg.startsWith('-') && arg !== '-') {
        this.#short(arg);
      } else {
        this.operands.push(arg);
        if (stopAtOperand) this.#takeRest();
      }
    }
  }

  #take(): string | undefined {
    return this.#args[this.#next++];
  }

  #takeRest(): void {
    this.operands.push(...this.#args.slice(this.#next));
    this.#next = this.#args.length;
  }

  #long(arg: string): void {
    const equals = arg.indexOf('=');
    const written = equals < 0 ? arg : arg.slice(0, equals);
    const found = this.#find(({ option, name }) => [name, ...(option.aliases ?? [])].includes(written.slice(2)));
    if (found === undefined) {
      if (written === '--help') throw new HelpWanted();
      throw new UsageError(`there is no option ${written}`);
    }
    this.#set(found, written, equals < 0 ? undefined : arg.slice(equals + 1));
  }

  /** `-dq`, `-fNAME`, `-f NAME`, `-f=NAME`. */
  #short(arg: string): void {
    for (let index = 1; index < arg.length; index++) {
      const letter = arg.charAt(index);
      const found = this.#find(({ option }) => option.short === letter);
      if (found === undefined) {
        if (letter === 'h') throw new HelpWanted();
        throw new UsageError(`there is no option -${letter}`);
      }
      const rest = arg.slice(index + 1);
      const attached = rest.startsWith('=') ? rest.slice(1) : rest;
      const takesRest = rest.startsWith('=') || (isText(found.option) && rest !== '');
      this.#set(found, `-${letter}`, takesRest ? attached : undefined);
      if (takesRest) return;
    }
  }

  #find(matches: (candidate: Found) => boolean): Found | undefined {
    for (const [name, option] of Object.entries(this.#options)) {
      if (matches({ name, option })) return { name, option };
    }
    return undefined;
  }

  #set({ name, option }: Found, written: string, attached: string | undefined): void {
    const isBare = attached === undefined || booleanOf(attached) !== undefined;
    if (option.kind === 'flag' || (option.kind === 'flag-or-texts' && isBare)) {
      this.flags.set(name, attached === undefined ? true : truthOf(written, attached));
      return;
    }
    if (option.kind === 'flag-or-texts') this.flags.set(name, true);
    const value = attached ?? this.#take();
    if (value === undefined) throw new UsageError(`${written} needs a value: ${written} ${option.value}`);
    this.texts.set(name, [...(this.texts.get(name) ?? []), value]);
  }
}

const isText = ({ kind }: Option): boolean => kind === 'text' || kind === 'texts';

function truthOf(written: string, text: string): boolean {
  const truth = booleanOf(text);
  if (truth === undefined) throw new UsageError(`${written} is either true or false, not '${text}'`);
  return truth;
}
