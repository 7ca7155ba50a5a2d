/** One `journalctl` process: arguments for a query, and its output. */
import { spawn } from 'node:child_process';
import type { Readable } from 'node:stream';
import { ENTRY_FIELDS } from './entry.ts';
import type { JournalQuery } from './journal.ts';
import { JournalReadFailed, JournalUnavailable } from './errors.ts';

const MAX_STDERR_BYTES = 4096;

/** Where to begin: at an entry, after one, or wherever the query does. */
export type Origin = { readonly from: 'query' } | { readonly from: 'cursor' | 'after-cursor'; readonly cursor: string };

export interface JournalctlOptions {
  readonly origin: Origin;
  readonly order: 'forward' | 'reverse';
  readonly atEnd: 'stop' | 'follow';
  readonly entries?: number | undefined;
}

/** Arguments for `journalctl`; `query.oneOf` is left to the reader. @throws RangeError for a query without matches, or with one that is no field */
export function journalctlArguments(query: JournalQuery, options: JournalctlOptions): string[] {
  const { since, until } = query;
  const { origin } = options;
  const argv = ['--no-pager', '--quiet', '--all', '--output=export'];
  argv.push(`--output-fields=${[...new Set([...ENTRY_FIELDS, ...fieldsOf(query)])].join(',')}`);
  if (options.order === 'reverse') argv.push('--reverse');
  if (options.atEnd === 'follow') argv.push('--follow', '--no-tail');
  if (options.entries !== undefined) argv.push(`--lines=${options.entries}`);
  // journalctl takes either a time or a cursor to begin with; beside a cursor, the reader looks at the time itself.
  if (origin.from !== 'query') argv.push(`--${origin.from}=${origin.cursor}`);
  else if (since !== undefined) argv.push(`--since=${timestamp(since)}`);
  if (until !== undefined && options.atEnd === 'stop') argv.push(`--until=${timestamp(until)}`);
  return [...argv, '--', ...matchArguments(query)];
}

/** The fields that a query asks for, or looks at. */
export const fieldsOf = ({ fields = [], oneOf = [] }: JournalQuery): readonly string[] => [
  ...fields,
  ...oneOf.flatMap((group) => Object.keys(group)),
];

const timestamp = (moment: Date): string => {
  const ms = moment.getTime();
  return `@${Math.floor(ms / 1000)}.${String(ms % 1000).padStart(3, '0')}`;
};

function matchArguments({ matches, boot }: JournalQuery): string[] {
  const terms = Object.entries(matches).map(([field, value]) => {
    if (!/^[A-Z_][A-Z0-9_]*$/.test(field)) throw new RangeError(`Not a journal field: ${field}`);
    return `${field}=${value}`;
  });
  if (terms.length === 0) throw new RangeError('A journal query needs a match');
  return boot === undefined ? terms : [...terms, `_BOOT_ID=${boot}`];
}

/**
 * Runs journalctl and hands out what it prints, as it comes; a reader that stops, or aborts `signal`, ends the process. While nobody
 * reads, the pipe fills and journalctl waits.
 * @throws JournalUnavailable | JournalReadFailed
 */
export async function* journalctl(argv: readonly string[], signal: AbortSignal): AsyncGenerator<Buffer, void> {
  if (signal.aborted) return;
  const [command = 'journalctl', ...rest] = argv;
  const child = spawn(command, rest, { stdio: ['ignore', 'pipe', 'pipe'] });
  const { promise: ended, resolve, reject } = Promise.withResolvers<number | null>();
  child.once('error', (failure) => {
    reject(new JournalUnavailable(`Cannot run ${command}`, { cause: failure }));
  });
  child.once('exit', resolve);
  ended.catch(() => undefined); // awaited below, but only after the output has ended
  const stop = (): void => {
    child.kill('SIGKILL');
    child.stdout.destroy();
  };
  signal.addEventListener('abort', stop, { once: true });
  const complaint = beginningOf(child.stderr);
  try {
    yield* chunksOf(child.stdout, signal);
    const code = await ended;
    if (code !== 0 && !signal.aborted)
      throw new JournalReadFailed((await complaint) || `journalctl exited with ${code}`);
  } finally {
    signal.removeEventListener('abort', stop);
    stop();
    await ended.catch(() => undefined);
  }
}

/** Ends without an error when `signal` has destroyed the stream. */
async function* chunksOf(stream: Readable, signal: AbortSignal): AsyncGenerator<Buffer, void> {
  try {
    for await (const chunk of stream) {
      if (!Buffer.isBuffer(chunk)) throw new TypeError('A pipe gives bytes');
      yield chunk;
      if (signal.aborted) return;
    }
  } catch (failure) {
    if (!signal.aborted) throw failure;
  }
}

async function beginningOf(stream: Readable): Promise<string> {
  let text = '';
  try {
    for await (const chunk of stream.setEncoding('utf8')) {
      if (text.length < MAX_STDERR_BYTES) text += String(chunk).slice(0, MAX_STDERR_BYTES - text.length);
    }
  } catch {
    // The process was ended while it spoke; what it said until then will do.
  }
  return text.trim();
}
