import type { Duplex } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { duplexPair } from 'node:stream';
import { once } from 'node:events';
import { pipeline } from 'node:stream/promises';
import { aSignal, aWorld, define, RawPeer } from './support.ts';
import type { World } from './support.ts';
import type { Call, JsonObject } from '../../../src/varlink/types.ts';
import { CannotConnect, ConnectionClosed, ProtocolViolation, VarlinkError } from '../../../src/varlink/errors.ts';
import { CLIENT_LIMITS, ClientConnection } from '../../../src/varlink/client-connection.ts';
import { connect } from '../../../src/varlink/client.ts';
import { live } from '../../../src/varlink/stream.ts';

const text = `interface a.b
method Echo(word: string) -> (word: string)
method Wait() -> ()
method Refuse() -> ()
# [Requires 'more' flag]
method Count(to: int) -> (item: ?int)
# [Requires 'more' flag]
method Watch() -> (event: ?string)
# [Requires 'upgrade' flag]
method Attach() -> (protocol: string)
`;

interface Waits {
  started: PromiseWithResolvers<void>;
  go: PromiseWithResolvers<void>;
  gone: PromiseWithResolvers<void>;
}

async function aClientWorld(): Promise<World & Waits> {
  const world = await aWorld();
  const waits: Waits = { started: aSignal(), go: aSignal(), gone: aSignal() };
  world.server.serve<object>(define(text), {
    Echo: ({ word }: { word: string }) => ({ word }),
    async Wait(_: object, { signal }: Call) {
      signal.addEventListener('abort', () => waits.gone.resolve());
      waits.started.resolve();
      await waits.go.promise;
      return {};
    },
    Refuse() {
      throw new VarlinkError('a.b.No', { why: 'because' });
    },
    async *Count({ to }: { to: number }) {
      for (let item = 0; item < to; item++) yield { item };
    },
    Watch: (_: object, { signal }: Call) => {
      signal.addEventListener('abort', () => waits.gone.resolve());
      return live(
        (async function* () {
          yield { event: 'ready' };
          await once(signal, 'abort');
        })(),
      );
    },
    Attach: () => ({
      reply: { protocol: 'raw' },
      serve: async (stream: Duplex) => await pipeline(stream, stream),
    }),
  });
  return Object.assign(world, waits);
}

async function collect(replies: AsyncIterable<JsonObject>): Promise<JsonObject[]> {
  const all: JsonObject[] = [];
  for await (const reply of replies) all.push(reply);
  return all;
}

