import { readlinkSync } from 'node:fs';
import { duplexPair } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { aSignal, aWorld, define } from './support.ts';
import type { World } from './support.ts';
import { VarlinkError, permissionDenied } from '../../../src/varlink/errors.ts';
import type { Call } from '../../../src/varlink/types.ts';

const text = `interface org.example.calls

type Inner (numbers: []int, name: ?string)

method Echo(word: string) -> (word: string)
method Late(word: string) -> (word: string)
method Nest(inner: Inner) -> ()
method Nothing() -> ()
method Refuse() -> ()
method Break() -> ()
method Lie() -> (word: string)
method Circle() -> (circle: object)
method Missing() -> ()
# [Requires 'more' flag]
method Stream() -> (word: ?string)
# [Requires 'upgrade' flag]
method Attach() -> ()
# [Supports 'upgrade' flag]
method MaybeAttach() -> (upgraded: bool)
method Flags() -> (more: bool, oneway: bool, upgrade: bool, method: string)

error NotToday (reason: string)
`;

interface Recorder {
  readonly said: string[];
}

async function aCallsWorld(recorder: Recorder = { said: [] }): Promise<World> {
  const world = await aWorld();
  const circle: Record<string, unknown> = {};
  circle['circle'] = circle;
  world.server.serve<object>(define(text), {
    Echo({ word }: { word: string }) {
      recorder.said.push(word);
      return { word };
    },
    async Late({ word }: { word: string }) {
      await new Promise((resolve) => setImmediate(resolve));
      recorder.said.push(word);
      return { word };
    },
    Nest: () => ({}),
    Nothing: () => ({}),
    Refuse() {
      throw new VarlinkError('org.example.calls.NotToday', { reason: 'Sunday' });
    },
    async Break() {
      await Promise.reject(new Error('secret'));
    },
    Lie: () => ({ word: 7 }),
    Circle: () => ({ circle }),
    Flags: (_: object, { more, oneway, upgrade, method }: Call) => ({ more, oneway, upgrade, method }),
    MaybeAttach: (_: object, { upgrade }: Call) => ({ upgraded: upgrade }),
  });
  return world;
}

const SERVICE = 'org.varlink.service';

describe('a call', () => {
  it.each([
    ['absent', '{"method":"org.example.calls.Nothing"}'],
    ['null', '{"method":"org.example.calls.Nothing","parameters":null}'],
    ['empty', '{"method":"org.example.calls.Nothing","parameters":{}}'],
    ['absent, with flags that are false or null', '{"method":"org.example.calls.Nothing","more":null,"oneway":false}'],
    ['absent, with a vendor object', '{"method":"org.example.calls.Nothing","com.example.trace":{"id":1}}'],
    ['empty, among white space', ' {\n"parameters" : { } , "method" : "org.example.calls.Nothing" } '],
  ])('may have parameters that are %s', async (_, call) => {
    await using world = await aCallsWorld();
    const peer = await world.connect();
    peer.write(`${call}\0`);
    await expect(peer.receive()).resolves.toEqual({ parameters: {} });
  });

  it.each([
    ['is not JSON', '{"method":'],
    ['is empty', ''],
    ['is not an object', '["org.example.calls.Nothing"]'],
    ['is not UTF-8', Buffer.from([0x7b, 0xff, 0x7d])],
    ['has no method', '{"parameters":{}}'],
    ['has a method that is no string', '{"method":1}'],
    ['has a null method', '{"method":null}'],
    ['has parameters that are an array', '{"method":"org.example.calls.Nothing","parameters":[]}'],
    ['has parameters that are a string', '{"method":"org.example.calls.Nothing","parameters":"{}"}'],
    ['has an unknown member', '{"method":"org.example.calls.Nothing","extra":{}}'],
    ['has a vendor member that is no object', '{"method":"org.example.calls.Nothing","com.example.trace":1}'],
    ['has a flag that is a string', '{"method":"org.example.calls.Nothing","more":"true"}'],
    ['has a flag that is a number', '{"method":"org.example.calls.Nothing","oneway":0}'],
    ['has more and oneway', '{"method":"org.example.calls.Nothing","more":true,"oneway":true}'],
    ['has more and upgrade', '{"method":"org.example.calls.Nothing","more":true,"upgrade":true}'],
    ['has oneway and upgrade', '{"method":"org.example.calls.Nothing","oneway":true,"upgrade":true}'],
    ['has only a __proto__', '{"__proto__":{"method":"org.example.calls.Nothing"}}'],
  ])('that %s closes the connection, after the answers that came before', async (_, call) => {
    await using world = await aCallsWorld();
    const peer = await world.connect();
    peer.send({ method: 'org.example.calls.Echo', parameters: { word: 'first' } });
    peer.write(call);
    peer.write('\0');
    peer.send({ method: 'org.example.calls.Echo', parameters: { word: 'never' } });
    await expect(peer.all()).resolves.toEqual([{ parameters: { word: 'first' } }]);
    const other = await world.connect();
    await expect(other.call('org.example.calls.Nothing')).resolves.toEqual({ parameters: {} });
    expect(world.errors).toEqual([]);
  });

  it.each<[string, string, object, string]>([
    ['a missing parameter', 'Echo', {}, 'word'],
    ['a null parameter', 'Echo', { word: null }, 'word'],
    ['a parameter of another type', 'Echo', { word: 1 }, 'word'],
    ['an unknown parameter', 'Echo', { word: 'x', zz: 1 }, 'zz'],
    ['a bad member of a parameter', 'Nest', { inner: { numbers: [1, 2, 'x'] } }, 'inner.numbers[2]'],
  ])('with %s names it', async (_, method, parameters, parameter) => {
    await using world = await aCallsWorld();
    const peer = await world.connect();
    await expect(peer.call(`org.example.calls.${method}`, parameters)).resolves.toEqual({
      error: `${SERVICE}.InvalidParameter`,
      parameters: { parameter },
    });
  });

  it.each<[string, string, object]>([
    ['org.example.calls.Nope', 'MethodNotFound', { method: 'org.example.calls.Nope' }],
    ['org.example.nope.Echo', 'InterfaceNotFound', { interface: 'org.example.nope' }],
    ['org.example.calls.echo', 'MethodNotFound', { method: 'org.example.calls.echo' }],
    ['org.example.calls.constructor', 'MethodNotFound', { method: 'org.example.calls.constructor' }],
    ['Echo', 'MethodNotFound', { method: 'Echo' }],
    ['', 'MethodNotFound', { method: '' }],
    ['org.example.calls.Missing', 'MethodNotImplemented', { method: 'org.example.calls.Missing' }],
  ])('of %s is answered by %s', async (method, error, parameters) => {
    await using world = await aCallsWorld();
    const peer = await world.connect();
    await expect(peer.call(method)).resolves.toEqual({ error: `${SERVICE}.${error}`, parameters });
  });

  it('of a method that needs a flag says which', async () => {
    await using world = await aCallsWorld();
    const peer = await world.connect();
    await expect(peer.call('org.example.calls.Stream')).resolves.toEqual({ error: `${SERVICE}.ExpectedMore` });
    await expect(peer.call('org.example.calls.Attach', {}, { more: true })).resolves.toEqual({
      error: `${SERVICE}.ExpectedUpgrade`,
    });
  });

  it('tells its handler its flags', async () => {
    await using world = await aCallsWorld();
    const peer = await world.connect();
    const plain = { more: false, oneway: false, upgrade: false, method: 'org.example.calls.Flags' };
    await expect(peer.call('org.example.calls.Flags')).resolves.toEqual({ parameters: plain });
    await expect(peer.call('org.example.calls.Flags', {}, { more: true })).resolves.toEqual({
      parameters: { ...plain, more: true },
    });
    await expect(peer.call('org.example.calls.MaybeAttach')).resolves.toEqual({ parameters: { upgraded: false } });
  });
});

