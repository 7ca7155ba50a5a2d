import { describe, expect, it } from 'vitest';
import { KeyedQueue } from '../../../src/lib/keyed-queue.ts';

describe('KeyedQueue', () => {
  it('runs one at a time for a key, in order of arrival, and other keys beside it', async () => {
    const queue = new KeyedQueue<string>();
    const said: string[] = [];
    const gate = Promise.withResolvers<undefined>();
    const first = queue.run('a', async () => {
      said.push('a1 begins');
      await gate.promise;
      said.push('a1 ends');
    });
    const second = queue.run('a', async () => await Promise.resolve(said.push('a2')));
    await queue.run('b', async () => await Promise.resolve(said.push('b')));
    expect(said).toEqual(['a1 begins', 'b']);
    gate.resolve(undefined);
    await Promise.all([first, second]);
    expect(said).toEqual(['a1 begins', 'b', 'a1 ends', 'a2']);
  });

  it('goes on after work that failed, and hands the failure to its caller only', async () => {
    const queue = new KeyedQueue<string>();
    const failing = queue.run('a', async () => await Promise.reject(new Error('no')));
    const after = queue.run('a', async () => await Promise.resolve('yes'));
    await expect(failing).rejects.toThrow('no');
    await expect(after).resolves.toBe('yes');
  });

  it('takes work that throws before it promises', async () => {
    const queue = new KeyedQueue<string>();
    const failing = queue.run('a', () => {
      throw new Error('at once');
    });
    await expect(failing).rejects.toThrow('at once');
    expect(await queue.run('a', async () => await Promise.resolve(1))).toBe(1);
  });

  it('remembers no key without work', async () => {
    const queue = new KeyedQueue<string>();
    const work = queue.run('a', async () => await Promise.resolve());
    expect(queue.isBusy('a')).toBe(true);
    expect(queue.isBusy('b')).toBe(false);
    await work;
    await queue.idle();
    expect(queue.isBusy('a')).toBe(false);
  });

  it('is idle when all that was queued has ended, failed or not', async () => {
    const queue = new KeyedQueue<string>();
    const said: string[] = [];
    const gate = Promise.withResolvers<undefined>();
    const failing = queue.run('a', async () => {
      await gate.promise;
      throw new Error('no');
    });
    void queue.run('b', async () => await Promise.resolve(said.push('b')));
    const idle = queue.idle().then(() => said.push('idle'));
    gate.resolve(undefined);
    await expect(failing).rejects.toThrow('no');
    await idle;
    expect(said).toEqual(['b', 'idle']);
  });
});
