import { describe, expect, it } from 'vitest';
import { once } from 'node:events';
import { createConnection } from 'node:net';
import { aSignal, aWorld, define, RawPeer } from './support.ts';
import type { World } from './support.ts';
import { VarlinkError } from '../../../src/varlink/errors.ts';
import { live } from '../../../src/varlink/stream.ts';
import type { Call } from '../../../src/varlink/types.ts';

const text = `interface org.example.streams

# [Supports 'more' flag]
method List(count: int) -> (item: int)
# [Supports 'more' flag]
method ListNullable(count: int) -> (item: ?int)
# [Requires 'more' flag]
method Progress() -> (done: ?int, result: ?string)
# [Requires 'more' flag]
method Fail(after: int) -> (item: int)
# [Requires 'more' flag]
method Watch() -> (event: ?string)
method Ping() -> ()

error Broken (at: int)
`;

async function* counted(count: number): AsyncGenerator<{ item: number }> {
  for (let item = 0; item < count; item++) yield { item };
}

async function aStreamsWorld(more: object = {}): Promise<World> {
  const world = await aWorld();
  world.server.serve<object>(define(text), {
    List: ({ count }: { count: number }) => counted(count),
    ListNullable: async ({ count }: { count: number }) => await Promise.resolve(counted(count)),
    async *Progress() {
      yield { done: 50 };
      yield { done: 100 };
      return { result: 'fine' };
    },
    async *Fail({ after }: { after: number }) {
      yield* counted(after);
      throw new VarlinkError('org.example.streams.Broken', { at: after });
    },
    Ping: () => ({}),
    ...more,
  });
  return world;
}

const call = (method: string, parameters: object = {}): object => ({
  method: `org.example.streams.${method}`,
  parameters,
  more: true,
});
const SERVICE = 'org.varlink.service';

describe('a call with more', () => {
  it('is answered by each value, the last one without continues', async () => {
    await using world = await aStreamsWorld();
    const peer = await world.connect();
    peer.send(call('List', { count: 3 }), { method: 'org.example.streams.Ping' });
    await expect(peer.receive()).resolves.toEqual({ parameters: { item: 0 }, continues: true });
    await expect(peer.receive()).resolves.toEqual({ parameters: { item: 1 }, continues: true });
    await expect(peer.receive()).resolves.toEqual({ parameters: { item: 2 } });
    await expect(peer.receive()).resolves.toEqual({ parameters: {} });
  });

  it('of one value is one final reply', async () => {
    await using world = await aStreamsWorld();
    const peer = await world.connect();
    peer.send(call('List', { count: 1 }));
    await expect(peer.receive()).resolves.toEqual({ parameters: { item: 0 } });
  });

  it('of no value is an empty reply where the interface has one', async () => {
    await using world = await aStreamsWorld();
    const peer = await world.connect();
    peer.send(call('ListNullable', { count: 0 }));
    await expect(peer.receive()).resolves.toEqual({ parameters: {} });
    expect(world.errors).toEqual([]);
  });

  it('of no value fails where the interface has no empty reply', async () => {
    await using world = await aStreamsWorld();
    const peer = await world.connect();
    peer.send(call('List', { count: 0 }));
    await expect(peer.receive()).resolves.toMatchObject({ error: 'io.systemd.System' });
    expect(String(world.errors[0]?.error)).toContain("'item' should be");
  });

  it('ends with what the generator returns', async () => {
    await using world = await aStreamsWorld();
    const peer = await world.connect();
    peer.send(call('Progress'));
    await expect(peer.receive()).resolves.toEqual({ parameters: { done: 50 }, continues: true });
    await expect(peer.receive()).resolves.toEqual({ parameters: { done: 100 }, continues: true });
    await expect(peer.receive()).resolves.toEqual({ parameters: { result: 'fine' } });
  });

  it.each([0, 1, 2])('that fails after %i values gives these before the error', async (after) => {
    await using world = await aStreamsWorld();
    const peer = await world.connect();
    peer.send(call('Fail', { after }));
    for (let item = 0; item < after; item++) {
      await expect(peer.receive()).resolves.toEqual({ parameters: { item }, continues: true });
    }
    await expect(peer.receive()).resolves.toEqual({
      error: 'org.example.streams.Broken',
      parameters: { at: after },
    });
    await expect(peer.call('org.example.streams.Ping')).resolves.toEqual({ parameters: {} });
  });

  it('of a plain method is one final reply', async () => {
    await using world = await aStreamsWorld();
    const peer = await world.connect();
    peer.send(call('Ping'));
    await expect(peer.receive()).resolves.toEqual({ parameters: {} });
  });

  it('that is answered by a bad value fails at that value', async () => {
    const returned = aSignal();
    await using world = await aStreamsWorld({
      async *Watch() {
        try {
          yield { event: 'fine' };
          yield { event: 1 };
          yield { event: 'never' };
        } finally {
          returned.resolve();
        }
      },
    });
    const peer = await world.connect();
    peer.send(call('Watch'));
    await expect(peer.receive()).resolves.toEqual({ parameters: { event: 'fine' }, continues: true });
    await expect(peer.receive()).resolves.toMatchObject({ error: 'io.systemd.System' });
    await returned.promise;
  });
});

