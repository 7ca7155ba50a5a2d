import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { makeLocked } from '../../../src/lib/file-lock.ts';

let folder: string;
let path: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'berth-unit-'));
  path = join(folder, 'file');
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});
const isLocked = (): boolean => spawnSync('/usr/bin/flock', ['-n', path, 'true']).status !== 0;

it('is locked from the first, says what is written, and is free once it is unlocked', () => {
  const file = makeLocked(path, 'one\n');
  expect([readFileSync(path, 'utf8'), isLocked()]).toEqual(['one\n', true]);
  file.write('one, two\n');
  expect([readFileSync(path, 'utf8'), isLocked()]).toEqual(['one, two\n', true]);
  file.unlock();
  file.unlock();
  expect([readFileSync(path, 'utf8'), isLocked()]).toEqual(['one, two\n', false]);
});

it('is free for others as well when those who have the descriptor keep it', () => {
  const file = makeLocked(path, '');
  const holder = execFileSync('/bin/sh', ['-c', 'sleep 1000 >/dev/null & echo $!'], {
    stdio: ['ignore', 'pipe', 'ignore', file.fd],
  });
  try {
    expect(isLocked()).toBe(true);
    file.unlock();
    expect(isLocked()).toBe(false);
  } finally {
    process.kill(Number(holder));
  }
});

it('is not made where there is a file', () => {
  const file = makeLocked(path, '');
  expect(() => makeLocked(path, '')).toThrow('EEXIST');
  file.unlock();
});
