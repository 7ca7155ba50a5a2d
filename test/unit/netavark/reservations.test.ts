import { createServer } from 'node:net';
import { closeSync } from 'node:fs';
import { afterEach, describe, expect, it } from 'vitest';
import { fcntl } from '../../../src/lib/libc.ts';
import { Reservations } from '../../../src/netavark/reservations.ts';

/** systemd's fd store: it has duplicates of its own. */
class Store {
  readonly held = new Map<string, number[]>();
  async storeFds(name: string, fds: readonly number[]): Promise<void> {
    this.held.set(
      name,
      fds.map((fd) => fcntl(fd, 1030, 0)),
    ); // F_DUPFD_CLOEXEC
    await Promise.resolve();
  }
  async removeFds(name: string): Promise<void> {
    for (const fd of this.held.get(name) ?? []) closeSync(fd);
    this.held.delete(name);
    await Promise.resolve();
  }
}

const store = new Store();
afterEach(async () => {
  for (const name of store.held.keys()) await store.removeFds(name);
});

const listening = async (port: number): Promise<string> => {
  const server = createServer();
  return await new Promise((resolve) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      resolve(error.code ?? '');
    });
    server.listen(port, '127.0.0.1', () => {
      server.close(() => {
        resolve('listening');
      });
    });
  });
};

describe('Reservations', () => {
  it('keep ports from everybody until they are released, with one descriptor for all', async () => {
    const reservations = new Reservations(store, new Map());
    const hostPort = await reservations.free('', 'tcp', () => false);
    await reservations.reserve('web', [{ hostAddress: '', hostPort, count: 1, protocol: 'tcp' }]);
    expect(reservations.has('web')).toBe(true);
    expect(store.held.get('ports.web')).toHaveLength(1);
    expect(await listening(hostPort)).toBe('EADDRINUSE');
    await reservations.release('web');
    expect(await listening(hostPort)).toBe('listening');
    expect(store.held.size).toBe(0);
  });

  it('hold hundreds of ports, and all or none', async () => {
    const reservations = new Reservations(store, new Map());
    const free = await reservations.free('127.0.0.1', 'udp', (port) => port > 60_000);
    const many = { hostAddress: '127.0.0.1', hostPort: free, count: 600, protocol: 'udp' as const };
    await reservations.reserve('many', [many]).catch(() => undefined); // somebody may have one of them
    const other = { ...many, count: 1 };
    if (reservations.has('many'))
      await expect(reservations.reserve('other', [other])).rejects.toMatchObject({ name: 'PortTaken', port: free });
    expect(reservations.has('other')).toBe(false);
  });

  it('of an earlier berthd are known, and let go of', async () => {
    const before = new Reservations(store, new Map());
    const hostPort = await before.free('127.0.0.1', 'tcp', () => false);
    await before.reserve('web', [{ hostAddress: '127.0.0.1', hostPort, count: 1, protocol: 'tcp' }]);
    const passed = new Map([...store.held].map(([name, fds]) => [name, fds.map((fd) => fcntl(fd, 1030, 0))]));
    const after = new Reservations(store, passed);
    expect(after.holders).toEqual(['web']);
    await after.release('web');
    expect(await listening(hostPort)).toBe('listening');
  });
});
