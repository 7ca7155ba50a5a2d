import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, fstatSync, mkdtempSync, openSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { createConnection, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { takeDescriptors } from '../../../src/lib/peer-descriptors.ts';
import { copyDescriptor, openPeer, openPeerByNumber } from '../../../src/lib/peer-process.ts';
import { descriptorOf } from '../../../src/varlink/descriptor.ts';

const O_CLOEXEC = 0o2000000;
const descriptors = (): number => readdirSync('/proc/self/fd').length;
/** One that nobody has. */
const NOBODYS = 9999;

let folder: string;
let server: Server;
let open: Socket[];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'berth-peer-'));
  server = createServer({ allowHalfOpen: true });
  open = [];
});
afterEach(() => {
  for (const socket of open) socket.destroy();
  server.close();
  rmSync(folder, { recursive: true });
});

const path = (): string => join(folder, 'socket');
const listening = async (at: string | number): Promise<void> => {
  server.listen(at);
  await once(server, 'listening');
};
/** This side of a connection that somebody makes. */
const accepted = async (connect: () => unknown): Promise<Socket> => {
  const connection = once(server, 'connection') as Promise<[Socket]>;
  connect();
  const [socket] = await connection;
  open.push(socket);
  return socket;
};
const peerAt = (socket: Socket): { readonly socket: number | undefined } => ({ socket: descriptorOf(socket) });
/** A connection of this process to itself. */
const ownConnection = async (): Promise<Socket> => {
  await listening(path());
  return await accepted(() => open.push(createConnection(path())));
};
const tcpConnection = async (): Promise<Socket> => {
  await listening(0);
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- which it is for a port
  const { port } = server.address() as AddressInfo;
  return await accepted(() => open.push(createConnection(port, '127.0.0.1')));
};
const isSameFile = (one: number, other: number): boolean => {
  const [a, b] = [fstatSync(one), fstatSync(other)];
  return a.dev === b.dev && a.ino === b.ino;
};
const isCloseOnExec = (fd: number): boolean => {
  const flags = /^flags:\s*(\d+)$/m.exec(readFileSync(`/proc/self/fdinfo/${fd.toString()}`, 'latin1'))?.[1] ?? '0';
  return (Number.parseInt(flags, 8) & O_CLOEXEC) !== 0;
};

describe('takeDescriptors', () => {
  it('copies what the process at the other end has open, and closes the copies when it is disposed of', async () => {
    const peer = peerAt(await ownConnection());
    const [one, other] = [openSync('/etc/passwd', 'r'), openSync('/etc/group', 'r')];
    const before = descriptors();
    {
      using taken = await takeDescriptors(peer, [other, one]);
      const [first = -1, second = -1] = taken.fds;
      expect([isSameFile(first, other), isSameFile(second, one)]).toEqual([true, true]);
      expect([first, second].map(isCloseOnExec)).toEqual([true, true]);
      expect(descriptors()).toBe(before + 2); // the process itself is let go
    }
    expect(descriptors()).toBe(before);
    for (const fd of [one, other]) closeSync(fd);
  });

  it('takes none where there is one that is not open, and says which', async () => {
    const peer = peerAt(await ownConnection());
    const before = descriptors();
    await expect(takeDescriptors(peer, [0, 1, NOBODYS])).rejects.toMatchObject({
      name: 'DescriptorUnavailable',
      descriptor: NOBODYS,
      reason: 'not-open',
    });
    expect(descriptors()).toBe(before);
  });

  it('asks nobody where there is nothing to take', async () => {
    using taken = await takeDescriptors({ socket: undefined }, []);
    expect(taken.fds).toEqual([]);
  });

  it.each([
    ['is no socket', async () => await Promise.resolve({ socket: undefined })],
    ['is one of TCP', async () => peerAt(await tcpConnection())],
    [
      'is closed',
      async () => {
        const socket = await ownConnection();
        socket.destroy();
        return peerAt(socket);
      },
    ],
  ])('does not know the caller where the connection %s', async (_, connection) => {
    await expect(takeDescriptors(await connection(), [3])).rejects.toMatchObject({
      descriptor: 3,
      reason: 'caller-unknown',
    });
  });

  it('says that the caller has ended', async () => {
    await listening(path());
    const script = `require('net').connect(${JSON.stringify(path())}, () => process.exit())`;
    const child = spawn(process.execPath, ['-e', script], { stdio: 'ignore' });
    const ended = once(child, 'exit');
    const socket = await accepted(() => undefined);
    await ended;
    await expect(takeDescriptors(peerAt(socket), [0])).rejects.toMatchObject({ reason: 'caller-gone' });
  });
});

describe('openPeerByNumber', () => {
  it('finds the process of the one that openPeer does, as Linux before 6.5 has to', async () => {
    const socket = descriptorOf(await ownConnection()) ?? -1;
    const file = openSync('/etc/passwd', 'r');
    for (const find of [openPeer, openPeerByNumber]) {
      const process = find(socket);
      const copy = copyDescriptor(process, file);
      expect([isSameFile(copy, file), isCloseOnExec(process)]).toEqual([true, true]);
      for (const fd of [copy, process]) closeSync(fd);
    }
    closeSync(file);
  });

  it('knows none where TCP is spoken', async () => {
    const socket = descriptorOf(await tcpConnection()) ?? -1;
    expect(() => openPeerByNumber(socket)).toThrow('ENODATA');
  });
});
