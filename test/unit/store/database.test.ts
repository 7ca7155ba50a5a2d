import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ContainerRows } from '../../../src/store/container-rows.ts';
import { DatabaseUnusable, openDatabase } from '../../../src/store/database.ts';
import { EndedRows } from '../../../src/store/ended-rows.ts';

function aFile(): Disposable & { path: string } {
  const folder = mkdtempSync(join(tmpdir(), 'berth-store-'));
  return {
    path: join(folder, 'berth.db'),
    [Symbol.dispose]: () => {
      rmSync(folder, { recursive: true });
    },
  };
}

const row = (id: string, name: string, createdUsec = 1) => ({ id, name, config: '{}', status: '{}', createdUsec });

describe('openDatabase', () => {
  it('keeps what was written over a reopening', () => {
    using file = aFile();
    const first = openDatabase(file.path);
    new ContainerRows(first).insert(row('1', 'web'));
    first.close();
    const second = openDatabase(file.path);
    expect(new ContainerRows(second).all()).toEqual([row('1', 'web')]);
    expect(second.pragma('journal_mode', { simple: true })).toBe('wal');
    second.close();
  });

  it('refuses what is no database, and names it', () => {
    using file = aFile();
    writeFileSync(file.path, 'this is not SQLite, and long enough to be looked at as a header of one, is it not? yes');
    expect(() => openDatabase(file.path)).toThrow(DatabaseUnusable);
    expect(() => openDatabase(file.path)).toThrow(file.path);
  });

  it('refuses one of a newer berth', () => {
    using file = aFile();
    const newer = openDatabase(file.path);
    newer.pragma('user_version = 99');
    newer.close();
    expect(() => openDatabase(file.path)).toThrow(/newer berth \(schema 99/);
  });

  it('refuses one whose folder is not there', () => {
    expect(() => openDatabase('/nonexistent/berth.db')).toThrow(DatabaseUnusable);
  });
});

describe('ContainerRows', () => {
  it('answers the oldest first', () => {
    const rows = new ContainerRows(openDatabase(':memory:'));
    rows.insert(row('3', 'c', 5));
    rows.insert(row('1', 'a', 9));
    rows.insert(row('2', 'b', 5));
    expect(rows.all().map(({ name }) => name)).toEqual(['b', 'c', 'a']);
  });

  it('has each ID and each name once', () => {
    const rows = new ContainerRows(openDatabase(':memory:'));
    rows.insert(row('1', 'a'));
    expect(() => {
      rows.insert(row('1', 'b'));
    }).toThrow(/UNIQUE/);
    expect(() => {
      rows.insert(row('2', 'a'));
    }).toThrow(/UNIQUE/);
  });

  it('changes and deletes one and leaves the others', () => {
    const rows = new ContainerRows(openDatabase(':memory:'));
    rows.insert(row('1', 'a'));
    rows.insert(row('2', 'b'));
    rows.update({ id: '1', name: 'z', config: '[1]', status: '[2]' });
    rows.delete('2');
    expect(rows.all()).toEqual([{ ...row('1', 'z'), config: '[1]', status: '[2]' }]);
  });
});

describe('EndedRows', () => {
  const ended = (id: string, name: string, atMs: number) => ({ id, name, exit: `exit of ${id}`, atMs });

  it('finds the latest by ID or by name, and not by a prefix', () => {
    const rows = new EndedRows(openDatabase(':memory:'));
    rows.insert(ended('aa', 'web', 1));
    rows.insert(ended('bb', 'web', 2));
    expect(rows.find('web')?.id).toBe('bb');
    expect(rows.find('aa')?.id).toBe('aa');
    expect(rows.find('a')).toBeUndefined();
  });

  it('forgets those that are older', () => {
    const rows = new EndedRows(openDatabase(':memory:'));
    rows.insert(ended('aa', 'a', 1));
    rows.insert(ended('bb', 'b', 2));
    rows.expire(2);
    expect([rows.find('a'), rows.find('b')?.id]).toEqual([undefined, 'bb']);
  });
});
