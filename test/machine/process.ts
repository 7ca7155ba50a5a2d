/**
 * Child processes for the tests: their output whole, as bytes, and their end as an event.
 *
 * Each child leads a session of its own, so that Ctrl-C in the terminal of the tests reaches the tests only, and a kill
 * reaches the child with everything it started.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import type { Readable, Writable } from 'node:stream';
import { buffer } from 'node:stream/consumers';

export interface SpawnOptions {
  /** The whole environment of the child; nothing is inherited. */
  env?: Readonly<Record<string, string>>;
  cwd?: string;
}

export interface RunOptions extends SpawnOptions {
  /** What the child reads; without it the child reads from /dev/null. */
  input?: string | Uint8Array;
  /** After this the child and its group are killed, and the promise is rejected; 60 s when not given. */
  timeoutMs?: number;
  signal?: AbortSignal;
}

/** How a process ended: exactly one of the two is set. */
export interface Ending {
  code: number | null;
  signal: NodeJS.Signals | null;
}

export interface Outcome extends Ending {
  stdout: Buffer;
  stderr: Buffer;
  /** stdout as text, without the white space at its end. */
  text(): string;
}

/** A running process whose three streams are pipes. */
export class Process {
  readonly stdin: Writable;
  readonly stdout: Readable;
  readonly stderr: Readable;
  /** Resolves when the process has ended and its streams are closed. */
  readonly ended: Promise<Ending>;
  readonly #child: ChildProcess;
  readonly #wrapped: boolean;

  /** @param wrapped the child only waits for its own child, which is the one meant (nsenter, which must fork) */
  constructor(argv: readonly string[], options: SpawnOptions = {}, wrapped = false) {
    const [file = '', ...args] = argv;
    const child = spawn(file, args, { ...options, stdio: ['pipe', 'pipe', 'pipe'], detached: true });
    this.#child = child;
    this.#wrapped = wrapped;
    ({ stdin: this.stdin, stdout: this.stdout, stderr: this.stderr } = child);
    this.stdin.on('error', () => {}); // EPIPE: the child did not want its input; its end tells why
    this.ended = new Promise((resolve, reject) => {
      child.once('error', reject);
      child.once('close', (code, signal) => resolve({ code, signal }));
    });
    this.ended.catch(() => {}); // whoever awaits it sees it
  }

  /** The process as the host numbers it; undefined when it could not be started. */
  get pid(): number | undefined {
    return (this.#wrapped ? this.#grandchild() : undefined) ?? this.#child.pid;
  }

  /** Sends one signal to the process itself, so that it can handle it and end as it likes. */
  kill(signal: NodeJS.Signals = 'SIGTERM'): void {
    const { pid } = this;
    if (pid !== undefined) sendSignal(pid, signal);
  }

  /** Kills the process and everything of its group. */
  destroy(): void {
    if (this.#child.pid !== undefined) sendSignal(-this.#child.pid, 'SIGKILL');
  }

  #grandchild(): number | undefined {
    if (this.#child.pid === undefined || this.#child.exitCode !== null) return undefined;
    const pid = this.#child.pid.toString();
    try {
      const [first] = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ');
      return first === undefined || first === '' ? undefined : Number(first);
    } catch {
      return undefined; // it ended between the check and the read
    }
  }
}

/** A process that ended otherwise than with exit code 0, with what it printed. */
export class ProcessFailed extends Error {
  override readonly name = 'ProcessFailed';
  readonly outcome: Outcome;

  constructor(argv: readonly string[], outcome: Outcome) {
    const how = outcome.signal === null ? `exit code ${String(outcome.code)}` : `signal ${outcome.signal}`;
    const printed = `${outcome.stdout.toString()}${outcome.stderr.toString()}`.trimEnd();
    super(`${argv.join(' ')}: ${how}${printed === '' ? '' : `\n${printed}`}`);
    this.outcome = outcome;
  }
}

/** Runs a process to its end, whatever that is. @throws Error when it cannot be started or takes too long */
export async function run(argv: readonly string[], options: RunOptions = {}, wrapped = false): Promise<Outcome> {
  const { input, timeoutMs = 60_000, signal, ...spawnOptions } = options;
  const limit = AbortSignal.timeout(timeoutMs);
  const stop = signal === undefined ? limit : AbortSignal.any([limit, signal]);
  stop.throwIfAborted();
  const child = new Process(argv, spawnOptions, wrapped);
  const destroy = (): void => child.destroy();
  stop.addEventListener('abort', destroy, { once: true });
  try {
    child.stdin.end(input);
    const [ending, stdout, stderr] = await Promise.all([child.ended, buffer(child.stdout), buffer(child.stderr)]);
    if (limit.aborted) {
      const printed = `${stdout.toString()}${stderr.toString()}`;
      throw new Error(`${argv.join(' ')}: not done after ${timeoutMs.toString()} ms\n${printed}`);
    }
    signal?.throwIfAborted();
    return { ...ending, stdout, stderr, text: () => stdout.toString().trimEnd() };
  } finally {
    stop.removeEventListener('abort', destroy);
  }
}

/** Runs a process that must succeed. @throws ProcessFailed with everything it printed */
export async function check(argv: readonly string[], options: RunOptions = {}, wrapped = false): Promise<Outcome> {
  const outcome = await run(argv, options, wrapped);
  if (outcome.code !== 0) throw new ProcessFailed(argv, outcome);
  return outcome;
}

function sendSignal(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error;
  }
}