describe('the socket of a call', () => {
  const interfaceText = 'interface a.b\nmethod Look() -> ()';

  it('is that of the connection, until it is closed', async () => {
    const calls: Call[] = [];
    await using world = await aWorld();
    world.server.serve<object>(define(interfaceText), {
      Look(_: object, call: Call) {
        calls.push(call);
        return {};
      },
    });
    const sockets = (): string[] =>
      calls.map(({ socket }) => (socket === undefined ? 'none' : readlinkSync(`/proc/self/fd/${socket.toString()}`)));
    for (const peer of [await world.connect(), await world.connect()]) await peer.call('a.b.Look');
    const [one, other] = sockets();
    expect([one, other]).toEqual(Array(2).fill(expect.stringMatching(/^socket:\[\d+\]$/)));
    expect(one).not.toBe(other);
    await world.server.close();
    expect(sockets()).toEqual(['none', 'none']);
  });

  it('is none where streams are served that are no socket', async () => {
    const sockets: unknown[] = [];
    await using world = await aWorld();
    world.server.serve<object>(define(interfaceText), {
      Look(_: object, { socket }: Call) {
        sockets.push(socket);
        return {};
      },
    });
    const [near, far] = duplexPair();
    const served = world.server.accept(far);
    near.end('{"method":"a.b.Look"}\0');
    near.resume();
    await served;
    expect(sockets).toEqual([undefined]);
  });
});

describe('a handler that fails', () => {
  it('refuses with the error it throws', async () => {
    await using world = await aCallsWorld();
    const peer = await world.connect();
    await expect(peer.call('org.example.calls.Refuse')).resolves.toEqual({
      error: 'org.example.calls.NotToday',
      parameters: { reason: 'Sunday' },
    });
    expect(world.errors).toEqual([]);
  });

  it.each([
    ['Break', 'secret'],
    ['Lie', "org.example.calls.Lie replied what its interface does not have: 'word' should be a string"],
    ['Circle', 'circular'],
  ])('%s is told of here, and answered without its secrets', async (method, message) => {
    await using world = await aCallsWorld();
    const peer = await world.connect();
    await expect(peer.call(`org.example.calls.${method}`)).resolves.toEqual({
      error: 'io.systemd.System',
      parameters: { origin: 'linux', errnoName: 'EIO', errno: 5 },
    });
    expect(world.errors).toMatchObject([{ method: `org.example.calls.${method}` }]);
    expect(String(world.errors[0]?.error)).toContain(message);
    await expect(peer.call('org.example.calls.Nothing')).resolves.toEqual({ parameters: {} });
  });

  it('is answered as the service wants', async () => {
    await using world = await aWorld({ internalError: permissionDenied });
    world.server.serve<object>(define('interface a.b\nmethod Break() -> ()'), {
      Break() {
        throw new TypeError('oops');
      },
    });
    const peer = await world.connect();
    await expect(peer.call('a.b.Break')).resolves.toEqual({ error: `${SERVICE}.PermissionDenied` });
  });
});

