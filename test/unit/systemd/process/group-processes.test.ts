import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readProcesses } from '../../../../src/systemd/process/group-processes.ts';

const LIMITS = { processes: 10, groups: 5, commandBytes: 1000 };
let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'berth-groups-'));
});
afterEach(() => {
  rmSync(root, { recursive: true });
});

/** Nobody has so high a number: what stands for processes that have ended. */
const NOBODY = 4_194_304;
const group = (path: string, ...pids: number[]): void => {
  mkdirSync(join(root, path), { recursive: true });
  writeFileSync(join(root, path, 'cgroup.procs'), pids.map((pid) => `${pid}\n`).join(''));
};

describe('the processes of a group', () => {
  it('are those in it and below, but for those that have ended', async () => {
    group('a', process.pid, 0, NOBODY);
    group('a/b/c', process.ppid);
    const { processes, more } = await readProcesses('/a', LIMITS, root);
    expect(processes.map(({ pid }) => pid)).toEqual([process.pid, process.ppid].toSorted((a, b) => a - b));
    expect(more).toBe(false);
    const own = processes.find(({ pid }) => pid === process.pid);
    expect(own).toMatchObject({ parentPid: process.ppid, uid: process.getuid?.() });
    expect(own?.innerPid).toBeTypeOf('number');
  });

  it('are none where there is no group', async () => {
    expect(await readProcesses('/none', LIMITS, root)).toEqual({ processes: [], more: false });
  });

  it('are as many as can be told of, with what command lines there is room for', async () => {
    group('a', ...Array.from({ length: 11 }, () => process.pid));
    const { processes, more } = await readProcesses('/a', { ...LIMITS, commandBytes: 20 }, root);
    expect([processes.length, more]).toEqual([10, true]);
    expect(processes.every(({ command }) => command.length <= 2)).toBe(true);
    group('b', ...Array.from({ length: 10 }, () => process.pid));
    expect(await readProcesses('/b', LIMITS, root)).toMatchObject({ more: false });
  });

  it('are looked for in so many groups, however many there are, side by side or in one another', async () => {
    for (let each = 0; each < 20; each++) group(`wide/${each}`, process.pid);
    const wide = await readProcesses('/wide', LIMITS, root);
    expect([wide.processes.length, wide.more]).toEqual([4, true]);
    group(`deep/${'x/'.repeat(100)}`, process.pid);
    expect(await readProcesses('/deep', LIMITS, root)).toEqual({ processes: [], more: true });
  });
});
