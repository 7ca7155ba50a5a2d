import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { DatabaseDamaged, DatabaseTooNew, DatabaseUnusable, openDatabase } from '../../../src/store/database.ts';
import { openOrReplace } from '../../../src/store/recover.ts';

const NOW = new Date('2026-11-22T01:02:03.456Z');
const GARBAGE = 'no database, '.repeat(1000);
let folder: string;
let path: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'berth-store-'));
  path = join(folder, 'berth.db');
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

describe('openOrReplace', () => {
  it('puts a damaged database aside, and opens a new one', () => {
    writeFileSync(path, GARBAGE);
    const { connection, damaged } = openOrReplace(path, NOW);
    connection.close();
    expect(damaged?.path).toBe(`${path}.damaged-20261122T010203Z`);
    expect(damaged?.error).toBeInstanceOf(DatabaseDamaged);
    expect(readFileSync(damaged?.path ?? '', 'utf8')).toBe(GARBAGE);
    expect(readdirSync(folder).toSorted()).toEqual(['berth.db', 'berth.db.damaged-20261122T010203Z']);
  });

  it('keeps each of two that were damaged in the same second', () => {
    for (const name of ['first', 'second']) {
      writeFileSync(path, name + GARBAGE);
      openOrReplace(path, NOW).connection.close();
    }
    expect(readdirSync(folder)).toHaveLength(3);
  });

  it('takes one whose tables are gone, or whose pages are overwritten, for damaged', () => {
    const emptied = openDatabase(path);
    emptied.exec('DROP TABLE container');
    emptied.close();
    const first = openOrReplace(path, NOW);
    expect(first.damaged?.error.message).toContain('no table container');
    first.connection.close();

    const bytes = readFileSync(path);
    writeFileSync(path, bytes.fill(0x5a, 4096));
    const second = openOrReplace(path, NOW);
    second.connection.close();
    expect(second.damaged).toBeDefined();
  });

  it('touches neither one of a newer berth nor one that cannot be opened', () => {
    const newer = openDatabase(path);
    newer.pragma('journal_mode = DELETE');
    newer.pragma('user_version = 99');
    newer.close();
    const before = readFileSync(path);
    expect(() => openOrReplace(path, NOW)).toThrow(DatabaseTooNew);
    expect(readFileSync(path)).toEqual(before);
    expect(readdirSync(folder)).toEqual(['berth.db']);
    expect(() => openOrReplace(folder, NOW)).toThrow(DatabaseUnusable);
    expect(() => openOrReplace(folder, NOW)).not.toThrow(DatabaseDamaged);
  });
});
