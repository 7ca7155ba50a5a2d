import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { readRegular } from '../../../src/lib/regular-file.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'berth-regular-'));
});
afterAll(() => {
  rmSync(folder, { recursive: true });
});

it('reads a file whole, up to its limit', async () => {
  const path = join(folder, 'file');
  writeFileSync(path, 'twelve bytes');
  expect((await readRegular(path, 12)).toString()).toBe('twelve bytes');
  await expect(readRegular(path, 11)).rejects.toThrow('it is too large');
});

it('reads none that says that it has nothing, and goes on for ever', async () => {
  await expect(readRegular('/proc/self/maps', 16)).rejects.toThrow(/too large|has grown/);
});

it('does not wait for who may be behind a FIFO or a device, and keeps no descriptor of it', async () => {
  const fifo = join(folder, 'fifo');
  execFileSync('mkfifo', [fifo]);
  const open = (): number => readdirSync('/proc/self/fd').length;
  const before = open();
  await expect(readRegular(fifo, 100)).rejects.toThrow('it is no regular file');
  await expect(readRegular('/dev/zero', 100)).rejects.toThrow('it is no regular file');
  await expect(readRegular(folder, 100)).rejects.toThrow('it is no regular file');
  expect(open()).toBe(before);
});
