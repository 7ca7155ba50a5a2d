/**
 * The C functions berth calls by itself, through koffi. Import this file dynamically: loading koffi costs 20 ms, which
 * only the daemon can spare.
 */
import koffi from 'koffi';

type Notify = (pid: number, unset: number, state: string, fds: readonly number[], count: number) => number;

const notifyOf: Notify = koffi
  .load('libsystemd.so.0')
  .func(
    'int sd_pid_notify_with_fds(int pid, int unset_environment, const char *state, const int *fds, unsigned int n_fds)',
  );

const errnoName = (errno: number): string =>
  Object.entries(koffi.os.errno).find(([, value]) => value === errno)?.[0] ?? `errno ${errno}`;

/** sd_pid_notify_with_fds(3) for another process, as only root may. @throws Error when the message cannot be sent */
export function notifyAs(pid: number, state: string): void {
  const answer = notifyOf(pid, 0, state, [], 0);
  if (answer < 0) throw new Error(`sd_pid_notify: ${errnoName(-answer)}`);
  if (answer === 0) throw new Error('sd_pid_notify: there is no NOTIFY_SOCKET');
}

/** sd_pid_notify_with_fds(3) for this process. @throws Error when there is a socket, and it cannot be written to */
export function notifyWithFds(state: string, fds: readonly number[]): 'sent' | 'no-socket' {
  const answer = notifyOf(0, 0, state, fds, fds.length);
  if (answer < 0) throw new Error(`sd_notify: ${errnoName(-answer)}`);
  return answer > 0 ? 'sent' : 'no-socket';
}
