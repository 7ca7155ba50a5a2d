import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { CgroupFreezer } from '../../../../src/systemd/process/cgroup-freezer.ts';

let root: string;
const events = (frozen: 0 | 1, populated: 0 | 1 = 1): void => {
  writeFileSync(join(root, 'c/cgroup.events'), `populated ${populated.toString()}\nfrozen ${frozen.toString()}\n`);
};
const asked = (): string => readFileSync(join(root, 'c/cgroup.freeze'), 'latin1');
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'berth-freezer-'));
  mkdirSync(join(root, 'c'));
  writeFileSync(join(root, 'c/cgroup.freeze'), '0');
  events(0);
});
afterEach(() => {
  rmSync(root, { recursive: true });
});

const { signal } = new AbortController();

it('resolves when the kernel tells that all stand still', async () => {
  const freezer = new CgroupFreezer({ root });
  const frozen = freezer.freeze('/c', signal);
  expect(freezer.isFrozen('/c')).toBe(false);
  events(1);
  await frozen;
  expect(freezer.isFrozen('/c')).toBe(true);
  expect(asked()).toBe('1');
  await freezer.thaw('/c');
  expect(asked()).toBe('0');
});

it('lets all go on where one does not stand still, or where nobody waits any more', async () => {
  await expect(new CgroupFreezer({ root, patienceMs: 1 }).freeze('/c', signal)).rejects.toMatchObject({
    name: 'FreezeFailed',
  });
  expect(asked()).toBe('0');
  await expect(
    new CgroupFreezer({ root }).freeze('/c', AbortSignal.abort(new Error('the caller has gone'))),
  ).rejects.toThrow('the caller has gone');
  expect(asked()).toBe('0');
});

it('takes a group without processes, and one that is not there, for not frozen', async () => {
  const freezer = new CgroupFreezer({ root });
  events(1, 0);
  expect(freezer.isFrozen('/c')).toBe(false);
  expect(freezer.isFrozen('/gone')).toBe(false);
  await freezer.thaw('/gone');
  await expect(freezer.freeze('/gone', signal)).rejects.toMatchObject({ code: 'ENOENT' });
});
