import type { Caller } from '../varlink/types.ts';
import { HelpWanted, parseArguments, UsageError, type Arguments } from './arguments/args.ts';
import type { Command, Context } from './command.ts';
import { COMMANDS, GROUPS, meaningOf } from './commands.ts';
import { EXIT } from './output/exit-codes.ts';
import { DEFAULT_ADDRESS, GLOBAL_OPTIONS } from './arguments/globals.ts';
import { OutputClosed } from './output/output.ts';
import { report } from './output/report.ts';

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
  let asked: Arguments<typeof GLOBAL_OPTIONS>;
  try {
    asked = parseArguments(argv, { options: GLOBAL_OPTIONS, least: 0, most: Infinity, optionsEnd: 'at-first-operand' });
  } catch (error) {
    if (error instanceof HelpWanted) return await help([], world);
    return await report(misused(error, undefined), world, () => EXIT.berthFailed);
  }
  const [name, ...args] = asked.operands;
  if (asked.flag('version')) return await runCommand('version', ['--client'], asked, world);
  if (name === undefined || name === 'help') return await help(args, world);
  const meaning = meaningOf(asked.operands);
  switch (meaning.kind) {
    case 'command':
      return await runCommand(meaning.name, meaning.rest, asked, world);
    case 'group':
      return await groupHelp(meaning.name, meaning.rest, world);
    case 'unknown':
      return await unknown(meaning.name, world);
  }
}

async function runCommand(
  name: string,
  args: readonly string[],
  globals: Arguments<typeof GLOBAL_OPTIONS>,
  world: World,
): Promise<number> {
  const command = await commandOf(name);
  const address = globals.text('address') ?? addressFrom(world.environment['BERTH_ADDRESS']);
  try {
    return await command.run(args, { ...world, berthd: world.serviceAt(address) });
  } catch (error) {
    if (error instanceof HelpWanted) return await help(name.split(' '), world);
    if (error instanceof UsageError) return await report(misused(error, name), world, () => EXIT.berthFailed);
    return await report(error, world, command.exitCodeFor);
  }
}

const addressFrom = (ours: string | undefined): string => (ours === undefined || ours === '' ? DEFAULT_ADDRESS : ours);

async function commandOf(name: string): Promise<Command> {
  const entry = COMMANDS[name];
  if (entry === undefined) throw new Error(`the group of '${name}' names a command that is not there`);
  return await entry.load();
}

async function unknown(name: string, world: World): Promise<number> {
  const [group] = name.split(' ');
  const error = new UsageError(`there is no command '${name}'`);
  return await report(misused(error, group === name ? undefined : group), world, () => EXIT.berthFailed);
}

function misused(error: unknown, name: string | undefined): unknown {
  if (!(error instanceof UsageError)) return error;
  const what = ['berth', name, '--help'].filter((part) => part !== undefined).join(' ');
  return new UsageError(`${error.message}; see '${what}'`, { cause: error });
}

async function help(words: readonly string[], world: World): Promise<number> {
  const { helpFor, helpForAll } = await import('./output/help.ts');
  if (words.length === 0) {
    await world.output.line(helpForAll([...rowsOf(COMMANDS), ...rowsOf(GROUPS)], GLOBAL_OPTIONS));
    return EXIT.ok;
  }
  const meaning = meaningOf(words);
  if (meaning.kind === 'unknown') return await unknown(meaning.name, world);
  if (meaning.kind === 'group') return await groupHelp(meaning.name, [], world);
  const { topic } = await commandOf(meaning.name);
  await world.output.line(helpFor(topic));
  return EXIT.ok;
}

/** @param options what stands in the place of the verb */
async function groupHelp(name: string, [option]: readonly string[], world: World): Promise<number> {
  if (option !== undefined && option !== '--help' && option !== '-h') {
    const error = new UsageError(`there is no option ${option}`);
    return await report(misused(error, name), world, () => EXIT.berthFailed);
  }
  const { helpForGroup } = await import('./output/help.ts');
  const { summary = '', verbs = {} } = GROUPS[name] ?? {};
  const rows = Object.entries(verbs).map(([verb, command]) => [verb, COMMANDS[command]?.summary ?? ''] as const);
  await world.output.line(helpForGroup(name, summary, rows));
  return EXIT.ok;
}

const rowsOf = (table: Readonly<Record<string, { readonly summary: string }>>): (readonly [string, string])[] =>
  Object.entries(table).map(([name, { summary }]) => [name, summary]);
