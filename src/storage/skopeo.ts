/** Runs skopeo, the only writer of an image store, and puts its failures into words. */
import { ProgramFailed, runProgram } from '../lib/run-program.ts';
import type { PullFailure } from './errors.ts';

/** skopeo, or another program, ended with an error; the message is its own. */
export class CommandFailed extends Error {
  override readonly name = 'CommandFailed';
}

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
  try {
    return await runProgram(argv, { signal, onLine });
  } catch (error) {
    if (!(error instanceof ProgramFailed)) throw error;
    throw new CommandFailed(fatalMessage(error.stderr) ?? error.message, { cause: error });
  }
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