describe('Client', () => {
  it('calls, and rejects with what the service refuses with', async () => {
    await using world = await aClientWorld();
    await using client = await connect(world.address);
    await expect(client.call('a.b.Echo', { word: 'x' })).resolves.toEqual({ word: 'x' });
    await expect(client.call('a.b.Refuse', {})).rejects.toMatchObject({
      name: 'VarlinkError',
      error: 'a.b.No',
      parameters: { why: 'because' },
      message: 'a.b.No {"why":"because"}',
    });
    await expect(client.call('a.b.Echo', { word: 'y' })).resolves.toEqual({ word: 'y' });
    expect(world.server.connections).toBe(1);
  });

  it('serves other calls while one waits, and keeps few connections afterwards', async () => {
    await using world = await aClientWorld();
    await using client = await connect(world.address, { maxIdle: 2 });
    const waiting = client.call('a.b.Wait', {});
    await world.started.promise;
    const words = Array.from({ length: 20 }, (_, index) => `w${index}`);
    await expect(Promise.all(words.map(async (word) => await client.call('a.b.Echo', { word })))).resolves.toEqual(
      words.map((word) => ({ word })),
    );
    world.go.resolve();
    await expect(waiting).resolves.toEqual({});
  });

  it('lets calls wait for one another beyond its limit of connections', async () => {
    await using world = await aClientWorld();
    await using client = await connect(world.address, { maxConnections: 2 });
    const waiting = [client.call('a.b.Wait', {}), client.call('a.b.Wait', {})];
    await world.started.promise;
    const hurried = new AbortController();
    const [first, impatient, last] = [
      client.call('a.b.Echo', { word: 'first' }),
      client.call('a.b.Echo', { word: 'never' }, { signal: hurried.signal }),
      client.call('a.b.Echo', { word: 'last' }),
    ];
    hurried.abort(new Error('hurry'));
    await expect(impatient).rejects.toThrow('hurry');
    expect(world.server.connections).toBeLessThanOrEqual(2);
    world.go.resolve();
    await expect(Promise.all(waiting)).resolves.toEqual([{}, {}]);
    await expect(Promise.all([first, last])).resolves.toEqual([{ word: 'first' }, { word: 'last' }]);
  });

  it('takes a call back by hanging up when its signal aborts', async () => {
    await using world = await aClientWorld();
    await using client = await connect(world.address);
    const controller = new AbortController();
    const waiting = client.call('a.b.Wait', {}, { signal: controller.signal });
    await world.started.promise;
    controller.abort();
    await expect(waiting).rejects.toMatchObject({ name: 'AbortError' });
    await world.gone.promise;
    world.go.resolve();
    await expect(client.call('a.b.Echo', { word: 'x' })).resolves.toEqual({ word: 'x' });
    await expect(client.call('a.b.Echo', {}, { signal: controller.signal })).rejects.toMatchObject({
      name: 'AbortError',
    });
  });

  it('iterates over the replies of a call with more', async () => {
    await using world = await aClientWorld();
    await using client = await connect(world.address);
    await expect(collect(client.callMore('a.b.Count', { to: 3 }))).resolves.toEqual([
      { item: 0 },
      { item: 1 },
      { item: 2 },
    ]);
    await expect(collect(client.callMore('a.b.Count', { to: 0 }))).resolves.toEqual([]);
    await expect(collect(client.callMore('a.b.Refuse', {}))).rejects.toMatchObject({ error: 'a.b.No' });
    expect(world.server.connections).toBe(1);
  });

  it('reads many replies slowly without holding them all', async () => {
    await using world = await aClientWorld();
    await using client = await connect(world.address);
    let next = 0;
    for await (const { item } of client.callMore('a.b.Count', { to: 20_000 })) {
      expect(item).toBe(next++);
      if (next % 2000 === 0) await client.call('a.b.Echo', { word: 'between' });
    }
    expect(next).toBe(20_000);
  });

  it('hangs up when a loop is left early', async () => {
    await using world = await aClientWorld();
    await using client = await connect(world.address);
    for await (const reply of client.callMore('a.b.Watch', {})) {
      expect(reply).toEqual({ event: 'ready' });
      break;
    }
    await world.gone.promise;
    await expect(client.call('a.b.Echo', { word: 'x' })).resolves.toEqual({ word: 'x' });
  });

  it('hangs up when a loop’s signal aborts', async () => {
    await using world = await aClientWorld();
    await using client = await connect(world.address);
    const controller = new AbortController();
    const loop = async (): Promise<void> => {
      for await (const _ of client.callMore('a.b.Watch', {}, { signal: controller.signal })) controller.abort();
    };
    await expect(loop()).rejects.toMatchObject({ name: 'AbortError' });
    await world.gone.promise;
  });

  it('upgrades', async () => {
    await using world = await aClientWorld();
    await using client = await connect(world.address);
    const { reply, stream } = await client.upgrade('a.b.Attach', {});
    expect(reply).toEqual({ protocol: 'raw' });
    stream.end('bytes');
    let bytes = '';
    for await (const chunk of stream) bytes += String(chunk);
    expect(bytes).toBe('bytes');
    await expect(client.upgrade('a.b.Nope', {})).rejects.toMatchObject({
      error: 'org.varlink.service.MethodNotFound',
    });
    await expect(client.call('a.b.Echo', { word: 'x' })).resolves.toEqual({ word: 'x' });
  });

  it('rejects what waits when it is closed, and all that is called later', async () => {
    await using world = await aClientWorld();
    const client = await connect(world.address);
    const waiting = client.call('a.b.Wait', {});
    await world.started.promise;
    await Promise.all([expect(waiting).rejects.toBeInstanceOf(ConnectionClosed), client.close()]);
    await expect(client.call('a.b.Echo', { word: 'x' })).rejects.toBeInstanceOf(ConnectionClosed);
    await world.gone.promise;
    world.go.resolve();
  });

  it('rejects what waits when the service goes, and says so when it is not back', async () => {
    await using world = await aClientWorld();
    await using client = await connect(world.address);
    const waiting = client.call('a.b.Wait', {});
    await world.started.promise;
    world.go.resolve();
    await Promise.all([expect(waiting).rejects.toBeInstanceOf(ConnectionClosed), world.server.close()]);
    await expect(client.call('a.b.Echo', { word: 'x' })).rejects.toBeInstanceOf(CannotConnect);
  });

  it.each([
    ['unix:/nonexistent/socket', 'ENOENT'],
    ['unix:@berth-nobody-listens-here', 'ECONNREFUSED'],
    ['tcp:127.0.0.1:1', 'ECONNREFUSED'],
    ['exec:/nonexistent/program', 'ENOENT'],
    ['exec:/etc/passwd', 'EACCES'],
  ])('says why it cannot connect to %s', async (address, code) => {
    await expect(connect(address)).rejects.toMatchObject({ name: 'CannotConnect', address, cause: { code } });
  });
});

