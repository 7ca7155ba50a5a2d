import { execFileSync } from 'node:child_process';
import { copyFileSync, fstatSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { SealedProgram } from '../../../src/lib/sealed-program.ts';

let folder: string;
let path: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'berth-unit-'));
  path = join(folder, 'program');
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});
const isOpen = (fd: number): boolean => {
  try {
    return fstatSync(fd).ino > 0;
  } catch {
    return false;
  }
};

it('can be executed, and not be written', () => {
  copyFileSync('/bin/echo', path);
  using lease = new SealedProgram(path).lease();
  expect(execFileSync(lease?.path ?? '', ['it runs'], { encoding: 'utf8' })).toBe('it runs\n');
  expect(() => {
    writeFileSync(lease?.fd ?? -1, 'x');
  }).toThrow('EPERM');
});

it('is the program that is there now; an earlier one is there for as long as it is used', () => {
  copyFileSync('/bin/true', path);
  const program = new SealedProgram(path);
  const first = program.lease();
  using again = program.lease();
  expect(again?.fd).toBe(first?.fd);
  copyFileSync('/bin/false', `${path}.new`);
  renameSync(`${path}.new`, path);
  using second = program.lease();
  expect(() => execFileSync(second?.path ?? '')).toThrow('Command failed');
  execFileSync(first?.path ?? '');
  first?.[Symbol.dispose]();
  expect(isOpen(again?.fd ?? -1)).toBe(true);
});

it('keeps nothing of what was replaced, and is used no more', () => {
  copyFileSync('/bin/true', path);
  const program = new SealedProgram(path);
  const first = program.lease();
  first?.[Symbol.dispose]();
  expect(isOpen(first?.fd ?? -1)).toBe(true);
  const inode = fstatSync(first?.fd ?? -1).ino;
  copyFileSync('/bin/false', `${path}.new`);
  renameSync(`${path}.new`, path);
  using second = program.lease();
  expect(fstatSync(second?.fd ?? -1).ino).not.toBe(inode);
  expect(isOpen(first?.fd ?? -1) && fstatSync(first?.fd ?? -1).ino === inode).toBe(false);
});

it.each([
  ['a script', '#!/bin/sh\nexit 3\n'],
  ['nothing', undefined],
])('is none where there is %s', (_, content) => {
  if (content !== undefined) writeFileSync(path, content, { mode: 0o755 });
  expect(new SealedProgram(path).lease()).toBeUndefined();
});
