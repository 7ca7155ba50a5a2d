/** Archives of files of this host, which GNU tar packs and unpacks. */
import { spawn } from 'node:child_process';
import { basename, dirname } from 'node:path';
import type { Readable, Writable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { packOptions, TAR_LOCALE, unpackOptions } from '../../lib/tar-options.ts';
import { UsageError } from '../arguments/args.ts';
import type { Archive } from './container-archive.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/** Some of the files changed while they were read: what was read is there. */
const CHANGED = 1;

/** @param name what the archive calls it; `.` for what is in the folder */
export async function* packedOnHost(
  path: string,
  is: 'folder' | 'file',
  name: string,
  environment: Environment,
): AsyncGenerator<Uint8Array, void, void> {
  const [folder, entry] = is === 'folder' ? [path, '.'] : [dirname(path), `./${basename(path)}`];
  using tar = run(folder, packOptions(entry, name, 'all'), environment);
  tar.stdin.end();
  for await (const chunk of tar.stdout) if (chunk instanceof Uint8Array) yield chunk;
  await tar.ended([0, CHANGED]);
}

export async function unpackOnHost(
  folder: string,
  archive: Archive,
  owners: 'of-archive' | 'its-own',
  environment: Environment,
): Promise<void> {
  using tar = run(folder, unpackOptions(owners), environment);
  const ended = tar.ended([0]);
  ended.catch(() => undefined); // told below
  tar.stdout.resume();
  for await (const bytes of archive) {
    if (tar.stdin.destroyed) break; // it has ended, and says why
    if (!tar.stdin.write(bytes)) await drained(tar.stdin);
  }
  tar.stdin.end();
  await ended;
}

interface Tar extends Disposable {
  readonly stdin: Writable;
  readonly stdout: Readable;
  /** @param good the exit codes that are no failure. @throws UsageError with what it said */
  readonly ended: (good: readonly number[]) => Promise<void>;
}

function run(folder: string, options: readonly string[], environment: Environment): Tar {
  const child = spawn('tar', options, {
    cwd: folder,
    env: { ...environment, LC_ALL: TAR_LOCALE },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  const { stdin, stdout, stderr } = child;
  stdin.on('error', () => undefined); // it has ended, which is told
  const said = text(stderr);
  said.catch(() => undefined); // told with its end
  const exit = new Promise<number | string>((resolve) => {
    child.once('error', (error) => {
      resolve(error.message);
    });
    child.once('exit', (code, signal) => {
      resolve(code ?? signal ?? 'nobody knows what');
    });
  });
  return {
    stdin,
    stdout,
    ended: async (good) => {
      const end = await exit;
      if (typeof end === 'number' && good.includes(end)) return;
      const complaint = typeof end === 'number' ? (await said).trim().split('\n')[0] : undefined;
      throw new UsageError(complaint ?? `tar was ended by ${end}`);
    },
    [Symbol.dispose]: () => {
      child.kill('SIGKILL');
    },
  };
}

async function drained(stream: Writable): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  stream.once('drain', resolve).once('close', resolve);
  await promise;
  stream.off('drain', resolve).off('close', resolve);
}