/** A connection whose other end is written by hand. */
function aPair(limits = CLIENT_LIMITS): { connection: ClientConnection; service: Duplex } {
  const [near, service] = duplexPair();
  return { connection: new ClientConnection(near, limits), service };
}

describe('ClientConnection', () => {
  it('pipelines: every call is written before the first reply', async () => {
    const { connection, service } = aPair();
    const calls = ['one', 'two'].map(async (word) => await connection.call('a.b.Echo', { word }));
    const oneway = connection.callOneway('a.b.Tell', {});
    const [written] = (await once(service, 'data')) as [Buffer];
    expect(written.toString()).toBe(
      '{"method":"a.b.Echo","parameters":{"word":"one"}}\0{"method":"a.b.Echo","parameters":{"word":"two"}}\0{"method":"a.b.Tell","oneway":true}\0',
    );
    service.write('{"parameters":{"n":1}}\0{"error":"a.b.No"');
    service.write(',"parameters":null}\0');
    await expect(calls[0]).resolves.toEqual({ n: 1 });
    await expect(calls[1]).rejects.toMatchObject({ error: 'a.b.No', parameters: {} });
    await oneway;
  });

  it.each(['{}', '{"parameters":null}', '{"parameters":{}}', '{"continues":false}', '{"error":null,"extra":1}'])(
    'takes %s for an empty reply',
    async (reply) => {
      const { connection, service } = aPair();
      service.resume();
      const call = connection.call('a.b.C', {});
      service.write(`${reply}\0`);
      await expect(call).resolves.toEqual({});
    },
  );

  it.each([
    ['is not JSON', '{'],
    ['is not an object', '[]'],
    ['has parameters that are an array', '{"parameters":[]}'],
    ['has an error that is no string', '{"error":1}'],
    ['has an error that continues', '{"error":"a.b.No","continues":true}'],
    ['continues without more', '{"continues":true}'],
  ])('is of no use after a reply that %s', async (_, reply) => {
    const { connection, service } = aPair();
    service.resume();
    const calls = [connection.call('a.b.C', {}), connection.call('a.b.C', {})];
    service.write(`${reply}\0{}\0`);
    const results = await Promise.allSettled(calls);
    for (const result of results) expect(result).toMatchObject({ reason: { name: 'ProtocolViolation' } });
    await connection.gone;
    await expect(connection.call('a.b.C', {})).rejects.toBeInstanceOf(ProtocolViolation);
  });

  it('is of no use after a reply that nobody asked for', async () => {
    const { connection, service } = aPair();
    service.resume();
    service.write('{}\0');
    await connection.gone;
    expect(connection.open).toBe(false);
  });

  it('rejects everything that waits when the service ends in the middle of a reply', async () => {
    const { connection, service } = aPair();
    service.resume();
    const calls = [connection.call('a.b.C', {}), connection.call('a.b.C', {})];
    service.end('{"parameters":{}}\0{"param');
    await expect(calls[0]).resolves.toEqual({});
    await expect(calls[1]).rejects.toBeInstanceOf(ConnectionClosed);
    await connection.gone;
  });

  it('still gives the replies that came before the service closed to one that reads slowly', async () => {
    const { connection, service } = aPair();
    service.resume();
    const replies = connection.callMore('a.b.M', {});
    const first = replies.next();
    service.end('{"parameters":{"n":1},"continues":true}\0{"parameters":{"n":2},"continues":true}\0');
    await expect(first).resolves.toEqual({ done: false, value: { n: 1 } });
    expect(connection.open).toBe(false);
    await expect(replies.next()).resolves.toEqual({ done: false, value: { n: 2 } });
    await expect(replies.next()).rejects.toBeInstanceOf(ConnectionClosed);
    await connection.gone;
  });

  it('drops the reply to a call that was given up, and no other', async () => {
    const { connection, service } = aPair();
    service.resume();
    const controller = new AbortController();
    const calls = [
      connection.call('a.b.C', {}, { signal: controller.signal }),
      connection.call('a.b.C', {}, { signal: new AbortController().signal }),
    ];
    controller.abort(new Error('enough'));
    await expect(calls[0]).rejects.toThrow('enough');
    expect(connection.idle).toBe(false);
    service.write('{"parameters":{"n":1}}\0{"parameters":{"n":2}}\0');
    await expect(calls[1]).resolves.toEqual({ n: 2 });
    expect(connection.idle).toBe(true);
  });

  it('hands over what follows the reply to an upgrade, and refuses other calls meanwhile', async () => {
    const { connection, service } = aPair();
    service.resume();
    const upgraded = connection.upgrade('a.b.U', {});
    await expect(connection.call('a.b.C', {})).rejects.toThrow('being upgraded');
    service.write('{"parameters":{"n":1}}\0ear');
    service.write('ly\0');
    const { reply, stream } = await upgraded;
    expect(reply).toEqual({ n: 1 });
    service.end(' and late');
    let bytes = '';
    for await (const chunk of stream) bytes += String(chunk);
    expect(bytes).toBe('early\0 and late');
  });

  it('reads nothing of an upgraded stream that its owner has paused', async () => {
    const { connection, service } = aPair();
    service.resume();
    const upgraded = connection.upgrade('a.b.U', {});
    service.write('{}\0early');
    const { stream } = await upgraded;
    const data: string[] = [];
    stream.on('data', (chunk: Buffer) => data.push(chunk.toString())).pause();
    service.write(' and late');
    await new Promise((resolve) => setImmediate(resolve));
    expect(data).toEqual([]);
    const all = once(stream, 'end');
    stream.resume();
    service.end();
    await all;
    expect(data.join('')).toBe('early and late');
  });

  it('stays varlink when an upgrade is refused', async () => {
    const { connection, service } = aPair();
    service.resume();
    const upgraded = connection.upgrade('a.b.U', {});
    service.write('{"error":"a.b.No"}\0');
    await expect(upgraded).rejects.toMatchObject({ error: 'a.b.No' });
    const call = connection.call('a.b.C', {});
    service.write('{}\0');
    await expect(call).resolves.toEqual({});
  });

  it('refuses a reply beyond its limits', async () => {
    const { connection, service } = aPair({ ...CLIENT_LIMITS, maxMessageBytes: 100 });
    service.resume();
    const call = connection.call('a.b.C', {});
    service.write('x'.repeat(101));
    await expect(call).rejects.toBeInstanceOf(ProtocolViolation);
  });

  it('tells that a service over a real socket has gone while nothing was called', async () => {
    await using world = await aClientWorld();
    const peer = await RawPeer.connect(world.path);
    const connection = new ClientConnection(peer.socket);
    await world.server.close();
    await connection.gone;
    expect(connection.open).toBe(false);
  });
});
