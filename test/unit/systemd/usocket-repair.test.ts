import { once } from 'node:events';
import { closeSync, mkdtempSync, openSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Duplex } from 'node:stream';
import type { EventEmitter } from 'node:events';
import type { BusStream } from 'dbus-next';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { repair } from '../../../src/systemd/usocket-repair.ts';

type Socket = BusStream & Duplex;
interface Usocket {
  USocket: new (options: { path: string }) => Socket;
  UServer: new () => EventEmitter & { listen: (path: string) => void; close: () => void };
}
const { USocket, UServer } = createRequire(import.meta.url)('usocket') as Usocket;

const MESSAGES = 200;
const BYTES = 4096;
let folder: string;
let server: InstanceType<Usocket['UServer']>;
let client: Socket;
let peer: Socket;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'berth-'));
  server = new UServer();
  server.listen(join(folder, 'socket'));
  await once(server, 'listening');
  const accepted = once(server, 'connection');
  client = new USocket({ path: join(folder, 'socket') });
  await once(client, 'connected');
  [peer] = (await accepted) as [Socket];
});
afterEach(() => {
  client.destroy();
  peer.destroy();
  server.close();
  rmSync(folder, { recursive: true });
});

it('keeps the descriptors of a message that did not fit', async () => {
  repair(client, () => {});
  const sample = openSync('/dev/null', 'r');
  for (let index = 0; index < MESSAGES; index++) client.write({ data: Buffer.alloc(BYTES), fds: [sample] });
  let [bytes, received] = [0, 0];
  peer.on('fds' as 'data', (fds: number[]) => {
    received += fds.length;
    for (const fd of fds) closeSync(fd);
  });
  const whole = Promise.withResolvers<undefined>();
  peer.on('data', (data: Buffer) => {
    bytes += data.length;
    if (bytes === MESSAGES * BYTES) whole.resolve(undefined);
  });
  await whole.promise;
  closeSync(sample);
  expect(received).toBe(MESSAGES);
});

it('tells of a write that failed', async () => {
  const dead = Promise.withResolvers<Error | undefined>();
  repair(client, dead.resolve);
  peer.destroy();
  client.write(Buffer.from('x'));
  client.write(Buffer.from('y'));
  expect((await dead.promise)?.message).toMatch(/EPIPE|ECONNRESET/);
});
