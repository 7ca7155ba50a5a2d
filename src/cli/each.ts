import { CannotConnect } from '../varlink/errors.ts';
import type { Context } from './command.ts';
import { EXIT, type ExitCodeFor } from './output/exit-codes.ts';
import { OutputClosed } from './output/output.ts';
import { report } from './output/report.ts';

/** As many as can be at work at once; berthd takes more. */
const AT_ONCE = 16;

interface Turns {
  /** `together` for what takes long and does not care about the others. */
  readonly turns: 'one-by-one' | 'together';
  readonly exitCodeFor?: ExitCodeFor | undefined;
}

/**
 * Does the same with each of several containers or images, goes on after a failure, and prints in the order they were given.
 * @param act resolves with what to print, if anything
 * @returns the exit code: of several failures the highest
 * @throws CannotConnect, which is the same for all of them
 */
export async function forEach(
  names: readonly string[],
  context: Context,
  { turns, exitCodeFor }: Turns,
  act: (name: string) => Promise<string | undefined>,
): Promise<number> {
  const waiting = [...names];
  const started: Promise<PromiseSettledResult<string | undefined>>[] = [];
  const startNext = (): void => {
    const name = waiting.shift();
    if (name !== undefined) started.push(settled(act(name)));
  };
  for (let count = turns === 'together' ? AT_ONCE : 1; count > 0; count--) startNext();
  let exitCode: number = EXIT.ok;
  for (let next = started.shift(); next !== undefined; next = started.shift()) {
    const result = await next;
    exitCode = Math.max(exitCode, await conclude(result, context, exitCodeFor));
    startNext();
  }
  return exitCode;
}

async function settled<T>(work: Promise<T>): Promise<PromiseSettledResult<T>> {
  const [result] = await Promise.allSettled([work]);
  return result;
}

async function conclude(
  result: PromiseSettledResult<string | undefined>,
  context: Context,
  exitCodeFor: ExitCodeFor | undefined,
): Promise<number> {
  if (result.status === 'fulfilled') {
    if (result.value !== undefined) await context.output.line(result.value);
    return EXIT.ok;
  }
  const failure: unknown = result.reason;
  if (failure instanceof CannotConnect || failure instanceof OutputClosed) throw failure;
  return await report(failure, context, exitCodeFor);
}
