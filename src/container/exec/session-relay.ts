/** What the relay of an exec session is made of. */
import { readFileSync } from 'node:fs';
import type { ExecTerminal } from '../../oci/runtime.ts';
import type { RelayRequest } from '../../relay/relay-request.ts';
import type { SessionConfiguration } from './session.ts';

/** Of the fields in /proc/PID/stat that come after the program's name (proc_pid_stat(5), `tpgid`). */
const FOREGROUND_GROUP = 5;

/** @param execTerminal how its runtime goes about the terminal, where it has one */
export function sessionRelay(
  config: SessionConfiguration,
  pidFile: string,
  execTerminal: ExecTerminal,
  client: RelayRequest['client'],
): RelayRequest {
  const stdin = config.stdin ? 'open' : 'none';
  if (!config.terminal) return { form: 'pipes', stdin, client };
  const form = execTerminal === 'copied' ? 'made-terminal' : 'terminal';
  return { form, stdin, client, foreground: () => foregroundOf(pidFile) };
}

/**
 * The process group in the foreground of a session's own terminal, of which berthd may not have the master. It is for SIGWINCH
 * only: the process may have ended, and its ID be another's by now.
 */
function foregroundOf(pidFile: string): number | undefined {
  try {
    const stat = readFileSync(`/proc/${readFileSync(pidFile, 'latin1').trim()}/stat`, 'latin1');
    const group = Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[FOREGROUND_GROUP]);
    return group > 0 ? group : undefined;
  } catch (error) {
    if (error instanceof Error && 'code' in error && isGone(error.code)) return undefined;
    throw error;
  }
}

const isGone = (code: unknown): boolean => code === 'ENOENT' || code === 'ESRCH';
