/**
 * Programs that run for a few milliseconds, and are run so often that it counts what starting one costs: `posix-spawn.ts` says
 * why not with Node's own spawn. Everything else that is run, execa runs.
 */
import { closeSync, openSync } from 'node:fs';
import { Socket } from 'node:net';
import { loadedOnce } from './loaded-once.ts';
import type { ProcessEnd } from './posix-spawn.ts';

/** What is kept of what a program says; the rest is read and thrown away. */
const MAX_SAID_BYTES = 64 * 1024;

const calls = loadedOnce(async () => await import('./libc.ts'));
const spawning = loadedOnce(async () => await import('./posix-spawn.ts'));

/**
 * Runs a program to its end, without input; what it prints goes nowhere.
 * @param argv begins with a path
 * @param env all of it, `NAME=value`
 * @param file the path of the program, if that is not what it is told
 * @returns how it ended, and what it wrote to its standard error
 * @throws SystemCallFailed when it cannot be run
 */
export async function runShortProgram(
  argv: readonly string[],
  env: readonly string[],
  file?: string,
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
  const [said, end] = await Promise.all([hearing, reap(pid)]);
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
