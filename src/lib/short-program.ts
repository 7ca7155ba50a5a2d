/**
 * Programs that run for a few milliseconds, and are run so often that it counts what starting one costs: `posix-spawn.ts` says
 * why not with Node's own spawn. Everything else that is run, execa runs.
 */
import { closeSync, openSync } from 'node:fs';
import { Socket } from 'node:net';
import { loadedOnce } from './loaded-once.ts';
import type { ProcessEnd } from './posix-spawn.ts';
import { withinTime } from './within-time.ts';

/** A program that was to end soon has not: it was killed, whether or not the kernel could do that already. */
export class ProgramTimedOut extends Error {
  override readonly name = 'ProgramTimedOut';
}

export interface ShortProgramOptions {
  /** The path of the program, if that is not what it is told. */
  readonly file?: string | undefined;
  readonly limitMs: number;
}

/** What is kept of what a program says; the rest is read and thrown away. */
const MAX_SAID_BYTES = 64 * 1024;

const calls = loadedOnce(async () => await import('./libc.ts'));
const spawning = loadedOnce(async () => await import('./posix-spawn.ts'));

/**
 * Runs a program to its end, without input; what it prints goes nowhere.
 * @param argv begins with a path
 * @param env all of it, `NAME=value`
 * @returns how it ended, and what it wrote to its standard error
 * @throws SystemCallFailed when it cannot be run; ProgramTimedOut
 */
export async function runShortProgram(
  argv: readonly string[],
  env: readonly string[],
  { file, limitMs }: ShortProgramOptions,
): Promise<{ end: ProcessEnd; said: string }> {
  const { socketPair } = await calls();
  const { reap, spawn } = await spawning();
  const nothing = openSync('/dev/null', 'r+');
  const [ours, theirs] = socketPair();
  const hearing = hear(ours);
  let pid: number;
  try {
    pid = await spawn(argv, env, [nothing, nothing, theirs], file);
  } finally {
    closeSync(theirs);
    closeSync(nothing);
  }
  let ended = false;
  const reaped = reap(pid).finally(() => {
    ended = true;
  });
  const [said, end] = await withinTime(Promise.all([hearing, reaped]), limitMs, () => {
    // Its ID is nobody else's before it is reaped.
    if (!ended) process.kill(pid, 'SIGKILL');
    return new ProgramTimedOut(`${argv[0] ?? ''} has not ended within ${limitMs / 1000} s`);
  });
  return { end, said };
}

async function hear(fd: number): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of new Socket({ fd }) as AsyncIterable<Buffer>) {
    if (size < MAX_SAID_BYTES) chunks.push(chunk.subarray(0, MAX_SAID_BYTES - size));
    size += chunk.length;
  }
  return Buffer.concat(chunks).toString('utf8');
}
