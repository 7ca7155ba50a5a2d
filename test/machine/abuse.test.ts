import { connect as connectSocket, type Socket } from 'node:net';
import { once } from 'node:events';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { Berth, SOCKET } from './berth.ts';
import { useMachine } from './use-machine.ts';

const machine = useMachine();
const MiB = 1024 * 1024;
const open = new Set<Socket>();
let berth: Berth;
let pid: string;

beforeAll(async () => {
  berth = await Berth.connect(machine);
  await berth.system.getInfo();
  pid = (await berth.show('berthd.service', 'MainPID'))['MainPID'] ?? '';
});
afterEach(async () => {
  for (const socket of open) socket.destroy();
  open.clear();
  // Alive, the same process, answering others, and not grown beyond what a few messages at their limit take.
  await berth.system.getInfo();
  expect((await berth.show('berthd.service', 'MainPID'))['MainPID']).toBe(pid);
  expect(await residentMiB()).toBeLessThan(300);
});
afterAll(async () => {
  await berth[Symbol.asyncDispose]();
});

async function residentMiB(): Promise<number> {
  const { stdout } = await machine.check(['grep', 'VmRSS', `/proc/${pid}/status`]);
  return Number(/\d+/.exec(stdout.toString())?.[0]) / 1024;
}

async function dial(): Promise<Socket> {
  const socket = connectSocket({ path: machine.path(SOCKET), allowHalfOpen: true });
  open.add(socket);
  socket.on('error', () => undefined);
  await once(socket, 'connect');
  return socket;
}

/** What the service says until it closes. */
async function answerTo(message: string | Buffer): Promise<string> {
  const socket = await dial();
  const chunks: Buffer[] = [];
  socket.on('data', (chunk: Buffer) => chunks.push(chunk));
  const closed = once(socket, 'close');
  socket.end(message);
  await closed;
  return Buffer.concat(chunks).toString();
}

const garbage: [what: string, message: string | Buffer][] = [
  ['bytes that are no JSON', Buffer.from('\xff\xfe\x00{]}\0', 'latin1')],
  ['an array', '[1,2,3]\0'],
  ['no method', '{"parameters":{}}\0'],
  ['a method that is no text', '{"method":7}\0'],
  ['a member nobody knows', '{"method":"org.varlink.service.GetInfo","nope":1}\0'],
  ['two flags at once', '{"method":"org.varlink.service.GetInfo","more":true,"oneway":true}\0'],
  ['half a message', '{"method":"org.varlink.service.Get'],
  ['nothing but NUL', '\0\0\0\0'],
  ['100,000 levels', `${'['.repeat(100_000)}${']'.repeat(100_000)}\0`],
  [
    '100,000 levels in parameters',
    `{"method":"io.berth.System.GetInfo","parameters":${'{"a":'.repeat(100_000)}1${'}'.repeat(100_001)}\0`,
  ],
];
it.each(garbage)('%s closes the connection, without an answer', async (_, message) => {
  expect(await answerTo(message)).toBe('');
});

