/** Processes of units that berthd has to do with beside systemd. */
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
