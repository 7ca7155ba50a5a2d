import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { once } from 'node:events';
import { aSignal, aWorld, define } from './support.ts';
import type { RawPeer, World } from './support.ts';
import type { ServerLimits } from '../../../src/varlink/server.ts';
import type { Call } from '../../../src/varlink/types.ts';

const text = `interface a.b
method Echo(value: object) -> (value: object)
method Wait() -> ()
method Stubborn() -> ()
`;

async function aLimitedWorld(limits: Partial<ServerLimits>, more: object = {}): Promise<World> {
  const world = await aWorld({ limits });
  world.server.serve<object>(define(text), {
    Echo: ({ value }: { value: object }) => ({ value }),
    async Wait(_: object, { signal }: Call) {
      await once(signal, 'abort');
      return {};
    },
    ...more,
  });
  return world;
}

const answers = async (peer: RawPeer): Promise<boolean> =>
  (await peer.call('org.varlink.service.GetInfo')) !== undefined;

describe('limits', () => {
  it('a message of the limit is answered, one byte more is not, and others do not notice', async () => {
    await using world = await aLimitedWorld({ maxMessageBytes: 10_000 });
    const [peer, other] = [await world.connect(), await world.connect()];
    const empty = JSON.stringify({ method: 'a.b.Echo', parameters: { value: { a: '' } } }).length;
    const value = { a: 'x'.repeat(10_000 - empty) };
    await expect(peer.call('a.b.Echo', { value })).resolves.toEqual({ parameters: { value } });
    await expect(peer.call('a.b.Echo', { value: { a: `${value.a}x` } })).resolves.toBeUndefined();
    await expect(answers(other)).resolves.toBe(true);
  });

  it('a message without an end is cut off at the limit', async () => {
    await using world = await aLimitedWorld({ maxMessageBytes: 1_000_000 });
    const peer = await world.connect();
    const closed = new Promise((resolve) => peer.socket.once('close', resolve));
    const chunk = Buffer.alloc(64 * 1024, 'x');
    const pour = (): void => {
      while (peer.socket.writable && peer.socket.write(chunk));
    };
    peer.socket.on('drain', pour);
    peer.socket.resume();
    pour();
    await closed;
    expect(peer.socket.bytesWritten).toBeLessThan(10_000_000);
  });

  it('several megabytes pass in both directions', async () => {
    await using world = await aLimitedWorld({});
    const peer = await world.connect();
    const value = { lines: Array.from({ length: 50_000 }, (_, index) => `line ${index} ${'x'.repeat(100)}`) };
    await expect(peer.call('a.b.Echo', { value })).resolves.toEqual({ parameters: { value } });
  });

  it('nesting beyond the limit closes the connection', async () => {
    await using world = await aLimitedWorld({ maxDepth: 10 });
    const peer = await world.connect();
    const nested = (depth: number): object => JSON.parse(`${'{"a":'.repeat(depth)}{}${'}'.repeat(depth)}`) as object;
    await expect(peer.call('a.b.Echo', { value: nested(7) })).resolves.toEqual({ parameters: { value: nested(7) } });
    await expect(peer.call('a.b.Echo', { value: nested(8) })).resolves.toBeUndefined();
  });

  it('connections beyond the limit are closed at once, and there is room again when one goes', async () => {
    const counts: number[] = [];
    const freed = aSignal();
    await using world = await aWorld({
      limits: { maxConnections: 20 },
      onConnections(count) {
        counts.push(count);
        if (counts.length > 20 && count === 19) freed.resolve();
      },
    });
    const peers = await Promise.all(Array.from({ length: 20 }, async () => await world.connect()));
    for (const peer of peers) await expect(answers(peer)).resolves.toBe(true);
    const extra = await world.connect();
    await expect(extra.all()).resolves.toEqual([]);
    expect(world.server.connections).toBe(20);
    peers[0]?.hangUp();
    await freed.promise;
    await expect(answers(await world.connect())).resolves.toBe(true);
  });

  it('a peer that never ends its message is dropped', async () => {
    await using world = await aLimitedWorld({ messageMs: 30 });
    const peer = await world.connect();
    await expect(answers(peer)).resolves.toBe(true);
    peer.write('{"method":');
    await expect(peer.all()).resolves.toEqual([]);
  });

  it('a peer that only waits is not', async () => {
    await using world = await aLimitedWorld({ messageMs: 1 });
    const [waiting, dropped] = [await world.connect(), await world.connect()];
    dropped.write('{');
    await dropped.all();
    await expect(answers(waiting)).resolves.toBe(true);
  });

  it('what is pipelined behind a call that takes its time stays with the kernel', async () => {
    const [started, go] = [aSignal(), aSignal()];
    await using world = await aLimitedWorld(
      { readAheadBytes: 1000 },
      {
        async Wait() {
          started.resolve();
          await go.promise;
          return {};
        },
      },
    );
    const peer = await world.connect();
    peer.send({ method: 'a.b.Wait' });
    await started.promise;
    const value = { text: 'x'.repeat(100_000) };
    for (let index = 0; index < 100; index++) peer.send({ method: 'a.b.Echo', parameters: { value } });
    const other = await world.connect();
    for (let index = 0; index < 20; index++) await answers(other);
    expect(peer.socket.writableLength).toBeGreaterThan(5_000_000);
    go.resolve();
    await expect(peer.receive()).resolves.toEqual({ parameters: {} });
    for (let index = 0; index < 100; index++) {
      await expect(peer.receive()).resolves.toEqual({ parameters: { value } });
    }
  });
});

