import type { Server } from './server.ts';
import { Duplex } from 'node:stream';
import { readFileSync, readlinkSync } from 'node:fs';

/**
 * The sockets a process was started with: UAPI.20 "Socket Activation", sd_listen_fds(3), and the variable by which
 * systemd tells a service to speak on its standard streams (`ssh-exec:`) or at a path.
 *
 * LISTEN_PIDFDID is not looked at: it guards against a process id that was used again, and only pidfd_open(2), which Node does
 * not have, gives the number to compare it with; LISTEN_PID alone is what systemd before 259 has.
 */
export interface PassedSocket {
  readonly fd: number;
  readonly name: string;
  readonly state: 'listening' | 'connected';
}

export type Environment = Readonly<Record<string, string | undefined>>;

const FIRST_FD = 3;
/** What sd_listen_fds(3) calls a descriptor that has no name. */
const NO_NAME = 'unknown';

/**
 * Every descriptor that was passed to this very process, sockets and what lies in the fd store, by number and name. They are
 * not close-on-exec, and their variables are still in the environment: see to both before another program is started.
 */
export function passedDescriptors(
  environment: Environment = process.env,
  pid: number = process.pid,
): { readonly fd: number; readonly name: string }[] {
  const count = Number(environment['LISTEN_FDS'] ?? 0);
  if (environment['LISTEN_PID'] !== String(pid) || !Number.isSafeInteger(count) || count <= 0) return [];
  const names = environment['LISTEN_FDNAMES']?.split(':') ?? [];
  const nameOf = (index: number): string => (names[index] === '' ? NO_NAME : (names[index] ?? NO_NAME));
  return Array.from({ length: count }, (_, index) => ({ fd: FIRST_FD + index, name: nameOf(index) }));
}

/** Names that systemd gives to what nobody named: a .socket unit's own, and that of an `Accept=yes` connection. */
const isDefaultName = (name: string): boolean => name === NO_NAME || name === 'connection' || name.endsWith('.socket');

/**
 * The sockets meant for varlink: those named `varlink`, or else the only one that was passed if nobody named it, as plain
 * .socket units and libvarlink's activator do.
 */
export function passedSockets(environment?: Environment, pid?: number): PassedSocket[] {
  const all = passedDescriptors(environment, pid);
  const named = all.filter(({ name }) => name === 'varlink');
  const chosen = named.length === 0 && all.length === 1 ? all.filter(({ name }) => isDefaultName(name)) : named;
  return chosen.map(({ fd, name }) => ({ fd, name, state: socketState(fd) }));
}

/** What became of a service that was told where to serve; `nothing` when it was told nothing. */
export type Activation = 'listening' | 'connected' | 'nothing';

/**
 * Serves where the environment says. Resolves once it listens; with a socket that is connected already, or on the standard
 * streams, when that one client has gone, and with it the reason to live.
 * @throws Error when a descriptor is no socket; InvalidAddress
 */
export async function serveActivated(
  server: Server,
  environment: Environment = process.env,
  pid: number = process.pid,
): Promise<Activation> {
  const sockets = passedSockets(environment, pid);
  const listen = environment['SYSTEMD_VARLINK_LISTEN'];
  if (sockets.length === 0) return listen === undefined ? 'nothing' : await serveAt(server, listen);
  for (const { fd, state } of sockets) if (state === 'listening') await server.listenOn(fd);
  const clients = sockets.filter(({ state }) => state === 'connected').map(async ({ fd }) => await server.acceptOn(fd));
  await Promise.all(clients);
  return clients.length === sockets.length ? 'connected' : 'listening';
}

async function serveAt(server: Server, listen: string): Promise<Activation> {
  if (listen !== '-') {
    await server.listen(listen);
    return 'listening';
  }
  await server.accept(Duplex.from({ readable: process.stdin, writable: process.stdout }));
  return 'connected';
}

/** Node has no getsockopt(2), and `listen` on a connected socket fails and closes it, so the kernel's tables are asked. */
function socketState(fd: number): PassedSocket['state'] {
  const inode = /^socket:\[(?<inode>\d+)\]$/u.exec(readlinkSync(`/proc/self/fd/${fd}`))?.groups?.['inode'];
  if (inode === undefined) throw new Error(`descriptor ${fd} was passed, and is no socket`);
  return isListening(inode) ? 'listening' : 'connected';
}

/** `__SO_ACCEPTCON` in the flags of /proc/net/unix; TCP_LISTEN as the state in /proc/net/tcp. */
const LISTENING_FLAG = 0x10000;
const TCP_LISTEN = '0A';

function isListening(inode: string): boolean {
  const unix = rowsOf('unix').find((columns) => columns[6] === inode);
  if (unix !== undefined) return (Number.parseInt(unix[3] ?? '', 16) & LISTENING_FLAG) !== 0;
  return ['tcp', 'tcp6'].some((table) =>
    rowsOf(table).some((columns) => columns[9] === inode && columns[3] === TCP_LISTEN),
  );
}

/** The columns of each row; of none where the kernel has no such table. */
function rowsOf(table: string): string[][] {
  try {
    const lines = readFileSync(`/proc/self/net/${table}`, 'latin1').split('\n').slice(1);
    return lines.map((line) => line.trim().split(/\s+/u));
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return [];
    throw error;
  }
}
