import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { attainableLimits } from '../../../src/lib/prlimit.ts';

const own = (): [soft: string, hard: string] => {
  const line = /^Max open files +(\S+) +(\S+)/m.exec(readFileSync('/proc/self/limits', 'latin1'));
  return [line?.[1] ?? '', line?.[2] ?? ''];
};

it('leaves what can be had as it is, and this process too', () => {
  const before = own();
  const limits = [
    { resource: 'NOFILE', soft: 17n, hard: 18n },
    { resource: 'CORE', soft: 0n, hard: 0n },
  ] as const;
  expect(attainableLimits(limits)).toEqual(limits);
  expect(own()).toEqual(before);
});

it('goes as far as it may: the kernel has no more than fs.nr_open files for anybody', () => {
  const most = BigInt(readFileSync('/proc/sys/fs/nr_open', 'latin1'));
  const [soft, hard] = own();
  expect(attainableLimits([{ resource: 'NOFILE', soft: most + 1n, hard: most + 1n }])).toEqual([
    { resource: 'NOFILE', soft: BigInt(hard), hard: BigInt(hard) },
  ]);
  expect(own()).toEqual([soft, hard]);
});
