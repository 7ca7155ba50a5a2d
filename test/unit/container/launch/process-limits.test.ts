import { expect, it } from 'vitest';
import { processLimits } from '../../../../src/container/launch/process-limits.ts';
import type { ResourceLimit } from '../../../../src/lib/resource-limits.ts';

const INFINITY = 2n ** 64n - 1n;
const defaults: readonly ResourceLimit[] = [
  { resource: 'CORE', soft: 0n, hard: INFINITY },
  { resource: 'NOFILE', soft: 1024n, hard: 524288n },
];
const all = async (limits: readonly ResourceLimit[]): Promise<readonly ResourceLimit[]> =>
  await Promise.resolve(limits);
const core = { type: 'RLIMIT_CORE', soft: 0, hard: undefined };

it('are systemd’s defaults for services', async () => {
  expect(await processLimits({ unitProperties: ['Nice=3'], resourceLimits: [] }, defaults, all)).toEqual([
    core,
    { type: 'RLIMIT_NOFILE', soft: 1024, hard: 524288 },
  ]);
});

it('are what the unit says, and over that what the container does', async () => {
  const unitProperties = ['LimitNOFILE=99:infinity', 'LimitNPROC=7'];
  const limit = { name: 'RLIMIT_NPROC', soft: 1, hard: undefined } as const;
  expect(await processLimits({ unitProperties, resourceLimits: [limit] }, defaults, all)).toEqual([
    core,
    { type: 'RLIMIT_NOFILE', soft: 99, hard: undefined },
    { type: 'RLIMIT_NPROC', soft: 1, hard: undefined },
  ]);
});

it('are no more than can be had', async () => {
  const few = async (limits: readonly ResourceLimit[]): Promise<ResourceLimit[]> =>
    await Promise.resolve(limits.map(({ resource }) => ({ resource, soft: 1n, hard: 2n })));
  expect(await processLimits({ unitProperties: [], resourceLimits: [] }, defaults, few)).toEqual([
    { type: 'RLIMIT_CORE', soft: 1, hard: 2 },
    { type: 'RLIMIT_NOFILE', soft: 1, hard: 2 },
  ]);
});
