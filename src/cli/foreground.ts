import type { ContainerClient, LogLine } from '../api/io-berth-container.ts';
import { VarlinkError } from '../varlink/errors.ts';
import type { Context } from './command.ts';
import { EXIT } from './exit-codes.ts';
import { logLines, LogWriter } from './log-lines.ts';
import { askAgain } from './persistence.ts';
import { isRefusal } from './refusals.ts';
import { report } from './report.ts';

const FORWARDED = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT'] as const;

const ENDED = ['io.berth.Container.WrongState', 'io.berth.Container.NoSuchContainer'] as const;

export interface ForegroundContainer {
  readonly id: string;
  readonly removeOnExit: boolean;
  /** Which signals are passed on to it: all that would end this process, or none. */
  readonly signals: 'passed-on' | 'not-taken';
}

/**
 * Starts a container and stays with it until it has ended: its lines are written, signals are passed on to it if wanted.
 * @param onStartFailed runs before a failure to start it is thrown
 * @returns the container's exit code
 */
export async function runInForeground(
  containers: ContainerClient,
  { id, removeOnExit, signals }: ForegroundContainer,
  context: Context,
  onStartFailed: () => Promise<void>,
): Promise<number> {
  const running = Promise.withResolvers<void>();
  // A signal that comes early waits; where the start fails it has nobody to go to.
  using cleanup = new DisposableStack();
  if (signals === 'passed-on') {
    cleanup.use(
      context.onSignal(FORWARDED, (signal) => {
        void running.promise.then(async () => await forward(containers, id, signal, context));
      }),
    );
  }
  const hangUp = new AbortController();
  const lines = logLines(containers, { container: id, follow: true }, { signal: hangUp.signal });
  let first: Promise<IteratorResult<LogLine, void>>;
  try {
    if (removeOnExit) {
      // It may be gone as soon as it runs, so its lines are asked for before.
      await containers.init({ container: id });
      first = lines.next();
      first.catch(() => undefined);
      await containers.start({ container: id });
    } else {
      await containers.start({ container: id });
      first = lines.next();
    }
  } catch (error) {
    hangUp.abort();
    await onStartFailed();
    throw error;
  }
  running.resolve();
  await follow(first, lines, context);
  return await endOf(containers, id, context);
}

/** Passes a signal on to a container. */
export async function forward(
  containers: ContainerClient,
  id: string,
  signal: NodeJS.Signals,
  context: Context,
): Promise<void> {
  try {
    await containers.kill({ container: id, signal });
  } catch (error) {
    // It has ended meanwhile, which its follower sees.
    if (ENDED.some((name) => isRefusal(error, name))) return;
    await report(error, context);
  }
}

async function follow(
  first: Promise<IteratorResult<LogLine, void>>,
  lines: AsyncIterator<LogLine, void>,
  context: Context,
): Promise<void> {
  const writer = new LogWriter(context.output);
  try {
    for (let next = await first; next.done !== true; next = await lines.next()) await writer.write(next.value);
  } catch (error) {
    // Lines that cannot be had are no reason to lose the exit code.
    if (!(error instanceof VarlinkError)) throw error;
    await report(error, context);
  }
}

async function endOf(containers: ContainerClient, id: string, { output }: Context): Promise<number> {
  const { exit } = await askAgain(async () => await containers.wait({ container: id }));
  if (exit?.exitCode !== undefined) return exit.exitCode;
  await output.complain(`nobody knows how the container ended; 'berth inspect ${id.slice(0, 12)}' may show why`);
  return EXIT.berthFailed;
}
