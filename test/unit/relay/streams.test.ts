/** The two ends of a process's streams, on real pipes. */
import { closeSync, readSync, writeSync } from 'node:fs';
import { Socket } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { makePipe } from '../../../src/relay/libc.ts';
import { Sink } from '../../../src/relay/sink.ts';
import { pipeStream, Source } from '../../../src/relay/source.ts';

let cleanup = new DisposableStack();
afterEach(() => {
  cleanup.dispose();
  cleanup = new DisposableStack();
});
const PIPE_BYTES = 1024 * 1024;

/** A descriptor of the test's own. */
const mine = (fd: number): number => cleanup.adopt(fd, closeSync);

describe('Sink', () => {
  const aSink = (): { sink: Sink; process: number } => {
    const { reading, writing } = makePipe();
    const sink = new Sink(new Socket({ fd: writing, readable: false, writable: true }));
    cleanup.defer(() => {
      sink.close();
    });
    return { sink, process: reading };
  };
  const read = (fd: number): string => {
    const buffer = Buffer.alloc(2 * PIPE_BYTES);
    return buffer.toString('latin1', 0, readSync(fd, buffer));
  };

  it('passes input on, and its end when all of it has arrived', async () => {
    const { sink, process } = aSink();
    const much = 'x'.repeat(PIPE_BYTES);
    expect(sink.write(Buffer.from(much))).toBeUndefined();
    void sink.write(Buffer.from('rest'));
    let ended = false;
    const ending = sink.end().then(() => (ended = true));
    await new Promise(setImmediate);
    expect(ended).toBe(false);
    let all = '';
    for (let part = read(mine(process)); part !== ''; part = read(process)) {
      all += part;
      await new Promise(setImmediate);
    }
    expect(all === `${much}rest`).toBe(true);
    expect(await ending).toBe(true);
  });

  it('has its writers wait for a process that does not read', async () => {
    const { sink, process } = aSink();
    const waiting = sink.write(Buffer.alloc(8 * PIPE_BYTES));
    expect(waiting).toBeInstanceOf(Promise);
    closeSync(process); // nobody ever will
    await waiting;
    expect(sink.write(Buffer.from('more'))).toBeUndefined();
    await sink.end();
  });
});

describe('Source', () => {
  const aSource = (goOn: () => boolean = () => true) => {
    const { reading, writing } = makePipe();
    const buffer = Buffer.alloc(16);
    const said: string[] = [];
    const given: Buffer[] = [];
    const { promise: ended, resolve } = Promise.withResolvers<'ended'>();
    const source = new Source(reading, pipeStream, buffer, {
      chunk: (bytes) => {
        said.push(bytes.toString('latin1'));
        return goOn();
      },
      closed: (last) => {
        given.push(last);
      },
      end: () => {
        resolve('ended');
      },
    });
    cleanup.defer(() => {
      source.close();
    });
    return { source, said, ended, writing, buffer, given };
  };

  it('hands out what is written, and tells when nobody writes any more', async () => {
    const { source, said, ended, writing } = aSource();
    writeSync(writing, 'said');
    await expect.poll(() => said).toEqual(['said']);
    expect(source.ended).toBe(false);
    closeSync(writing);
    expect(await ended).toBe('ended');
    expect(source.ended).toBe(true);
  });

  it('reads no more while it is not to go on, and goes on', async () => {
    const { source, said, writing } = aSource(() => false);
    writeSync(mine(writing), 'a'.repeat(20));
    await expect.poll(() => said).toEqual(['a'.repeat(16)]);
    source.resume();
    await expect.poll(() => said).toEqual(['a'.repeat(16), 'a'.repeat(4)]);
  });

  it('reads into another buffer when it is told so, and gives back the last one, once', async () => {
    const other = Buffer.alloc(16);
    const { source, said, writing, buffer, given } = aSource(() => {
      source.readInto(other);
      return true;
    });
    for (const word of ['first', 'next', 'last']) {
      writeSync(writing, word);
      await expect.poll(() => said.at(-1)).toBe(word);
    }
    expect([buffer.toString('latin1', 0, 5), other.toString('latin1', 0, 4)]).toEqual(['first', 'last']);
    closeSync(writing);
    source.close();
    source.close();
    expect(given).toEqual([other]);
  });

  it('takes everything that is there at the end, waiting for the buffer only', async () => {
    const { source, said, writing } = aSource(() => false);
    source.pause();
    writeSync(mine(writing), 'b'.repeat(40));
    let waits = 0;
    await source.drain(async () => await Promise.resolve(void waits++));
    expect(said.join('')).toBe('b'.repeat(40));
    expect(waits).toBeGreaterThanOrEqual(3);
    expect(source.ended).toBe(false);
  });
});
