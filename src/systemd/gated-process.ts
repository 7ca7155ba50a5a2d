/**
 * A child process that waits before a gate until it is in its unit, so that whatever it starts is never in berthd's. This is
 * for what cannot afford a service: systemd takes 15 to 25 ms to execute a command, and 3 to adopt a process.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { Socket } from 'node:net';
import type { UnitExit } from './unit-status.ts';

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
}

const PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/**
 * Starts a program that waits for a line on descriptor 3, and ends when that is closed without one. It has a session of its
 * own, as services have, and nothing of berthd's environment.
 * @throws Error with errno's name as its `code`
 */
export async function startGated(argv: readonly string[], streams: ProcessStreams): Promise<GatedProcess> {
  const [file = '', ...rest] = argv;
  const { stdin, stdout, stderr } = streams;
  const child = spawn(file, rest, {
    cwd: '/',
    env: { PATH },
    detached: true,
    stdio: [stdin, stdout, stderr, 'pipe'],
  });
  const ended = endOf(child);
  const gate = child.stdio[3];
  if (child.pid === undefined || !(gate instanceof Socket)) {
    await ended; // which is why
    throw new Error(`${file} was started, and cannot be spoken to`);
  }
  child.unref(); // it outlives berthd
  gate.on('error', () => undefined); // who waited there has ended, and `ended` says so
  gate.resume(); // to its end, which closes it
  return {
    pid: child.pid,
    ended,
    open: () => void gate.end('\n'),
    [Symbol.dispose]: () => void gate.end(),
  };
}

async function endOf(child: ChildProcess): Promise<UnitExit> {
  const { promise, resolve, reject } = Promise.withResolvers<UnitExit>();
  child.once('error', reject);
  child.once('exit', (code, signal) => {
    resolve(signal === null ? { code: code ?? 0 } : { signal, dumpedCore: false });
  });
  return await promise;
}
