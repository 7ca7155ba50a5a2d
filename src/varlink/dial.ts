import type { Duplex } from 'node:stream';
import { Socket, createConnection } from 'node:net';
import { once } from 'node:events';
import type { Address } from './address.ts';
import { CannotConnect } from './errors.ts';
import { formatAddress } from './address.ts';

/**
 * A stream to the service at an address. At `exec:` a program is started for each stream, with the socket activation of
 * UAPI.20 "Socket Activation": descriptor 3 is one end of a connected socket pair.
 * @throws CannotConnect; the signal's reason when it aborts
 */
export async function dial(address: Address, signal?: AbortSignal): Promise<Duplex> {
  signal?.throwIfAborted();
  try {
    return await (address.kind === 'exec' ? start(address.path) : reach(address, signal));
  } catch (cause) {
    signal?.throwIfAborted();
    throw new CannotConnect(formatAddress(address), cause);
  }
}

async function reach(address: Exclude<Address, { kind: 'exec' }>, signal: AbortSignal | undefined): Promise<Duplex> {
  const socket = createConnection({ ...optionsFor(address), allowHalfOpen: true, noDelay: true });
  try {
    await once(socket, 'connect', { signal });
    return socket;
  } catch (error) {
    socket.destroy();
    throw error;
  }
}

function optionsFor(
  address: Exclude<Address, { kind: 'exec' }>,
): { readonly path: string } | { readonly host: string; readonly port: number } {
  switch (address.kind) {
    case 'unix':
      return { path: address.path };
    case 'abstract':
      return { path: `\0${address.name}` };
    case 'tcp':
      return { host: address.host, port: address.port };
  }
}

/** Only the shell can know its own process id before the program has it; the path is an argument, never part of the script. */
const ACTIVATE = `unset LISTEN_PIDFDID
export LISTEN_FDS=1 LISTEN_FDNAMES=varlink LISTEN_PID=$$
exec "$0"`;

/**
 * What `child_process` makes a pipe is a pair of connected unix sockets on Linux. What is needed for it is loaded now, so that
 * a client of a socket does not pay for it.
 */
async function start(path: string): Promise<Duplex> {
  const [{ access, constants }, { spawn }] = await Promise.all([
    import('node:fs/promises'),
    import('node:child_process'),
  ]);
  await access(path, constants.X_OK);
  const child = spawn('/bin/sh', ['-c', ACTIVATE, path], { stdio: ['ignore', 'ignore', 'inherit', 'pipe'] });
  await once(child, 'spawn');
  const stream = child.stdio[3];
  if (!(stream instanceof Socket)) throw new Error('the program got no socket');
  stream.allowHalfOpen = true;
  return stream;
}
