import { closeSync, openSync } from 'node:fs';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { repair } from '../../../../src/systemd/bus/usocket-repair.ts';
import { socketPair, type Socket, type SocketPair } from '../../../support/usocket-pair.ts';

const MESSAGES = 200;
const BYTES = 4096;
let pair: SocketPair;
let client: Socket;
let peer: Socket;

beforeEach(async () => {
  pair = await socketPair();
  ({ client, peer } = pair);
});
afterEach(() => {
  pair[Symbol.dispose]();
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