describe('closing a server', () => {
  it('ends its calls, and tells their callers by hanging up', async () => {
    const started = aSignal();
    const signals: AbortSignal[] = [];
    const world = await aLimitedWorld(
      {},
      {
        async Wait(_: object, { signal }: Call) {
          signals.push(signal);
          started.resolve();
          await once(signal, 'abort');
          return {};
        },
      },
    );
    const peer = await world.connect();
    peer.send({ method: 'a.b.Wait' });
    await started.promise;
    await world.server.close();
    expect(signals[0]?.aborted).toBe(true);
    await expect(peer.all()).resolves.toEqual([]);
    await expect(world.connect()).rejects.toMatchObject({ code: 'ENOENT' });
    await world[Symbol.asyncDispose]();
  });

  it('does not wait for ever for a handler that does not end', async () => {
    const started = aSignal();
    const world = await aLimitedWorld(
      { closeMs: 10 },
      {
        async Stubborn() {
          started.resolve();
          return await new Promise(() => undefined);
        },
      },
    );
    const peer = await world.connect();
    peer.send({ method: 'a.b.Stubborn' });
    await started.promise;
    await world.server.close();
    await world[Symbol.asyncDispose]();
  });
});

describe('nonsense', () => {
  it('of any kind never disturbs others, nor the server', async () => {
    await using world = await aLimitedWorld({});
    const good = await world.connect();
    const piece = fc.oneof(
      fc.uint8Array({ maxLength: 100 }).map((bytes) => Buffer.from(bytes)),
      fc.json().map((json) => Buffer.from(`${json}\0`)),
      fc
        .record(
          {
            method: fc.oneof(fc.string(), fc.constantFrom('a.b.Echo', 'org.varlink.service.GetInfo')),
            parameters: fc.oneof(fc.object(), fc.record({ value: fc.object() }), fc.jsonValue()),
            more: fc.boolean(),
            oneway: fc.boolean(),
            upgrade: fc.constantFrom(false, null, 1),
          },
          { requiredKeys: [] },
        )
        .map((call) => Buffer.from(`${JSON.stringify(call)}\0`)),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(piece, { maxLength: 8 }), async (pieces) => {
        const peer = await world.connect();
        for (const bytes of pieces) peer.write(bytes);
        peer.socket.end();
        for (const reply of await peer.all()) expect(Object.keys(reply as object)).not.toContain('continues');
        await expect(answers(good)).resolves.toBe(true);
      }),
      { numRuns: 200 },
    );
    expect(world.errors).toEqual([]);
  });
});
