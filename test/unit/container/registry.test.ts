import { describe, expect, it } from 'vitest';
import type { Container } from '../../../src/container/container.ts';
import { parseContainerId, parseContainerName, type ContainerId } from '../../../src/container/names.ts';
import { Registry } from '../../../src/container/registry.ts';
import type { Exit } from '../../../src/container/status.ts';
import { ContainerRows } from '../../../src/store/container-rows.ts';
import { openDatabase } from '../../../src/store/database.ts';
import { EndedRows } from '../../../src/store/ended-rows.ts';
import { aWorld } from '../../support/world.ts';

const idOf = (prefix: string): ContainerId => parseContainerId(prefix.padEnd(64, '0'));

describe('Registry', async () => {
  await using world = aWorld();
  const { config } = await world.given('template');
  const aContainer = (prefix: string, name: string): Container => ({
    id: idOf(prefix),
    name: parseContainerName(name),
    unit: `berth-${name}.service`,
    createdAt: new Date(0),
    config,
    status: { state: 'configured' },
    restarts: 0,
    message: undefined,
  });
  const aRegistry = (...containers: Container[]) => {
    const database = openDatabase(':memory:');
    const open = (): Registry =>
      new Registry(
        new ContainerRows(database),
        new EndedRows(database),
        () => new Date(0),
        () => undefined,
      );
    const registry = open();
    containers.forEach((each) => {
      registry.add(each);
    });
    return { registry, open };
  };
  const exit: Exit = { code: 3, signal: undefined, oomKilled: false, result: 'exit-code', at: new Date(5000) };

  it('finds by name, by ID and by a prefix that only one has', () => {
    const { registry } = aRegistry(aContainer('abc1', 'web'), aContainer('abd2', 'db'));
    expect(registry.find('web').name).toBe('web');
    expect(registry.find(idOf('abd2')).name).toBe('db');
    expect(registry.find('abd').name).toBe('db');
    expect(registry.byUnit('berth-web.service')?.name).toBe('web');
    expect(registry.byUnit('berth-nope.service')).toBeUndefined();
  });

  it('lets a name win over a prefix', () => {
    const { registry } = aRegistry(aContainer('abc1', 'web'), aContainer('ffff', 'abc'));
    expect(registry.find('abc').id).toBe(idOf('ffff'));
  });

  it.each(['', 'nope', 'ABC', 'abx', 'abc1 ', 'we', '%', 'web\0', idOf('abce')])('knows nobody for %j', (reference) => {
    const { registry } = aRegistry(aContainer('abc1', 'web'));
    expect(() => registry.find(reference)).toThrow(
      expect.objectContaining({ code: 'NoSuchContainer', facts: { container: reference } }),
    );
  });

  it('names those whom a prefix fits, ten at most', () => {
    const many = Array.from({ length: 12 }, (_, index) => aContainer(`a${index.toString(16)}`, `c${index}`));
    const { registry } = aRegistry(...many);
    const candidates = many.slice(0, 10).map(({ name }) => name);
    expect(() => registry.find('a')).toThrow(
      expect.objectContaining({ code: 'AmbiguousContainer', facts: { container: 'a', candidates } }),
    );
  });

  it('has each name once', () => {
    const { registry } = aRegistry(aContainer('a', 'web'));
    expect(() => {
      registry.add(aContainer('b', 'web'));
    }).toThrow(expect.objectContaining({ code: 'ContainerExists', facts: { name: 'web' } }));
    expect(registry.all()).toHaveLength(1);
  });

  it('forgets the old name of one that is renamed, and keeps its place and its unit', () => {
    const { registry, open } = aRegistry(aContainer('a', 'web'), aContainer('b', 'db'));
    registry.save({ ...registry.find('web'), name: parseContainerName('site') });
    for (const each of [registry, open()]) {
      expect(each.all().map(({ name }) => name)).toEqual(['site', 'db']);
      expect(each.isTaken(parseContainerName('web'))).toBe(true); // its unit still goes by it
      expect(each.byUnit('berth-web.service')?.name).toBe('site');
    }
  });

  it('changes nothing where the row cannot be written', () => {
    const { registry } = aRegistry(aContainer('a', 'web'), aContainer('b', 'db'));
    expect(() => registry.save({ ...registry.find('web'), name: parseContainerName('db') })).toThrow(/UNIQUE/);
    expect(registry.find('web').id).toBe(idOf('a'));
    expect(registry.find('db').id).toBe(idOf('b'));
  });

  it('tells of what is added, saved and removed, when it is in the database', () => {
    const { registry, open } = aRegistry();
    const seen: number[] = [];
    registry.changes.listen(idOf('a'), () => seen.push(open().all().length));
    registry.add(aContainer('a', 'web'));
    registry.save(registry.find('web'));
    registry.remove(registry.find('web'), exit);
    expect(seen).toEqual([1, 1, 0]);
  });

  it('remembers how those ended that are gone: the latest of a name', () => {
    const { registry, open } = aRegistry(aContainer('a', 'web'));
    registry.remove(registry.find('web'), exit);
    registry.add(aContainer('b', 'web'));
    registry.remove(registry.find('web'), { ...exit, code: 4 });
    for (const each of [registry, open()]) {
      expect(each.endOf('web')).toEqual({ ...exit, code: 4 });
      expect(each.endOf(idOf('a'))).toEqual(exit);
      expect(each.endOf('a')).toBeUndefined();
    }
  });
});
