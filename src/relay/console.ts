/**
 * The socket to which an OCI runtime sends the master of a terminal that it has made: `--console-socket`
 * (runc: docs/terminal.md, *Detached*).
 */
import { mkdir, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { UServer, type USocket } from 'usocket';

/**
 * Listens at `path` until it is disposed.
 * @param arrived gets each master that comes, close-on-exec, to keep
 */
export async function listenForTerminals(
  path: string,
  arrived: (master: number) => void,
  failed: (error: unknown) => void,
): Promise<Disposable> {
  const { closeOnExec } = await import('./libc.ts');
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  await rm(path, { force: true });
  const server = new UServer();
  server.on('connection', (socket: USocket) => {
    closeOnExec(socket.fd);
    socket.on('error', failed);
    socket.on('fds', (fds: readonly number[]) => {
      for (const fd of fds) {
        closeOnExec(fd);
        arrived(fd);
      }
    });
    // It says the terminal's name too, which is of no use, and hangs up.
    socket.on('end', () => {
      socket.destroy();
    });
    socket.resume();
  });
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  server.on('listening', resolve);
  server.on('error', reject);
  server.listen(path);
  await promise;
  closeOnExec(server.fd);
  return {
    [Symbol.dispose]: () => {
      server.close();
      rm(path, { force: true }).catch(failed);
    },
  };
}
