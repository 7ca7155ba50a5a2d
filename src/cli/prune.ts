import { UsageError, type Options } from './arguments/args.ts';
import type { Context } from './command.ts';
import { labelsFrom } from './arguments/variables.ts';

/** What the commands that remove whatever nobody needs share. */
export const PRUNE_OPTIONS = {
  force: { kind: 'flag', short: 'f', help: 'Do not ask' },
} as const satisfies Options;

/** Asks a person; a program that gives the command is sure. */
export async function sure(question: string, { ask }: Context): Promise<boolean> {
  const answer = await ask(`${question} Go on? [y/N] `);
  return answer === undefined || /^y(?:es)?$/iu.test(answer.trim());
}

/** @param texts `label=KEY[=VALUE]`. @throws UsageError */
export function labelFilters(texts: readonly string[]): Record<string, string> | undefined {
  const labels = texts.map((text) => {
    if (text.startsWith('label=')) return text.slice('label='.length);
    throw new UsageError(`--filter takes label=KEY[=VALUE], not '${text}'`);
  });
  return labels.length === 0 ? undefined : labelsFrom('--filter label=', labels);
}
