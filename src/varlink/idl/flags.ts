import type { Method } from './ast.ts';

/** Whether a method answers a flag of the call: not at all, if asked, or only then. */
export type Support = 'no' | 'supports' | 'requires';

export interface MethodFlags {
  readonly more: Support;
  readonly upgrade: Support;
}

const FLAG = /^\[(Requires|Supports) '(more|upgrade)' flag\]$/u;

/**
 * The grammar has no word for it, so systemd's convention is to say it in a line of the method's comment, such as
 * `[Requires 'more' flag]`, and to treat these lines as part of the interface.
 */
export function flagsOf(method: Method): MethodFlags {
  const flags: Record<keyof MethodFlags, Support> = { more: 'no', upgrade: 'no' };
  for (const line of method.comment) {
    const [, word, flag] = FLAG.exec(line.trim()) ?? [];
    if (flag === 'more' || flag === 'upgrade') flags[flag] = word === 'Requires' ? 'requires' : 'supports';
  }
  return flags;
}

/** A comment without its flag lines: what is meant for people. */
export function proseOf(comment: readonly string[]): string[] {
  return comment.filter((line) => !FLAG.test(line.trim()));
}
