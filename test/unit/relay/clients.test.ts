/** Who gets what of a process's streams, and who waits for whom; on real pipes. */
import { closeSync, readSync, writeSync } from 'node:fs';
import { setImmediate } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import { ChunkBuffers } from '../../../src/relay/chunk-buffers.ts';
import { makePipe } from '../../../src/relay/libc.ts';
import { MAX_PENDING_BYTES, Relay, type RelayClient, type RelayOptions } from '../../../src/relay/relay.ts';

let cleanup = new DisposableStack();
afterEach(() => {
  cleanup.dispose();
  cleanup = new DisposableStack();
});

class Client implements RelayClient {
  readonly chunks: string[] = [];
  pending = 0;
  isDropped = false;
  #drained = Promise.withResolvers<void>();

  output(_stream: 'stdout' | 'stderr', bytes: Buffer): void {
    this.chunks.push(bytes.toString());
  }

  async drained(): Promise<void> {
    await this.#drained.promise;
  }

  dropped(): void {
    this.isDropped = true;
  }

  takeAll(): void {
    this.pending = 0;
    this.#drained.resolve();
    this.#drained = Promise.withResolvers();
  }

  get text(): string {
    return this.chunks.join('');
  }
}

/** A relay, and the process's ends of its pipes. */
function aRelay(options: Partial<RelayOptions> = {}) {
  const [stdin, stdout] = [makePipe(), makePipe()];
  for (const fd of [stdin.reading, stdout.writing]) cleanup.adopt(fd, closeSync);
  const told: string[] = [];
  const relay = new Relay(
    { stdin: stdin.writing, stdout: stdout.reading },
    {
      form: 'pipes',
      buffers: new ChunkBuffers(),
      inputEnded: () => told.push('input ended'),
      failed: (error) => told.push(String(error)),
      terminals: { open: () => expect.fail(), setWindowSize: () => undefined, redraw: () => undefined },
      ...options,
    },
  );
  cleanup.defer(() => {
    relay.close();
  });
  return {
    relay,
    told,
    says: (text: string) => {
      writeSync(stdout.writing, text);
    },
    reads: (): string => {
      const buffer = Buffer.alloc(100);
      return buffer.toString('latin1', 0, readSync(stdin.reading, buffer));
    },
  };
}
const aWhile = async (): Promise<void> => {
  for (let turn = 0; turn < 10; turn++) await setImmediate();
};

describe('a client', () => {
  it('gets everything from when it joins to when it leaves', async () => {
    const { relay, says } = aRelay();
    const [early, late] = [new Client(), new Client()];
    const leave = relay.attach(early, 'observer');
    says('one ');
    await expect.poll(() => early.text).toBe('one ');
    relay.attach(late, 'observer');
    says('two ');
    await expect.poll(() => late.text).toBe('two ');
    leave[Symbol.dispose]();
    says('three');
    await expect.poll(() => late.text).toBe('two three');
    expect(early.text).toBe('one two ');
  });

  it('in the foreground has the process wait, also for others, until it takes what it was given or leaves', async () => {
    const { relay, says } = aRelay();
    const [foreground, other] = [new Client(), new Client()];
    const leave = relay.attach(foreground, 'foreground');
    relay.attach(other, 'observer');
    foreground.pending = MAX_PENDING_BYTES;
    says('a');
    await expect.poll(() => other.text).toBe('a');
    says('b');
    await aWhile();
    expect([foreground.text, other.text]).toEqual(['a', 'a']);
    foreground.takeAll();
    await expect.poll(() => other.text).toBe('ab');
    foreground.pending = MAX_PENDING_BYTES;
    says('c');
    await expect.poll(() => other.text).toBe('abc');
    says('d');
    await aWhile();
    expect(other.text).toBe('abc');
    leave[Symbol.dispose]();
    await expect.poll(() => other.text).toBe('abcd');
    expect(foreground.isDropped).toBe(false);
  });

  it('that only looks on is dropped when too much waits for it, and nobody else notices', async () => {
    const { relay, says } = aRelay();
    const [stuck, other] = [new Client(), new Client()];
    relay.attach(stuck, 'observer');
    relay.attach(other, 'observer');
    stuck.pending = MAX_PENDING_BYTES;
    says('a');
    await expect.poll(() => other.text).toBe('a');
    expect(stuck.isDropped).toBe(false);
    stuck.pending = MAX_PENDING_BYTES + 1;
    says('b');
    await expect.poll(() => stuck.isDropped).toBe(true);
    says('c');
    await expect.poll(() => other.text).toBe('abc');
    expect(stuck.text).toBe('ab');
  });
});

