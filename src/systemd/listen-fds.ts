/** sd_listen_fds_with_names(3): the descriptors systemd hands to a service, of its sockets and of its fd store. */

const FIRST = 3;
const UNNAMED = 'unknown';

/**
 * Reads LISTEN_PID, LISTEN_FDS and LISTEN_FDNAMES of `environment`. The descriptors are made close-on-exec; do not use
 * them before. Take the variables out of the environment then, for the children's sake.
 * @returns name → descriptors, in systemd's order; those without a name are `unknown`, as libsystemd has it
 */
export async function listenFds(
  environment: Readonly<Record<string, string | undefined>>,
  pid: number = process.pid,
): Promise<Map<string, number[]>> {
  const { LISTEN_PID: listenPid, LISTEN_FDS: count = '0', LISTEN_FDNAMES: names = '' } = environment;
  const fds = new Map<string, number[]>();
  if (Number(listenPid) !== pid || !/^\d+$/.test(count) || Number(count) === 0) return fds;
  const { closeOnExec } = await import('./close-on-exec.ts');
  const named = names.split(':');
  for (let index = 0; index < Number(count); index++) {
    const name = named[index] === '' ? UNNAMED : (named[index] ?? UNNAMED);
    const fd = FIRST + index;
    await closeOnExec(fd);
    fds.set(name, [...(fds.get(name) ?? []), fd]);
  }
  return fds;
}
