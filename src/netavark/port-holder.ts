/** Finds out which process of the host has a port. That takes a look at everything, so it is only done to say why one cannot be had. */
import { readdir, readFile, readlink } from 'node:fs/promises';

export interface Holder {
  readonly pid: number;
  /** What the kernel calls it. */
  readonly command: string;
}

const TABLES: Readonly<Record<string, readonly string[]>> = {
  tcp: ['/proc/net/tcp', '/proc/net/tcp6'],
  udp: ['/proc/net/udp', '/proc/net/udp6'],
  sctp: [],
};

/** undefined where nobody is found: it may be in another namespace of processes, or what is left of one that has ended. */
export async function holderOf(protocol: 'tcp' | 'udp' | 'sctp', port: number): Promise<Holder | undefined> {
  const inodes = new Set<string>();
  for (const table of TABLES[protocol] ?? [])
    for (const inode of inodesIn(await textOf(table), port)) inodes.add(inode);
  if (inodes.size === 0) return undefined;
  for (const entry of await readdir('/proc')) {
    if (!/^\d+$/u.test(entry)) continue;
    if (await hasSocket(entry, inodes))
      return { pid: Number(entry), command: (await textOf(`/proc/${entry}/comm`)).trim() };
  }
  return undefined;
}

/** Of sockets that are bound to the port; what is left of connections has no inode. */
export function inodesIn(table: string, port: number): string[] {
  const hex = port.toString(16).toUpperCase().padStart(4, '0');
  return table
    .split('\n')
    .slice(1)
    .map((line) => line.trim().split(/\s+/u))
    .filter(([, local = '', , , , , , , , inode = '0']) => local.endsWith(`:${hex}`) && inode !== '0')
    .map(([, , , , , , , , , inode = '']) => inode);
}

async function hasSocket(pid: string, inodes: ReadonlySet<string>): Promise<boolean> {
  const folder = `/proc/${pid}/fd`;
  const fds = await readdir(folder).catch(() => []); // it has ended meanwhile
  for (const fd of fds) {
    const target = await readlink(`${folder}/${fd}`).catch(() => ''); // it was closed meanwhile
    if (inodes.has(/^socket:\[(?<inode>\d+)\]$/u.exec(target)?.groups?.['inode'] ?? '')) return true;
  }
  return false;
}

/** Empty for a file that is not there: IPv6 may be off, and a process may have ended. */
const textOf = async (path: string): Promise<string> => await readFile(path, 'utf8').catch(() => '');
