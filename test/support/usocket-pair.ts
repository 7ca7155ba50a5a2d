/** Two ends of a unix socket as dbus-next has them, which pass descriptors. */
import { once, type EventEmitter } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Duplex } from 'node:stream';
import type { BusStream } from 'dbus-next';

export type Socket = BusStream & Duplex;
interface Usocket {
  USocket: new (options: { path: string }) => Socket;
  UServer: new () => EventEmitter & { listen: (path: string) => void; close: () => void };
}
const { USocket, UServer } = createRequire(import.meta.url)('usocket') as Usocket;

export interface SocketPair extends Disposable {
  readonly client: Socket;
  readonly peer: Socket;
}

export async function socketPair(): Promise<SocketPair> {
  const folder = mkdtempSync(join(tmpdir(), 'berth-unit-'));
  const server = new UServer();
  server.listen(join(folder, 'socket'));
  await once(server, 'listening');
  const accepted = once(server, 'connection');
  const client = new USocket({ path: join(folder, 'socket') });
  await once(client, 'connected');
  const [peer] = (await accepted) as [Socket];
  return {
    client,
    peer,
    [Symbol.dispose]: () => {
      client.destroy();
      peer.destroy();
      server.close();
      rmSync(folder, { recursive: true });
    },
  };
}
