import { closeSync, fstatSync, openSync } from 'node:fs';
import { createRequire } from 'node:module';
import { setImmediate as turn } from 'node:timers/promises';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { leaveOut } from '../../../../src/systemd/bus/unwanted-signals.ts';
import { socketPair, type Socket, type SocketPair } from '../../../support/usocket-pair.ts';

interface Message {
  readonly serial: number;
  readonly type: number;
  readonly path?: string;
  readonly signature?: string;
  readonly body?: readonly unknown[];
  readonly [field: string]: unknown;
}
const { marshall, unmarshalMessages } = createRequire(import.meta.url)('dbus-next/lib/message') as {
  marshall: (message: Message) => [Buffer, number[]];
  unmarshalMessages: (stream: Socket, received: (message: Message) => void, options: object) => void;
};

const SIGNAL = 4;
const RETURN = 2;
const signalOf = (serial: number, unit: string, text = ''): Buffer =>
  marshall({
    serial,
    type: SIGNAL,
    path: `/unit/${unit}`,
    interface: 'org.freedesktop.DBus.Properties',
    member: 'PropertiesChanged',
    sender: ':1.0',
    signature: 's',
    body: [text],
  })[0];
const replyOf = (serial: number): Buffer =>
  marshall({ serial, type: RETURN, replySerial: 7, sender: ':1.0', signature: 's', body: ['answer'] })[0];

let pair: SocketPair;
let client: Socket;
let peer: Socket;
let received: Message[];

beforeEach(async () => {
  pair = await socketPair();
  ({ client, peer } = pair);
  received = [];
  leaveOut(client, (path) => path.startsWith('/unit/ours'));
  unmarshalMessages(client, (message) => received.push(message), {});
});
afterEach(() => {
  pair[Symbol.dispose]();
});
const serials = (): number[] => received.map(({ serial }) => serial);

it('lets through what is wanted, and whatever is no signal, in its order', async () => {
  const long = 'x'.repeat(100_000);
  peer.write(
    Buffer.concat([
      signalOf(1, 'mount', long),
      signalOf(2, 'ours', long),
      replyOf(3),
      signalOf(4, 'target'),
      signalOf(5, 'ours_too'),
      signalOf(6, 'target', long),
    ]),
  );
  peer.write(replyOf(7));
  await expect.poll(serials).toEqual([2, 3, 5, 7]);
  expect(received.map(({ body }) => String(body?.[0]).length)).toEqual([100_000, 6, 0, 6]);
});

it('is not confused by messages that come in pieces', async () => {
  const bytes = Buffer.concat([signalOf(1, 'mount', 'abc'), signalOf(2, 'ours', 'def'), replyOf(3)]);
  for (let at = 0; at < bytes.length; at += 5) {
    peer.write(bytes.subarray(at, at + 5));
    await turn();
  }
  await expect.poll(serials).toEqual([2, 3]);
  expect(received[0]?.body).toEqual(['def']);
});

it('keeps the descriptors of a message behind what is left out', async () => {
  const sample = openSync('/dev/null', 'r');
  const [data] = marshall({ serial: 2, type: RETURN, replySerial: 7, unixFd: 1, signature: 'h', body: [sample] });
  peer.write(signalOf(1, 'mount'));
  (peer as { write: (chunk: object) => void }).write({ data, fds: [sample] });
  await expect.poll(serials).toEqual([2]);
  const fd = Number(received[0]?.body?.[0]);
  expect([fd === sample, fstatSync(fd).rdev]).toEqual([false, fstatSync(sample).rdev]);
  for (const each of [fd, sample]) closeSync(each);
});
