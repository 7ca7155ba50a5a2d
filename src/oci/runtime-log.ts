/**
 * The JSON lines that crun and runc write to `--log`: the last line of level `error` is why they gave up. What they say goes
 * back to people, so it is bounded; what is no such line is skipped.
 */
import { open } from 'node:fs/promises';
import * as v from 'valibot';
import type { RuntimeLog } from './runtime.ts';
import { RuntimeError, type RuntimeErrorKind } from './errors.ts';

const Line = v.object({ level: v.string(), msg: v.string() });
const LineText = v.pipe(v.string(), v.parseJson(), Line);

/** A log is a few lines; of a longer one the end is what counts. */
const MAX_LOG_BYTES = 64 * 1024;
const MAX_MESSAGE = 2000;

/** The words by which the runtimes' refusals are told apart; the first that fits wins. */
const KINDS: readonly (readonly [RegExp, RuntimeErrorKind])[] = [
  [
    /executable file .*not found|cannot find `.*` in \$PATH|exec: .*no such file or directory|open executable.*no such file/i,
    'executable-not-found',
  ],
  [
    /exec: .*(?:permission denied|is a directory)|is not a regular file|is not executable|exec format error|open executable/i,
    'not-executable',
  ],
  [/unable to find (?:user|group)|no users found|setgroups|setresuid|setresgid/i, 'bad-user'],
  [/(?:chdir|cwd).*no such file/i, 'workdir-not-found'],
  [/chdir|cwd/i, 'bad-workdir'],
  [/does not exist|error opening file .*status|cannot open directory/i, 'no-such-container'],
  [/already exists|already running/i, 'already-exists'],
  [/not running|no such process|exec\.fifo|already stopped/i, 'not-running'],
  [/error mounting|^cannot stat/i, 'mount-failed'],
  [/rootfs|pivot_root/i, 'bad-rootfs'],
  [/mount/i, 'mount-failed'],
  [/cgroup/i, 'cgroup'],
  [/criu|checkpoint|restor/i, 'checkpoint-failed'],
  [/config\.json|oci spec|invalid|unmarshal|must not be empty/i, 'bad-spec'],
  [/permission denied|operation not permitted/i, 'permission-denied'],
];

export function classify(message: string): RuntimeErrorKind {
  return KINDS.find(([pattern]) => pattern.test(message))?.[1] ?? 'other';
}

/** What a runtime said in its own words, as an error; its program's name and the level are no news. */
export function runtimeErrorFrom(message: string, options?: ErrorOptions): RuntimeError {
  const text = message.trim().slice(0, MAX_MESSAGE);
  return new RuntimeError(classify(text), text === '' ? 'the runtime gave no reason' : text, options);
}

/** The last error among the lines of a log; undefined if there is none. */
export function lastErrorIn(text: string): RuntimeError | undefined {
  for (const line of text.split('\n').toReversed()) {
    const parsed = v.safeParse(LineText, line);
    if (parsed.success && parsed.output.level === 'error') return runtimeErrorFrom(parsed.output.msg);
  }
  return undefined;
}

export const runtimeLog: RuntimeLog = {
  async lastError(logPath) {
    return lastErrorIn(await endOf(logPath));
  },
};

/** The last bytes of a file as text; empty where there is none. */
async function endOf(path: string): Promise<string> {
  let file;
  try {
    file = await open(path, 'r');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return '';
    throw error;
  }
  await using log = file;
  const { size } = await log.stat();
  const length = Math.min(size, MAX_LOG_BYTES);
  const { buffer, bytesRead } = await log.read({ buffer: Buffer.alloc(length), position: size - length });
  return buffer.toString('utf8', 0, bytesRead);
}