const refused: [what: string, call: object, error: string, parameters: object][] = [
  [
    'an unknown interface',
    { method: 'io.nope.Nope' },
    'org.varlink.service.InterfaceNotFound',
    { interface: 'io.nope' },
  ],
  [
    'an unknown method',
    { method: 'io.berth.Container.Nope' },
    'org.varlink.service.MethodNotFound',
    { method: 'io.berth.Container.Nope' },
  ],
  [
    'a parameter too many',
    { method: 'io.berth.Container.Start', parameters: { container: 'x', zz: 1 } },
    'org.varlink.service.InvalidParameter',
    { parameter: 'zz' },
  ],
  [
    'a parameter of the wrong kind',
    { method: 'io.berth.Container.Start', parameters: { container: 7 } },
    'org.varlink.service.InvalidParameter',
    { parameter: 'container' },
  ],
  [
    'a nested one',
    {
      method: 'io.berth.Container.Create',
      parameters: { configuration: { mounts: [{ kind: 'nope', destination: '/' }] } },
    },
    'org.varlink.service.InvalidParameter',
    { parameter: 'configuration.mounts[0].kind' },
  ],
  ['no more where it is needed', { method: 'io.berth.Container.List' }, 'org.varlink.service.ExpectedMore', {}],
];
/** Each of these once came back as it was sent, which systemd's varlinkctl cannot read. */
const UNREADABLE = ['nul\0', 'lone\ud800', '\udc00lone'];
const echoes: [what: string, call: (text: string) => object][] = [
  ['a unit property', (text) => create({ unitProperties: [`Description=${text}`] })],
  ['a property nobody knows', (text) => create({ unitProperties: [`${text}=1`] })],
  ['an image', (text) => create({ image: text })],
  ['a source', (text) => create({ mounts: [{ kind: 'bind', source: `/${text}`, destination: '/x' }] })],
  ['a label', (text) => create({ labels: { [text]: 'x' } })],
  ['a container', (container) => ({ method: 'io.berth.Container.Start', parameters: { container } })],
  ['a folder to load', (text) => ({ method: 'io.berth.Image.Load', parameters: { path: `/${text}` } })],
  [
    'a file to save to',
    (text) => ({ method: 'io.berth.Image.Save', parameters: { image: 'plain', path: `/${text}` } }),
  ],
  ['a parameter nobody knows', (text) => ({ method: 'io.berth.System.GetInfo', parameters: { [text]: 1 } })],
  ['a method', (text) => ({ method: `io.berth.System.${text}` })],
  ['an interface', (text) => ({ method: `${text}.x.Y` })],
];
const create = (configuration: object): object => ({
  method: 'io.berth.Container.Create',
  parameters: { configuration: { image: 'plain', ...configuration } },
});
describe.each(UNREADABLE)('text such as %j', (text) => {
  it.each(echoes)('in the place of %s is refused in text that every peer can read', async (_, call) => {
    const answer = (await answerTo(`${JSON.stringify(call(text))}\0`)).replace('\0', '');
    // A backslash that is escaped itself begins nothing.
    expect(answer.replaceAll(/\\[^u]/g, '')).not.toMatch(/\\u0000|\\ud[89a-f]/);
    expect(answer).not.toContain('InternalError');
    expect(JSON.parse(answer)).toHaveProperty('error');
  });
});

it.each(refused)('%s is a typed error', async (_, call, error, parameters) => {
  const reply = JSON.parse((await answerTo(`${JSON.stringify(call)}\0`)).replace('\0', '')) as object;
  expect(reply).toMatchObject({ error, ...(Object.keys(parameters).length === 0 ? {} : { parameters }) });
});

it('a message of 100 MiB is cut off at the limit', async () => {
  const socket = await dial();
  const closed = new Promise((resolve) => socket.once('close', resolve));
  const chunk = Buffer.alloc(MiB, 0x61);
  let written = 0;
  for (let index = 0; index < 100 && !socket.destroyed; index++) {
    written += chunk.length;
    if (!socket.write(chunk)) await Promise.race([new Promise((resolve) => socket.once('drain', resolve)), closed]);
  }
  await closed;
  expect(written).toBeLessThan(40 * MiB);
});

it('2,000 connections at once leave room for nobody else but do no harm', async () => {
  const sockets = await Promise.all(Array.from({ length: 2000 }, async () => await dial().catch(() => undefined)));
  expect(sockets.filter((socket) => socket !== undefined).length).toBeGreaterThan(1000);
  const closed = sockets.map(async (socket) => {
    if (socket !== undefined && !socket.closed) await once(socket, 'close');
  });
  for (const socket of open) socket.destroy();
  await Promise.all(closed);
});

it('a client that never reads costs no more than what fits into its socket', async () => {
  const image = await berth.image('plain');
  const labels = { large: 'x'.repeat(100_000) };
  const names = Array.from({ length: 20 }, (_, index) => `slow-${index.toString()}`);
  for (const name of names) await berth.containers.create({ configuration: { image, name, labels } });
  const before = await residentMiB();
  const sockets = await Promise.all(Array.from({ length: 50 }, async () => await dial()));
  const call = `${JSON.stringify({ method: 'io.berth.Container.List', parameters: {}, more: true })}\0`;
  for (const socket of sockets) socket.pause().write(call.repeat(100));
  for (let index = 0; index < 20; index++) await berth.system.getInfo();
  expect((await residentMiB()) - before).toBeLessThan(100);
  for (const socket of sockets) socket.destroy();
  await berth.removeAll();
});
