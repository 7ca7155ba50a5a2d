import type { Address } from './address.ts';
import type { ListenOptions, Socket } from 'node:net';
import { Server, createConnection } from 'node:net';
import { chmod, unlink } from 'node:fs/promises';
import { once } from 'node:events';
import { InvalidAddress, formatAddress } from './address.ts';

/** Binding: one listening socket per address, with stale unix sockets out of the way and modes without a gap. */

/** A server whose streams outlive the peer's half-close, and carry small messages without delay. */
export const newListener = (accepted: (socket: Socket) => void): Server =>
  new Server({ allowHalfOpen: true, noDelay: true }, accepted);

/**
 * @returns the address, with the port that the system chose where it says 0
 * @throws Error from the system, such as EADDRINUSE when somebody answers there
 */
export async function bind(server: Server, address: Address): Promise<Address> {
  switch (address.kind) {
    case 'unix':
      await bindPath(server, address.path, address.mode);
      return address;
    case 'abstract':
      await listening(server, { path: `\0${address.name}` });
      return address;
    case 'tcp':
      await listening(server, { host: address.host, port: address.port });
      return { ...address, port: portOf(server) ?? address.port };
    case 'exec':
      throw new InvalidAddress(formatAddress(address), 'nobody can listen there');
  }
}

function portOf(server: Server): number | undefined {
  const bound = server.address();
  return typeof bound === 'object' ? bound?.port : undefined;
}

/** @param fd a listening socket, which the server closes with itself */
export async function adopt(server: Server, fd: number): Promise<void> {
  server.listen({ fd });
  await once(server, 'listening');
}

async function bindPath(server: Server, path: string, mode: number | undefined): Promise<void> {
  try {
    await listenAt(server, path, mode);
  } catch (error) {
    if (!isInUse(error) || (await isAnswered(path))) throw error;
    await unlink(path);
    await listenAt(server, path, mode);
  }
}

async function listenAt(server: Server, path: string, mode: number | undefined): Promise<void> {
  if (mode === undefined) {
    await listening(server, { path });
    return;
  }
  // `listen` binds a path before it returns. The socket is nobody else's until it has its mode.
  const umask = process.umask(0o177);
  const bound = listening(server, { path });
  process.umask(umask);
  await bound;
  await chmod(path, mode);
}

async function listening(server: Server, options: ListenOptions): Promise<void> {
  server.listen(options);
  await once(server, 'listening');
}

const isInUse = (error: unknown): boolean => error instanceof Error && 'code' in error && error.code === 'EADDRINUSE';

/** Whether a process listens there, or the socket is left over from one that died. */
async function isAnswered(path: string): Promise<boolean> {
  const socket = createConnection({ path });
  try {
    await once(socket, 'connect');
    return true;
  } catch (error) {
    return !(error instanceof Error && 'code' in error && error.code === 'ECONNREFUSED');
  } finally {
    socket.destroy();
  }
}
