import { mkdirSync, mkdtempSync, rmdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { NewGroups } from '../../../../src/systemd/process/new-groups.ts';

let root: string;
let made: string[];
const make = (name: string): void => {
  mkdirSync(join(root, 'berth.slice', name));
};
const note = (name: string) => (): void => void made.push(name);
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'berth-unit-'));
  mkdirSync(join(root, 'berth.slice'));
  made = [];
});
afterEach(() => {
  rmSync(root, { recursive: true });
});

it('tells each of its own group, once', async () => {
  const groups = new NewGroups('/berth.slice', root);
  using _one = groups.expect('one.service', note('one'));
  using _two = groups.expect('two.service', note('two'));
  make('other.service');
  make('two.service');
  make('one.service');
  rmdirSync(join(root, 'berth.slice', 'two.service'));
  make('two.service');
  await expect.poll(() => made).toContain('one');
  make('last.service');
  expect(made).toEqual(['two', 'one']);
});

it('does not take the end of an earlier group for the beginning of the next', async () => {
  const groups = new NewGroups('/berth.slice', root);
  make('one.service');
  using _one = groups.expect('one.service', note('one'));
  using _two = groups.expect('two.service', note('two'));
  rmdirSync(join(root, 'berth.slice', 'one.service'));
  make('two.service');
  await expect.poll(() => made).toEqual(['two']);
});

it('says no more to those who have left, and goes on for those who come again', async () => {
  const groups = new NewGroups('/berth.slice', root);
  groups.expect('one.service', note('one'))[Symbol.dispose]();
  make('one.service');
  using _two = groups.expect('two.service', note('two'));
  make('two.service');
  await expect.poll(() => made).toEqual(['two']);
});

it('says nothing where there is no such slice yet', async () => {
  using _ = new NewGroups('/none.slice', root).expect('one.service', note('one'));
  mkdirSync(join(root, 'none.slice', 'one.service'), { recursive: true });
  await new Promise(setImmediate);
  expect(made).toEqual([]);
});
