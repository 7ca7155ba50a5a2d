import { describe, expect, it } from 'vitest';
import { ContainerError } from '../../../src/container/errors.ts';
import { translated } from '../../../src/service/translated.ts';
import { isLive, live } from '../../../src/varlink/stream.ts';

const refusal = new ContainerError('NoSuchContainer', { container: 'x' });
const answer = { error: 'io.berth.Container.NoSuchContainer', parameters: { container: 'x' } };
const fault = new TypeError('x is undefined');

const handlers = translated('io.berth.Container', {
  kept: 7,
  own: 'mine',
  async good(value: number) {
    return await Promise.resolve([this.own, value]);
  },
  atOnce(problem: Error): Promise<never> {
    throw problem;
  },
  async later(problem: Error): Promise<never> {
    return await Promise.reject(problem);
  },
  async *stream(problem?: Error) {
    yield await Promise.resolve(1);
    if (problem !== undefined) throw problem;
    yield 2;
  },
  following(problem: Error) {
    return live(this.stream(problem));
  },
});
const all = async (items: AsyncIterable<unknown>): Promise<unknown[]> => {
  const result: unknown[] = [];
  for await (const item of items) result.push(item);
  return result;
};

describe('translated', () => {
  it('hands results through, and what is no handler', async () => {
    expect(await handlers.good(1)).toEqual(['mine', 1]);
    expect(handlers.kept).toBe(7);
    expect(await all(handlers.stream())).toEqual([1, 2]);
  });

  it.each<[string, (error: Error) => Promise<unknown>]>([
    ['throws at once', async (problem) => await handlers.atOnce(problem)],
    ['rejects', async (problem) => await handlers.later(problem)],
    ['throws out of a stream', async (error) => await all(handlers.stream(error))],
    ['throws out of a live stream', async (error) => await all(handlers.following(error))],
  ])('puts into words what a handler %s, and lets faults through', async (_, call) => {
    await expect(call(refusal)).rejects.toMatchObject(answer);
    await expect(call(fault)).rejects.toBe(fault);
  });

  it('keeps a live stream alive, and closes the stream behind it', async () => {
    expect(isLive(handlers.following(fault))).toBe(true);
    expect(isLive(handlers.stream())).toBe(false);
    let closed = false;
    const closing = translated('io.berth.Container', {
      async *stream() {
        try {
          yield await Promise.resolve(1);
        } finally {
          closed = true;
        }
      },
    });
    for await (const _ of closing.stream()) break;
    expect(closed).toBe(true);
  });
});
