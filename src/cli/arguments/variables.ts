import { readFileSync } from 'node:fs';
import { UsageError } from './args.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/** Environment variables for a container: files in their order, then what was given by itself. @throws UsageError */
export function variablesFrom(
  files: readonly string[],
  assignments: readonly string[],
  ours: Environment,
): Record<string, string> {
  const variables = new Map<string, string>();
  for (const file of files) {
    for (const assignment of linesOf(contentOf('--env-file', file)))
      assign(variables, assignment, ours, `--env-file ${file}`);
  }
  for (const assignment of assignments) assign(variables, assignment, ours, '--env');
  return Object.fromEntries(variables);
}

function contentOf(option: string, file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (cause) {
    throw new UsageError(`${option} ${file} cannot be read: ${cause instanceof Error ? cause.message : ''}`, {
      cause,
    });
  }
}

const linesOf = (text: string): string[] =>
  text
    .split(/\r?\n/u)
    .map((line) => line.trimStart())
    .filter((line) => line !== '' && !line.startsWith('#'));

/** A name alone stands for the caller's own variable, and for nothing where there is none. */
function assign(into: Map<string, string>, assignment: string, ours: Environment, option: string): void {
  const equals = assignment.indexOf('=');
  const name = equals < 0 ? assignment : assignment.slice(0, equals);
  if (name === '' || /\s/u.test(name)) throw new UsageError(`${option} takes NAME=VALUE or NAME, not '${assignment}'`);
  const value = equals < 0 ? ours[name] : assignment.slice(equals + 1);
  if (value !== undefined) into.set(name, value);
}

/** The assignments that stand in files, one a line. @throws UsageError */
export const assignmentsIn = (option: string, files: readonly string[]): string[] =>
  files.flatMap((file) => linesOf(contentOf(option, file)));

/** `KEY=VALUE` or `KEY`, which has the empty value. @throws UsageError */
export function labelsFrom(option: string, assignments: readonly string[]): Record<string, string> {
  const entries = assignments.map((assignment): [string, string] => {
    const equals = assignment.indexOf('=');
    const key = equals < 0 ? assignment : assignment.slice(0, equals);
    if (key === '') throw new UsageError(`${option} takes KEY=VALUE, not '${assignment}'`);
    return [key, equals < 0 ? '' : assignment.slice(equals + 1)];
  });
  return Object.fromEntries(entries);
}
