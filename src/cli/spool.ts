/** Files of this host that berthd reads or writes in the place of a standard stream of this program. */
import { mkdtemp, open, rm, type FileHandle } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import type { Context } from './command.ts';

/** Large files do not belong into memory, which /tmp may be. */
const folderFor = ({ environment }: Pick<Context, 'environment'>): string =>
  environment['TMPDIR'] === undefined ? '/var/tmp' : tmpdir();

/** A file without a name that holds all that a stream gives; its path is good for as long as it is open. */
export async function spooled(
  input: Readable,
  context: Pick<Context, 'environment'>,
): Promise<AsyncDisposable & { readonly path: string }> {
  await using opening = new AsyncDisposableStack();
  const folder = await mkdtemp(join(folderFor(context), 'berth-'));
  const file = await openNameless(folder);
  opening.defer(async () => {
    await file.close();
  });
  for await (const chunk of input) if (chunk instanceof Uint8Array) await file.writeFile(chunk);
  const opened = opening.move();
  return {
    path: `/proc/${process.pid}/fd/${file.fd}`,
    [Symbol.asyncDispose]: async () => {
      await opened.disposeAsync();
    },
  };
}

async function openNameless(folder: string): Promise<FileHandle> {
  try {
    return await open(join(folder, 'input'), 'wx+', 0o600);
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** Runs `work` with a path at which nothing is yet; what it puts there goes afterwards, also where a signal ends it. */
export async function withNewPath<T>(context: Context, work: (path: string) => Promise<T>): Promise<T> {
  await using cleanup = new AsyncDisposableStack();
  const folder = await mkdtemp(join(folderFor(context), 'berth-'));
  cleanup.defer(async () => {
    await rm(folder, { recursive: true, force: true });
  });
  const ended = Promise.withResolvers<never>();
  cleanup.use(
    context.onSignal(['SIGINT', 'SIGTERM', 'SIGHUP'], (signal) => {
      ended.reject(new Interrupted(signal));
    }),
  );
  return await Promise.race([work(join(folder, 'output')), ended.promise]);
}

class Interrupted extends Error {
  override readonly name = 'Interrupted';
  constructor(signal: string) {
    super(`ended by ${signal}`);
  }
}