describe('pipelined calls', () => {
  it('are served one after the other and answered in their order', async () => {
    const said: string[] = [];
    await using world = await aCallsWorld({ said });
    const peer = await world.connect();
    const words = Array.from({ length: 500 }, (_, index) => `w${index}`);
    peer.send(
      ...words.map((word, index) => ({
        method: `org.example.calls.${index % 3 === 0 ? 'Late' : 'Echo'}`,
        parameters: { word },
      })),
    );
    for (const word of words) await expect(peer.receive()).resolves.toEqual({ parameters: { word } });
    expect(said).toEqual(words);
  });

  it('leave in one write when their handlers need no wait', async () => {
    await using world = await aCallsWorld();
    const peer = await world.connect();
    let chunks = 0;
    peer.socket.on('data', () => chunks++);
    peer.send(...Array.from({ length: 50 }, () => ({ method: 'org.example.calls.Nothing' })));
    for (let index = 0; index < 50; index++) await peer.receive();
    expect(chunks).toBe(1);
  });
});

describe('a oneway call', () => {
  it.each([
    ['succeeds', 'org.example.calls.Echo', { word: 'quiet' }],
    ['is refused', 'org.example.calls.Refuse', {}],
    ['breaks', 'org.example.calls.Break', {}],
    ['lies', 'org.example.calls.Lie', {}],
    ['has bad parameters', 'org.example.calls.Echo', {}],
    ['needs more', 'org.example.calls.Stream', {}],
    ['needs upgrade', 'org.example.calls.Attach', {}],
    ['has an unknown method', 'org.example.calls.Nope', {}],
    ['has an unknown interface', 'org.nope.Nope', {}],
  ])('that %s is never answered', async (_, method, parameters) => {
    await using world = await aCallsWorld();
    const peer = await world.connect();
    peer.send({ method, parameters, oneway: true });
    await expect(peer.call('org.example.calls.Echo', { word: 'next' })).resolves.toEqual({
      parameters: { word: 'next' },
    });
  });

  it('is done before the next call is served', async () => {
    const said: string[] = [];
    await using world = await aCallsWorld({ said });
    const peer = await world.connect();
    peer.send({ method: 'org.example.calls.Late', parameters: { word: 'one' }, oneway: true });
    await peer.call('org.example.calls.Echo', { word: 'two' });
    expect(said).toEqual(['one', 'two']);
  });
});

describe('a client that goes', () => {
  const waiting = 'interface a.b\nmethod Wait() -> ()\nmethod Ping() -> ()';

  it('aborts the call behind it, and nothing is told of that', async () => {
    const [started, aborted] = [aSignal(), aSignal()];
    await using world = await aWorld();
    world.server.serve<object>(define(waiting), {
      async Wait(_: object, { signal }: Call) {
        started.resolve();
        await new Promise((_resolve, reject) => {
          signal.addEventListener('abort', () => {
            aborted.resolve();
            reject(signal.reason as Error);
          });
        });
      },
    });
    const peer = await world.connect();
    peer.send({ method: 'a.b.Wait' });
    await started.promise;
    peer.hangUp();
    await aborted.promise;
    const other = await world.connect();
    await expect(other.call('org.varlink.service.GetInfo')).resolves.toBeDefined();
    expect(world.errors).toEqual([]);
  });

  it('only shuts its sending side, and still gets its answers', async () => {
    const [started, go] = [aSignal(), aSignal()];
    const signals: AbortSignal[] = [];
    await using world = await aWorld();
    world.server.serve<object>(define(waiting), {
      async Wait(_: object, { signal }: Call) {
        signals.push(signal);
        started.resolve();
        await go.promise;
        return {};
      },
      Ping: () => ({}),
    });
    const peer = await world.connect();
    peer.send({ method: 'a.b.Wait' }, { method: 'a.b.Ping' });
    peer.socket.end();
    await started.promise;
    const other = await world.connect();
    await other.call('a.b.Ping');
    go.resolve();
    await expect(peer.all()).resolves.toEqual([{ parameters: {} }, { parameters: {} }]);
    expect(signals[0]?.aborted).toBe(false);
  });

  it('closes in the middle of a message, and nobody minds', async () => {
    await using world = await aWorld();
    const peer = await world.connect();
    peer.write('{"method":"org.varlink.ser');
    peer.socket.end();
    await expect(peer.all()).resolves.toEqual([]);
  });
});
