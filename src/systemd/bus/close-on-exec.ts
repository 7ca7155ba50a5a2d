/** Of <fcntl.h>, the same on every Linux. */
const F_SETFD = 2;
const FD_CLOEXEC = 1;

/**
 * Keeps `descriptor` from the programs this process starts. usocket needs it: neither its sockets nor the descriptors
 * it receives are close-on-exec, and libuv's spawn does not close what it did not open.
 * @throws Error with errno's name
 */
export async function closeOnExec(descriptor: number): Promise<void> {
  const { fcntl } = await import('../../lib/libc.ts');
  fcntl(descriptor, F_SETFD, FD_CLOEXEC);
}
