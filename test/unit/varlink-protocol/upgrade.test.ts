import type { Duplex } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { once } from 'node:events';
import { promisify } from 'node:util';
import { pipeline } from 'node:stream/promises';
import { aSignal, aWorld, define } from './support.ts';
import type { RawPeer, World } from './support.ts';
import type { Call, Upgrade } from '../../../src/varlink/types.ts';
import { permissionDenied } from '../../../src/varlink/errors.ts';

const text = `interface org.example.upgrade
# [Requires 'upgrade' flag]
method Attach() -> (protocol: string)
method Slow() -> ()
method Ping() -> ()
`;

const echo = async (stream: Duplex): Promise<void> => await pipeline(stream, stream);

async function anUpgradeWorld(Attach: (parameters: object, call: Call) => unknown, more = {}): Promise<World> {
  const world = await aWorld();
  world.server.serve<object>(define(text), { Attach, Ping: () => ({}), ...more });
  return world;
}

const upgradeTo = (serve: (stream: Duplex) => Promise<void>) => (): Upgrade<{ protocol: string }> => ({
  reply: { protocol: 'raw' },
  serve,
});

const attach = { method: 'org.example.upgrade.Attach', upgrade: true };
const reply = `${JSON.stringify({ parameters: { protocol: 'raw' } })}\0`;

/** All that comes until the other side ends. */
async function bytesOf(peer: RawPeer): Promise<string> {
  let bytes = '';
  for await (const chunk of peer.socket) bytes += String(chunk);
  return bytes;
}

