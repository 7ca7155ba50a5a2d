import { describe, expect, it } from 'vitest';
import type { Container } from '../../../../src/container/container.ts';
import { parseContainerId, parseContainerName, type ContainerId } from '../../../../src/container/names.ts';
import { ContainerIndex } from '../../../../src/container/records/container-index.ts';
import type { Exit } from '../../../../src/container/status.ts';
import { ContainerRows } from '../../../../src/store/container-rows.ts';
import { openDatabase } from '../../../../src/store/database.ts';
import { EndedRows } from '../../../../src/store/ended-rows.ts';
import { aWorld } from '../../../support/world.ts';

const idOf = (prefix: string): ContainerId => parseContainerId(prefix.padEnd(64, '0'));

describe('ContainerIndex', async () => {
  await using world = aWorld();
  const { config } = await world.given('template');
  const aContainer = (prefix: string, name: string): Container => ({
    id: idOf(prefix),
    name: parseContainerName(name, 'name'),
    unit: `berth-${name}.service`,
    createdAt: new Date(0),
    config,
    leases: [],
    status: { state: 'configured' },
    restarts: 0,
    message: undefined,
  });
  const anIndex = (...containers: Container[]) => {
    const database = openDatabase(':memory:');
    const unwritten: unknown[] = [];
    const open = (): ContainerIndex =>
      new ContainerIndex(new ContainerRows(database), new EndedRows(database), () => new Date(0), {
        error: (message) => unwritten.push(message),
      });
    const index = open();
    containers.forEach((each) => {
      index.add(each);
    });
    return { index, open, database, unwritten };
  };
  const exit: Exit = { code: 3, signal: undefined, oomKilled: false, result: 'exit-code', at: new Date(5000) };

  it('finds by name, by ID and by a prefix that only one has', () => {
    const { index } = anIndex(aContainer('abc1', 'web'), aContainer('abd2', 'db'));
    expect(index.find('web').name).toBe('web');
    expect(index.find(idOf('abd2')).name).toBe('db');
    expect(index.find('abd').name).toBe('db');
    expect(index.byUnit('berth-web.service')?.name).toBe('web');
    expect(index.byUnit('berth-nope.service')).toBeUndefined();
  });

  it('lets a name win over a prefix', () => {
    const { index } = anIndex(aContainer('abc1', 'web'), aContainer('ffff', 'abc'));
    expect(index.find('abc').id).toBe(idOf('ffff'));
  });

  it.each(['', 'nope', 'ABC', 'abx', 'abc1 ', 'we', '%', 'web\0', idOf('abce')])('knows nobody for %j', (reference) => {
    const { index } = anIndex(aContainer('abc1', 'web'));
    expect(() => index.find(reference)).toThrow(
      expect.objectContaining({ code: 'NoSuchContainer', facts: { container: reference } }),
    );
  });

  it('names those whom a prefix fits, ten at most', () => {
    const many = Array.from({ length: 12 }, (_, index) => aContainer(`a${index.toString(16)}`, `c${index}`));
    const { index } = anIndex(...many);
    const candidates = many.slice(0, 10).map(({ name }) => name);
    expect(() => index.find('a')).toThrow(
      expect.objectContaining({ code: 'AmbiguousContainer', facts: { container: 'a', candidates } }),
    );
  });

  it('has each name once', () => {
    const { index } = anIndex(aContainer('a', 'web'));
    expect(() => {
      index.add(aContainer('b', 'web'));
    }).toThrow(expect.objectContaining({ code: 'ContainerExists', facts: { name: 'web' } }));
    expect(index.all()).toHaveLength(1);
  });

  it('forgets the old name of one that is renamed, and keeps its place and its unit', () => {
    const { index, open } = anIndex(aContainer('a', 'web'), aContainer('b', 'db'));
    index.save({ ...index.find('web'), name: parseContainerName('site', 'name') });
    for (const each of [index, open()]) {
      expect(each.all().map(({ name }) => name)).toEqual(['site', 'db']);
      const name = parseContainerName('web', 'name');
      expect(each.isTaken(name)).toBe(false);
      const id = parseContainerId('f'.repeat(64));
      expect(each.unitFor({ id, name })).toBe('berth-web.ffffffffffff.service'); // its unit still goes by it
      expect(each.byUnit('berth-web.service')?.name).toBe('site');
    }
  });

  it('changes nothing where the row cannot be written', () => {
    const { index } = anIndex(aContainer('a', 'web'), aContainer('b', 'db'));
    expect(() => index.save({ ...index.find('web'), name: parseContainerName('db', 'name') })).toThrow(/UNIQUE/);
    expect(index.find('web').id).toBe(idOf('a'));
    expect(index.find('db').id).toBe(idOf('b'));
  });

  it('tells of what is added, saved and removed, when it is in the database', () => {
    const { index, open } = anIndex();
    const seen: number[] = [];
    index.changes.listen(idOf('a'), () => seen.push(open().all().length));
    index.add(aContainer('a', 'web'));
    index.save(index.find('web'));
    index.remove(index.find('web'), exit);
    expect(seen).toEqual([1, 1, 0]);
  });

  it('remembers how those ended that are gone: the latest of a name', () => {
    const { index, open } = anIndex(aContainer('a', 'web'));
    index.remove(index.find('web'), exit);
    index.add(aContainer('b', 'web'));
    index.remove(index.find('web'), { ...exit, code: 4 });
    for (const each of [index, open()]) {
      expect(each.endOf('web')).toEqual({ ...exit, code: 4 });
      expect(each.endOf(idOf('a'))).toEqual(exit);
      expect(each.endOf('a')).toBeUndefined();
    }
  });

  it('believes what was seen where it cannot be written, and nothing that was only wanted', () => {
    const web = aContainer('a', 'web');
    const { index, open, database, unwritten } = anIndex(web);
    database.pragma('query_only = ON');
    expect(() => index.save(aContainer('a', 'db'))).toThrow(/readonly/);
    expect(index.get(web.id)).toEqual(web);
    const seen = index.see({ ...web, status: { state: 'exited', exit } });
    expect([index.get(web.id), unwritten.length]).toEqual([seen, 1]);
    database.pragma('query_only = OFF');
    expect(open().get(web.id)?.status).toEqual(web.status);
    index.remove(seen, undefined);
    expect(open().all()).toEqual([]);
  });

  it('writes what it could not write as soon as it can', () => {
    const [web, db] = [aContainer('a', 'web'), aContainer('b', 'db')];
    const { index, open, database } = anIndex(web, db);
    database.pragma('query_only = ON');
    index.remove(web, exit);
    database.pragma('query_only = OFF');
    expect(open().all()).toHaveLength(2);
    index.see({ ...db, status: { state: 'exited', exit } });
    expect(open().all()).toMatchObject([{ id: db.id, status: { state: 'exited' } }]);
    database.pragma('query_only = ON');
    index.remove(index.find('db'), exit);
    database.pragma('query_only = OFF');
    index.add(aContainer('c', 'db'));
    expect(open().all()).toMatchObject([{ id: idOf('c') }]);
  });
});
