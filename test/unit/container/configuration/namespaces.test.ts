import { describe, expect, it } from 'vitest';
import { dependenciesOf, parseNamespace, sharedInTheEnd } from '../../../../src/container/configuration/namespaces.ts';
import { aWorld } from '../../../support/world.ts';

describe('parseNamespace', () => {
  it.each([
    ['none', { kind: 'private' }],
    ['private', { kind: 'private' }],
    ['host', { kind: 'host' }],
    ['container:web', { kind: 'container', name: 'web' }],
    [`container:${'a'.repeat(64)}`, { kind: 'container', name: 'a'.repeat(64) }],
    ['path:/run//netns/x', { kind: 'path', path: '/run/netns/x' }],
  ])('takes %s', (text, expected) => {
    expect(parseNamespace(text)).toEqual(expected);
  });

  it.each(['', 'HOST', 'host ', 'container:', 'container:/x', 'container:a\n', 'path:', 'path:x', 'path:/\0', 'ns:/x'])(
    'does not take %j',
    (text) => {
      expect(() => parseNamespace(text)).toThrow(RangeError);
    },
  );
});

describe('shared namespaces', async () => {
  await using world = aWorld();
  const a = await world.given('a');
  const b = await world.given('b', 'configured', { network: 'container:a', pidNamespace: 'container:a' });
  const c = await world.given('c', 'configured', {
    network: 'container:b',
    ipcNamespace: 'container:a',
    utsNamespace: 'host',
  });
  const find = (reference: string) => world.index.find(reference);

  it('make a container need others, each once', () => {
    expect(dependenciesOf(a.config)).toEqual([]);
    expect(dependenciesOf(b.config)).toEqual([a.id]);
    expect(dependenciesOf(c.config)).toEqual([b.id, a.id]);
  });

  it('are in the end somebody’s own', () => {
    expect(sharedInTheEnd(c.config, 'network', find)).toEqual({ kind: 'container', name: a.id });
    expect(sharedInTheEnd(c.config, 'uts', find)).toEqual({ kind: 'host' });
    expect(sharedInTheEnd(c.config, 'pid', find)).toEqual({ kind: 'private' });
  });
});
