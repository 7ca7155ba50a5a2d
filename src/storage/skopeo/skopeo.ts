/** Runs skopeo, the only writer of an image store, and puts its failures into words. */
import { createInterface } from 'node:readline';
import type { PullFailure } from '../errors.ts';

/** skopeo, or another program, ended with an error; the message is its own. */
export class CommandFailed extends Error {
  override readonly name = 'CommandFailed';
}

const MAX_OUTPUT_BYTES = 16 * 1024 * 1024;

/**
 * Runs a program to its end, and answers what it printed.
 * @param onLine gets each line while the program runs
 * @throws CommandFailed; the signal's reason when that aborts
 */
export async function runCommand(
  argv: readonly string[],
  signal: AbortSignal | undefined,
  onLine?: (line: string) => void,
): Promise<Buffer> {
  signal?.throwIfAborted();
  const { execa } = await import('execa'); // takes 80 ms, which a daemon started for a question should not spend
  const [command = '', ...rest] = argv;
  const child = execa(command, rest, {
    stdin: 'ignore',
    encoding: 'buffer',
    stripFinalNewline: false, // it belongs to what is printed, and to its digest
    maxBuffer: MAX_OUTPUT_BYTES,
    reject: false,
    ...(signal === undefined ? {} : { cancelSignal: signal }),
  });
  if (onLine !== undefined) createInterface({ input: child.stdout }).on('line', onLine);
  const result = await child;
  signal?.throwIfAborted();
  if (!result.failed) return Buffer.from(result.stdout);
  const said = Buffer.from(result.stderr).toString('utf8');
  throw new CommandFailed(fatalMessage(said) ?? result.shortMessage, { cause: result.cause });
}

/** The last thing skopeo said: logrus writes `time="…" level=fatal msg="…"`, the message quoted as Go does it. */
export function fatalMessage(stderr: string): string | undefined {
  const lines = stderr.trim().split('\n');
  const fatal = lines.findLast((line) => /level=(?:fatal|error)/.test(line)) ?? lines.at(-1);
  const quoted = /\bmsg=(?<message>"(?:[^"\\]|\\.)*")/.exec(fatal ?? '')?.groups?.['message'];
  const message = quoted === undefined ? fatal : unquote(quoted);
  return message === undefined || message === '' ? undefined : message.slice(0, 4096);
}

function unquote(quoted: string): string {
  try {
    return String(JSON.parse(quoted));
  } catch {
    return quoted.slice(1, -1); // Go's escapes are JSON's but for a few, such as \x
  }
}

/** In the words of containers/image and Go's net package; the first that fits. */
const PULL_REASONS: readonly (readonly [RegExp, PullFailure])[] = [
  [
    /manifest unknown|name unknown|name not known|repository not found|status(?: code)?:? 404|not found: |no image found in (?:image index|manifest list)/i,
    'not-found',
  ],
  [/unauthorized|authentication required|denied|invalid username\/password|status(?: code)?:? 40[13]/i, 'unauthorized'],
  [
    /no such host|connection refused|connection reset|timeout|network is unreachable|no route to host|temporary failure in name resolution|x509:|tls:|server gave HTTP response|EOF$/i,
    'unreachable',
  ],
];

/** Why a registry did not give an image. */
export const pullFailure = (message: string): PullFailure =>
  PULL_REASONS.find(([pattern]) => pattern.test(message))?.[1] ?? 'other';
