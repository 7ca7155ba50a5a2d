import type { Caller } from '../varlink/types.ts';
import { HelpWanted, parseArguments, UsageError, type Arguments, type Options } from './args.ts';
import type { Command, Context } from './command.ts';
import { COMMANDS } from './commands.ts';
import { EXIT } from './exit-codes.ts';
import { OutputClosed } from './output.ts';
import { report } from './report.ts';

const DEFAULT_ADDRESS = 'unix:/run/berth/io.berth';

const OPTIONS = {
  address: {
    kind: 'text',
    value: 'ADDRESS',
    help: `Where berthd is, such as unix:/PATH; default: $BERTH_ADDRESS, then ${DEFAULT_ADDRESS}`,
  },
  version: { kind: 'flag', short: 'v', help: 'Show the version of this program' },
} as const satisfies Options;

/** What the process gives the program; the service is known once the command line is. */
export interface World extends Omit<Context, 'berthd'> {
  readonly serviceAt: (address: string) => Caller;
}

/**
 * Runs one command line, up to and including the words about what went wrong.
 * @returns the exit code
 */
export async function program(argv: readonly string[], world: World): Promise<number> {
  try {
    return await runProgram(argv, world);
  } catch (error) {
    if (error instanceof OutputClosed) return EXIT.outputClosed;
    throw error;
  }
}

async function runProgram(argv: readonly string[], world: World): Promise<number> {
  let asked: Arguments<typeof OPTIONS>;
  try {
    asked = parseArguments(argv, { options: OPTIONS, least: 0, most: Infinity, optionsEnd: 'at-first-operand' });
  } catch (error) {
    if (error instanceof HelpWanted) return await help([], world);
    return await report(misused(error, undefined), world, () => EXIT.berthFailed);
  }
  const [name, ...args] = asked.operands;
  if (asked.flag('version')) return await runCommand('version', ['--client'], asked, world);
  if (name === undefined || name === 'help') return await help(args, world);
  return await runCommand(name, args, asked, world);
}

async function runCommand(
  name: string,
  args: readonly string[],
  globals: Arguments<typeof OPTIONS>,
  world: World,
): Promise<number> {
  const command = await commandOf(name);
  if (command === undefined) return await unknown(name, world);
  const address = globals.text('address') ?? addressFrom(world.environment['BERTH_ADDRESS']);
  try {
    return await command.run(args, { ...world, berthd: world.serviceAt(address) });
  } catch (error) {
    if (error instanceof HelpWanted) return await help([name], world);
    if (error instanceof UsageError) return await report(misused(error, name), world, () => EXIT.berthFailed);
    return await report(error, world, command.exitCodeFor);
  }
}

const addressFrom = (ours: string | undefined): string => (ours === undefined || ours === '' ? DEFAULT_ADDRESS : ours);

const commandOf = async (name: string): Promise<Command | undefined> =>
  Object.hasOwn(COMMANDS, name) ? await COMMANDS[name]?.load() : undefined;

async function unknown(name: string, world: World): Promise<number> {
  const error = new UsageError(`there is no command '${name}'`);
  return await report(misused(error, undefined), world, () => EXIT.berthFailed);
}

function misused(error: unknown, name: string | undefined): unknown {
  if (!(error instanceof UsageError)) return error;
  const what = ['berth', name, '--help'].filter((part) => part !== undefined).join(' ');
  return new UsageError(`${error.message}; see '${what}'`, { cause: error });
}

async function help([name]: readonly string[], world: World): Promise<number> {
  const { helpFor, helpForAll } = await import('./help.ts');
  if (name === undefined) {
    const rows = Object.entries(COMMANDS).map(([each, { summary }]) => [each, summary] as const);
    await world.output.line(helpForAll(rows, OPTIONS));
    return EXIT.ok;
  }
  const command = await commandOf(name);
  if (command === undefined) return await unknown(name, world);
  await world.output.line(helpFor(command.topic));
  return EXIT.ok;
}