describe('input', () => {
  it('reaches the process, and ends once, for everybody', async () => {
    const { relay, reads, told } = aRelay();
    expect(relay.acceptsInput).toBe(true);
    void relay.input(Buffer.from('typed'));
    expect(reads()).toBe('typed');
    relay.endInput();
    relay.endInput();
    expect(relay.acceptsInput).toBe(false);
    await expect.poll(() => told).toEqual(['input ended']);
    expect(reads()).toBe('');
    expect(relay.input(Buffer.from('late'))).toBeUndefined();
  });
});

describe('a relay', () => {
  it('reads nothing before it is to begin, and nothing while it is held', async () => {
    const begin = Promise.withResolvers<void>();
    const { relay, says } = aRelay({ begin: begin.promise });
    const client = new Client();
    relay.attach(client, 'observer');
    says('one');
    await aWhile();
    expect(client.text).toBe('');
    begin.resolve();
    await expect.poll(() => client.text).toBe('one');
    await relay.leave();
    says('two');
    await aWhile();
    expect(client.text).toBe('one');
  });

  it('that is left to the next berthd hands out nothing more, not even the last words of a process that ends', async () => {
    const begin = Promise.withResolvers<void>();
    const { relay, says } = aRelay({ begin: begin.promise });
    const client = new Client();
    relay.attach(client, 'observer');
    await relay.leave();
    says('last words');
    expect(await relay.finish()).toBe('left');
    begin.resolve();
    await aWhile();
    expect(client.text).toBe('');
    expect(relay.missed).toBe(false);
  });

  it('is left once its clients have taken what was read for them', async () => {
    const { relay } = aRelay();
    const client = new Client();
    client.pending = 1;
    relay.attach(client, 'foreground');
    const said: string[] = [];
    const leaving = relay.leave().finally(() => said.push('left'));
    await aWhile();
    said.push('taken');
    client.takeAll();
    await leaving;
    expect(said).toEqual(['taken', 'left']);
  });

  it('of an earlier berthd is not read before a foreground client is there', async () => {
    const { relay, says } = aRelay({ begin: new Promise(() => undefined) });
    const [observer, client] = [new Client(), new Client()];
    relay.attach(observer, 'observer');
    says('one');
    await aWhile();
    expect(observer.text).toBe('');
    relay.attach(client, 'foreground');
    await expect.poll(() => client.text).toBe('one');
    expect(relay.missed).toBe(false);
  });

  it('of an earlier berthd says what it has read without one', async () => {
    const { relay, says } = aRelay({ begin: Promise.resolve() });
    await aWhile();
    expect(relay.missed).toBe(false);
    says('one');
    await expect.poll(() => relay.missed).toBe(true);
    const { relay: own, says: alsoSays } = aRelay();
    alsoSays('one');
    await aWhile();
    expect(own.missed).toBe(false);
  });

  it('hands out everything at the end, also what it was held from and what a client made it wait for', async () => {
    const { relay, says } = aRelay();
    const client = new Client();
    client.pending = MAX_PENDING_BYTES;
    relay.attach(client, 'foreground');
    says('last words');
    expect(await relay.finish()).toBe('over');
    expect(client.text).toBe('last words');
    await relay.ended;
  });

  it('goes on with the next process where there is one, or nobody knows', async () => {
    const { relay, says, told } = aRelay();
    const client = new Client();
    relay.attach(client, 'observer');
    says('first');
    expect(await relay.finish(async () => await Promise.resolve(true))).toBe('goes-on');
    says(' second');
    await expect.poll(() => client.text).toBe('first second');
    expect(await relay.finish(async () => await Promise.reject(new Error('the bus is away')))).toBe('goes-on');
    expect(told).toEqual(['Error: the bus is away']);
    expect(relay.acceptsInput).toBe(true);
    expect(await relay.finish(async () => await Promise.resolve(false))).toBe('over');
  });
});
