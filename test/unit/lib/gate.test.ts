import { expect, it } from 'vitest';
import { Gate } from '../../../src/lib/gate.ts';

it('lets so many run at once, and the others in their order', async () => {
  const gate = new Gate(2);
  const begun: string[] = [];
  const work = (name: string) => {
    const { promise, resolve, reject } = Promise.withResolvers<string>();
    const ran = gate.run(async () => {
      begun.push(name);
      return await promise;
    });
    return { ran, resolve, reject };
  };
  const [a, b, c, d] = [work('a'), work('b'), work('c'), work('d')];
  expect(begun).toEqual(['a', 'b']);
  b.reject(new Error('no'));
  await expect(b.ran).rejects.toThrow('no');
  expect(begun).toEqual(['a', 'b', 'c']);
  a.resolve('A');
  expect(await a.ran).toBe('A');
  expect(begun).toEqual(['a', 'b', 'c', 'd']);
  for (const { ran, resolve } of [c, d]) {
    resolve('ended');
    await ran;
  }
  const e = work('e');
  expect(begun.at(-1)).toBe('e');
  e.resolve('E');
  await e.ran;
});