describe('a call without more', () => {
  it('of a method that supports it gets the only value', async () => {
    await using world = await aStreamsWorld();
    const peer = await world.connect();
    await expect(peer.call('org.example.streams.List', { count: 1 })).resolves.toEqual({ parameters: { item: 0 } });
  });

  it('is refused when there is a second value', async () => {
    await using world = await aStreamsWorld();
    const peer = await world.connect();
    await expect(peer.call('org.example.streams.List', { count: 2 })).resolves.toEqual({
      error: `${SERVICE}.ExpectedMore`,
    });
  });

  it('is refused by a method that requires it', async () => {
    await using world = await aStreamsWorld();
    const peer = await world.connect();
    await expect(peer.call('org.example.streams.Progress')).resolves.toEqual({ error: `${SERVICE}.ExpectedMore` });
  });
});

describe('a live stream', () => {
  it('sends each value when it comes', async () => {
    const next = [aSignal(), aSignal()] as const;
    await using world = await aStreamsWorld({
      Watch: () =>
        live(
          (async function* () {
            yield { event: 'ready' };
            await next[0].promise;
            yield { event: 'one' };
            await next[1].promise;
          })(),
        ),
    });
    const peer = await world.connect();
    peer.send(call('Watch'));
    await expect(peer.receive()).resolves.toEqual({ parameters: { event: 'ready' }, continues: true });
    next[0].resolve();
    await expect(peer.receive()).resolves.toEqual({ parameters: { event: 'one' }, continues: true });
    next[1].resolve();
    await expect(peer.receive()).resolves.toEqual({ parameters: {} });
  });

  it('ends with its caller, even while it waits', async () => {
    const ended = aSignal();
    await using world = await aStreamsWorld({
      Watch: (_: object, { signal }: Call) =>
        live(
          (async function* () {
            try {
              yield { event: 'ready' };
              await once(signal, 'abort');
            } finally {
              ended.resolve();
            }
          })(),
        ),
    });
    const peer = await world.connect();
    peer.send(call('Watch'));
    await peer.receive();
    peer.hangUp();
    await ended.promise;
    expect(world.errors).toEqual([]);
  });

  it('goes on for a caller that has only shut its sending side', async () => {
    const [go, shut] = [aSignal(), aSignal()];
    await using world = await aStreamsWorld({
      Watch: () =>
        live(
          (async function* () {
            yield { event: 'ready' };
            await go.promise;
            yield { event: 'late' };
          })(),
        ),
    });
    const peer = await world.connect();
    peer.send(call('Watch'));
    peer.socket.end(() => shut.resolve());
    await shut.promise;
    await peer.receive();
    go.resolve();
    await expect(peer.all()).resolves.toEqual([{ parameters: { event: 'late' }, continues: true }, { parameters: {} }]);
  });

  it('ends for a caller over TCP that has shut its sending side, since it may as well be gone', async () => {
    const ended = aSignal();
    await using world = await aStreamsWorld({
      Watch: (_: object, { signal }: Call) => {
        signal.addEventListener('abort', () => ended.resolve());
        return live(
          (async function* () {
            yield { event: 'ready' };
            await once(signal, 'abort');
          })(),
        );
      },
    });
    const port = Number((await world.server.listen('tcp:127.0.0.1:0')).split(':').at(-1));
    const socket = createConnection({ host: '127.0.0.1', port, allowHalfOpen: true });
    await once(socket, 'connect');
    const peer = new RawPeer(socket);
    peer.send(call('Watch'));
    await peer.receive();
    socket.end();
    await ended.promise;
    await expect(peer.all()).resolves.toEqual([]);
  });
});

describe('a caller that does not read', () => {
  const filler = 'x'.repeat(1000);

  it('stops the generator, which goes on when it reads', async () => {
    let made = 0;
    await using world = await aStreamsWorld({
      async *Watch() {
        for (; made < 20_000; made++) yield { event: filler };
      },
    });
    const peer = await world.connect();
    peer.send(call('Watch'));
    const other = await world.connect();
    await other.call('org.example.streams.Ping'); // the event loop turns: one that reads is served meanwhile
    for (let before = -1; before !== made; await other.call('org.example.streams.Ping')) before = made;
    expect(made).toBeLessThan(2_000);
    let replies = 0;
    for (let reply = await peer.receive(); ; reply = await peer.receive()) {
      replies++;
      if (reply === undefined || !('continues' in (reply as object))) break;
    }
    expect(replies).toBe(20_000);
  });

  it('stops the service of its own calls, and of nobody else’s', async () => {
    let served = 0;
    await using world = await aStreamsWorld({
      Ping() {
        served++;
        return {};
      },
    });
    const peer = await world.connect();
    const pings = Array.from({ length: 1000 }, () => ({ method: 'org.example.streams.Ping' }));
    const count = 50_000;
    for (let sent = 0; sent < count; sent += pings.length) peer.send(...pings);
    const other = await world.connect();
    for (let before = -1; before !== served; await other.call('org.varlink.service.GetInfo')) before = served;
    expect(served).toBeLessThan(count);
    for (let reply = 0; reply < count; reply++) await peer.receive();
    expect(served).toBe(count);
  });

  it('is dropped after a while, and its call is ended', async () => {
    const ended = aSignal();
    await using world = await aWorld({ limits: { stallMs: 50 } });
    world.server.serve<object>(define(text), {
      async *Watch() {
        try {
          for (;;) yield { event: filler };
        } finally {
          ended.resolve();
        }
      },
    });
    const peer = await world.connect();
    peer.send(call('Watch'));
    await ended.promise;
    expect(world.errors).toEqual([]);
  });
});
