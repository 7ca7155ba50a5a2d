/**
 * Other programs, run to their end. By Node's own `spawn`: a package for it (execa) held 23 MB of a daemon that has nothing to
 * do, and took 80 ms to load.
 */
import { spawn } from 'node:child_process';
import type { Readable } from 'node:stream';
import { createInterface } from 'node:readline';

/** It could not be run, or ended otherwise than with 0. */
export class ProgramFailed extends Error {
  override readonly name = 'ProgramFailed';
  /** What it wrote to its standard error. */
  readonly stderr: string;
  /** Why it could not be run, by errno's name; undefined when it ran. */
  readonly errno: string | undefined;
  constructor(
    message: string,
    { stderr, errno, cause }: { stderr: string; errno?: string | undefined; cause?: unknown },
  ) {
    super(message, { cause });
    this.stderr = stderr;
    this.errno = errno;
  }
}

export interface RunOptions {
  /** All of it; this process's own if left out. */
  readonly environment?: Readonly<Record<string, string>> | undefined;
  /** Ends the program: SIGTERM, and SIGKILL where it does not heed that. */
  readonly signal?: AbortSignal | undefined;
  /** Gets each line of its standard output while it runs. */
  readonly onLine?: ((line: string) => void) | undefined;
}

/** A program that prints more is ended: nothing that berth asks for is that long. */
const MAX_OUTPUT_BYTES = 16 * 1024 * 1024;
const GRACE_MS = 5000;

/**
 * Runs a program without input.
 * @returns what it printed
 * @throws ProgramFailed; the signal's reason when that aborts, once the program has ended
 */
export async function runProgram(argv: readonly string[], options: RunOptions = {}): Promise<Buffer> {
  const { environment, signal, onLine } = options;
  signal?.throwIfAborted();
  const [file = '', ...rest] = argv;
  const child = spawn(file, rest, { stdio: ['ignore', 'pipe', 'pipe'], env: environment });
  let killing: NodeJS.Timeout | undefined;
  const end = (): void => {
    if (killing !== undefined) return;
    killing = setTimeout(() => child.kill('SIGKILL'), GRACE_MS);
    // What it has started may live on, and hold the pipes.
    child.once('exit', () => {
      child.stdout.destroy();
      child.stderr.destroy();
    });
    child.kill('SIGTERM');
  };
  signal?.addEventListener('abort', end, { once: true });
  const stdout = collect(child.stdout, end);
  const stderr = collect(child.stderr, end);
  if (onLine !== undefined) createInterface({ input: child.stdout }).on('line', onLine);
  const { promise: ended, resolve, reject } = Promise.withResolvers<string | undefined>();
  child.once('error', reject);
  child.once('close', (code, killedBy) => {
    if (code === 0) resolve(undefined);
    else resolve(killedBy === null ? `exited with ${code}` : `was ended by ${killedBy}`);
  });
  try {
    const problem = await ended;
    signal?.throwIfAborted();
    if (stdout.isFull() || stderr.isFull()) throw failed(`${file} printed too much`);
    if (problem !== undefined) throw failed(`${file} ${problem}`);
    return stdout.bytes();
  } catch (error) {
    if (!isErrno(error)) throw error;
    throw failed(`${file} cannot be run: ${error.code}`, error);
  } finally {
    clearTimeout(killing);
    signal?.removeEventListener('abort', end);
  }

  function failed(message: string, cause?: NodeJS.ErrnoException): ProgramFailed {
    return new ProgramFailed(message, { stderr: stderr.bytes().toString('utf8'), errno: cause?.code, cause });
  }
}

interface Collected {
  bytes(): Buffer;
  isFull(): boolean;
}

/** What a stream says, up to the limit. @param full told when there is more */
function collect(stream: Readable, full: () => void): Collected {
  const chunks: Buffer[] = [];
  let size = 0;
  stream.on('data', (chunk: Buffer) => {
    size += chunk.length;
    if (size <= MAX_OUTPUT_BYTES) chunks.push(chunk);
    else full();
  });
  return { bytes: () => Buffer.concat(chunks), isFull: () => size > MAX_OUTPUT_BYTES };
}

const isErrno = (error: unknown): error is NodeJS.ErrnoException =>
  error instanceof Error && 'errno' in error && 'syscall' in error;
