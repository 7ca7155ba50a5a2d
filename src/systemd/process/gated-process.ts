/**
 * A child process that waits before a gate until it is in its unit, so that whatever it starts is never in berthd's. This is
 * for what cannot afford a service: systemd takes 15 to 25 ms to execute a command, and 3 to adopt a process.
 */
import { closeSync } from 'node:fs';
import { Socket } from 'node:net';
import { loadedOnce } from '../../lib/loaded-once.ts';
import type { UnitExit } from '../units/unit-status.ts';

/** The process has duplicates: the caller closes its own. */
export interface ProcessStreams {
  readonly stdin: number;
  readonly stdout: number;
  readonly stderr: number;
}

/** Disposing of it leaves a gate shut that was not opened, and the process ends. */
export interface GatedProcess extends Disposable {
  readonly pid: number;
  /** How it ended. */
  readonly ended: Promise<UnitExit>;
  open(): void;
  /** SIGKILL for it and what it runs, unless it has ended. */
  kill(): void;
}

/** The last one that a shell's redirections can name; those below it are for what the program passes on. */
const GATE = 9;
const ENVIRONMENT = ['PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'];

const calls = loadedOnce(async () => await import('../../lib/libc.ts'));
const spawning = loadedOnce(async () => await import('../../lib/posix-spawn.ts'));

/**
 * Starts a program that waits for a line on descriptor 9, ends when there is none, and keeps that descriptor to itself until
 * it ends. It has a session of its own, as services have, and nothing of berthd's environment.
 * @param further what it has as descriptors 3, 4 …: six at most, close-on-exec here; the caller closes its own
 * @throws SystemCallFailed
 */
export async function startGated(
  argv: readonly string[],
  { stdin, stdout, stderr }: ProcessStreams,
  further: readonly number[] = [],
): Promise<GatedProcess> {
  const { socketPair } = await calls();
  const { reap, spawn } = await spawning();
  const [ours, theirs] = socketPair();
  const fds: (number | undefined)[] = [stdin, stdout, stderr, ...further];
  fds[GATE] = theirs;
  let pid: number;
  try {
    pid = await spawn(argv, ENVIRONMENT, fds);
  } catch (error) {
    closeSync(ours);
    throw error;
  } finally {
    closeSync(theirs);
  }
  const gate = new Socket({ fd: ours });
  const { promise: closed, resolve } = Promise.withResolvers<void>();
  gate.once('close', resolve); // its other end has gone with the process
  let hasEnded = false;
  gate.on('error', () => undefined); // as has what was written to it
  gate.resume().unref(); // the process outlives berthd
  return {
    pid,
    ended: closed.then(async () => {
      hasEnded = true;
      return await reap(pid);
    }),
    open: () => void gate.end('\n'),
    kill: () => {
      if (!hasEnded) process.kill(-pid, 'SIGKILL'); // nobody else gets its number before it is reaped
    },
    [Symbol.dispose]: () => void gate.end(),
  };
}
