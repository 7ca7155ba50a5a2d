/** Processes of units that berthd has to do with beside systemd. */
import { SystemCallFailed } from '../../lib/libc.ts';
import { loadedOnce } from '../../lib/loaded-once.ts';
import { ProgramTimedOut, runShortProgram } from '../../lib/short-program.ts';
import { readFile, writeFile } from 'node:fs/promises';
import type { ProcessHandle } from '../../lib/pidfd.ts';
import { startGated, type GatedProcess, type ProcessStreams } from './gated-process.ts';
import type { ProcessDefaults } from '../units/unit-status.ts';

/** A process of a unit, whose number may be another's by now; undefined where that is none of the unit. @throws SystemCallFailed */
export async function openUnitProcess(pid: number, unit: string): Promise<ProcessHandle | undefined> {
  const { openProcess } = await import('../../lib/pidfd.ts');
  const handle = openProcess(pid);
  // Only now: the number is this process's for as long as that is in the group.
  const group = await readFile(`/proc/${pid}/cgroup`, 'latin1').catch(() => '');
  if (group.split(/[/\n]/).includes(unit)) return handle;
  handle?.[Symbol.dispose]();
  return undefined;
}

/** As `startGated`; it is as likely to be killed for memory as a service that does not say, and not as berthd. @throws SystemCallFailed */
export async function startLikeService(
  argv: readonly string[],
  streams: ProcessStreams,
  { oomScoreAdjust }: Pick<ProcessDefaults, 'oomScoreAdjust'>,
  further: readonly number[],
): Promise<GatedProcess> {
  const started = await startGated(argv, streams, further);
  try {
    await writeFile(`/proc/${started.pid}/oom_score_adj`, String(oomScoreAdjust)).catch(unlessRefused);
    return started;
  } catch (error) {
    started[Symbol.dispose]();
    await started.ended;
    throw error;
  }
}

/** Root of a container may not make anybody less likely to be killed; systemd lets that pass, too. */
function unlessRefused(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EACCES' && error.code !== 'EPERM') throw error;
}

/** The least of the real-time priorities; whatever the program starts has the usual one again. */
const URGENTLY: readonly string[] = ['/usr/bin/chrt', '--reset-on-fork', '--fifo', '1'];
const LIMIT_MS = 5000;

/** What such a program's argv begins with; empty where this host lets nobody have such a priority, as a container may not. */
export const urgently = loadedOnce(async (): Promise<readonly string[]> => {
  try {
    const { end } = await runShortProgram([...URGENTLY, '/usr/bin/true'], [], { limitMs: LIMIT_MS });
    return 'code' in end && end.code === 0 ? URGENTLY : [];
  } catch (error) {
    if (error instanceof SystemCallFailed || error instanceof ProgramTimedOut) return [];
    throw error;
  }
});