describe('an upgraded call', () => {
  it('gives the connection to the handler after the reply', async () => {
    await using world = await anUpgradeWorld(upgradeTo(echo));
    const peer = await world.connect();
    peer.send(attach);
    await expect(peer.receive()).resolves.toEqual({ parameters: { protocol: 'raw' } });
    peer.socket.end('bytes');
    await expect(bytesOf(peer)).resolves.toBe('bytes');
  });

  it('gives it every byte that was sent too early', async () => {
    await using world = await anUpgradeWorld(async () => {
      await new Promise((resolve) => setImmediate(resolve));
      return upgradeTo(echo)();
    });
    const peer = await world.connect();
    const raw = '\0not a message\0{"method":';
    peer.write(`${JSON.stringify(attach)}\0${raw}`);
    peer.socket.end('\0and more');
    await expect(bytesOf(peer)).resolves.toBe(`${reply}${raw}\0and more`);
  });

  it('gives them also when the peer had ended before the call was looked at', async () => {
    const [ended, go] = [aSignal(), aSignal()];
    await using world = await anUpgradeWorld(upgradeTo(echo), {
      async Slow() {
        await go.promise;
        return {};
      },
    });
    const peer = await world.connect();
    peer.send({ method: 'org.example.upgrade.Slow' });
    peer.write(`${JSON.stringify(attach)}\0raw bytes`);
    peer.socket.end(() => ended.resolve());
    await ended.promise;
    const other = await world.connect();
    await other.call('org.example.upgrade.Ping');
    go.resolve();
    await expect(bytesOf(peer)).resolves.toBe(`{"parameters":{}}\0${reply}raw bytes`);
  });

  it.each<[string, (stream: Duplex) => Promise<void>]>([
    ['iterates over it', async (stream) => void stream.end((await stream.iterator().next()).value)],
    [
      'listens for data',
      async (stream) => {
        const [bytes] = (await once(stream, 'data')) as [Buffer];
        stream.end(bytes);
      },
    ],
    [
      'listens for data much later',
      async (stream) => {
        await new Promise((resolve) => setImmediate(() => setImmediate(resolve)));
        const [bytes] = (await once(stream, 'data')) as [Buffer];
        stream.end(bytes);
      },
    ],
  ])('loses nothing to an owner that %s', async (_, serve) => {
    await using world = await anUpgradeWorld(upgradeTo(serve));
    const peer = await world.connect();
    peer.write(`${JSON.stringify(attach)}\0early`);
    await expect(bytesOf(peer)).resolves.toBe(`${reply}early`);
  });

  it('stays varlink when it is refused', async () => {
    await using world = await anUpgradeWorld(() => {
      throw permissionDenied();
    });
    const peer = await world.connect();
    peer.send(attach, { method: 'org.example.upgrade.Ping' });
    await expect(peer.receive()).resolves.toEqual({ error: 'org.varlink.service.PermissionDenied' });
    await expect(peer.receive()).resolves.toEqual({ parameters: {} });
  });

  it('stays varlink when the handler does not upgrade, and that is told of', async () => {
    await using world = await anUpgradeWorld(() => ({ protocol: 'raw' }));
    const peer = await world.connect();
    peer.send(attach, { method: 'org.example.upgrade.Ping' });
    await expect(peer.receive()).resolves.toMatchObject({ error: 'io.systemd.System' });
    await expect(peer.receive()).resolves.toEqual({ parameters: {} });
    expect(world.errors).toHaveLength(1);
  });

  it('closes when the owner is done', async () => {
    await using world = await anUpgradeWorld(
      upgradeTo(async (stream) => {
        stream.write('bye');
        await Promise.resolve();
      }),
    );
    const peer = await world.connect();
    peer.send(attach);
    await expect(bytesOf(peer)).resolves.toBe(`${reply}bye`);
  });

  it('reads what a peer writes that has not seen the end yet, and closes after the peer has ended, too', async () => {
    await using world = await anUpgradeWorld(
      upgradeTo(async (stream) => {
        stream.write('bye');
        await Promise.resolve();
      }),
    );
    const peer = await world.connect();
    peer.send(attach);
    await expect(bytesOf(peer)).resolves.toBe(`${reply}bye`);
    const write = promisify((text: string, done: (error?: Error | null) => void) => peer.socket.write(text, done));
    await write('late'); // EPIPE where it is closed
    const closed = once(peer.socket, 'close');
    peer.socket.end();
    await closed;
    expect(world.errors).toEqual([]);
  });

  it.each<[string, () => Promise<void>]>([
    ['fails', async () => await Promise.reject(new Error('lost'))],
    [
      'throws',
      () => {
        throw new Error('lost');
      },
    ],
  ])('closes when the owner %s, which is told of', async (_, serve) => {
    await using world = await anUpgradeWorld(upgradeTo(serve));
    const peer = await world.connect();
    peer.send(attach);
    await peer.all();
    expect(world.errors).toMatchObject([{ method: 'org.example.upgrade.Attach' }]);
  });

  it('tells its handler when the peer goes, and not when it only shuts its sending side', async () => {
    const [ended, aborted] = [aSignal(), aSignal()];
    const signals: AbortSignal[] = [];
    await using world = await anUpgradeWorld((_, { signal }) => {
      signals.push(signal);
      return upgradeTo(async (stream) => {
        stream.resume();
        await once(stream, 'end');
        ended.resolve();
        await once(signal, 'abort');
        aborted.resolve();
      })();
    });
    const [half, whole] = [await world.connect(), await world.connect()];
    half.send(attach);
    await half.receive();
    half.socket.end();
    await ended.promise;
    whole.send(attach);
    await whole.receive();
    whole.hangUp();
    await aborted.promise;
    expect(signals.map((signal) => signal.aborted)).toEqual([false, true]);
  });

  it('does not tell of an owner that fails because the peer has gone', async () => {
    const served = aSignal();
    await using world = await anUpgradeWorld(
      upgradeTo(async (stream) => {
        stream.write('x'.repeat(10_000_000)); // more than any socket takes
        await echo(stream).finally(() => served.resolve());
      }),
    );
    const peer = await world.connect();
    peer.send(attach);
    await peer.receive();
    peer.hangUp();
    await served.promise;
    const other = await world.connect();
    await other.call('org.example.upgrade.Ping');
    expect(world.errors).toEqual([]);
  });

  it('drops a peer that does not take the rest once the owner is done', async () => {
    const dropped = aSignal();
    await using world = await aWorld({
      limits: { stallMs: 30 },
      onConnections(count) {
        if (count === 0) dropped.resolve();
      },
    });
    const Attach = upgradeTo(async (stream) => {
      stream.write('x'.repeat(10_000_000));
      await Promise.resolve();
    });
    world.server.serve<object>(define(text), { Attach });
    const peer = await world.connect();
    peer.send(attach);
    await dropped.promise;
  });

  it('ends when the server does', async () => {
    const world = await anUpgradeWorld(
      upgradeTo(async (stream) => {
        await once(stream, 'close');
      }),
    );
    const peer = await world.connect();
    peer.send(attach);
    await peer.receive();
    await world.server.close();
    await expect(peer.all()).resolves.toEqual([]);
    await world[Symbol.asyncDispose]();
  });
});
