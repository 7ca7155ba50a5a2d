import { describe, expect, it } from 'vitest';
import { mountsOf } from '../../../../src/container/configuration/mounts.ts';
import type { Mount } from '../../../../src/container/configuration/configuration.ts';
import { withVolumes, type VolumeSources } from '../../../../src/container/configuration/volumes.ts';

const volume = (source: string, destination: string, readOnly = false): Mount => ({
  kind: 'volume',
  source,
  destination,
  readOnly,
  options: [],
});
const sources = (changes: Partial<VolumeSources> = {}): VolumeSources => {
  let count = 0;
  return { declared: [], from: undefined, mountsOf: () => [], newName: () => `new-${++count}`, ...changes };
};

describe('the volumes of a container', () => {
  it('have a name where nobody gives one', () => {
    const asked = mountsOf([
      { kind: 'volume', destination: '/a' },
      { kind: 'volume', source: 'data', destination: '/b', options: ['nocopy', 'U', 'ro'] },
    ]);
    expect(withVolumes(asked, sources())).toEqual([
      volume('new-1', '/a'),
      { ...volume('data', '/b', true), options: ['nocopy', 'U'] },
    ]);
  });

  it('are those that the image declares, where nothing else is', () => {
    const asked = [volume('data', '/b')];
    const declared = ['/a/', 'relative', '/b', '/a', '/x/../c'];
    expect(withVolumes(asked, sources({ declared }))).toEqual([
      volume('new-1', '/a'),
      volume('new-2', '/relative'),
      volume('new-3', '/c'),
      volume('data', '/b'),
    ]);
    for (const root of ['/', '', '/a/..'])
      expect(() => withVolumes([], sources({ declared: [root] }))).toThrow(
        expect.objectContaining({ facts: { parameter: 'configuration.image' } }),
      );
  });

  it('are those of other containers, but for tmpfs, where it asks for nothing itself', () => {
    const others: Record<string, Mount[]> = {
      one: [
        volume('data', '/a'),
        { kind: 'tmpfs', destination: '/t', readOnly: false, options: [] },
        volume('x', '/x'),
      ],
      two: [volume('other', '/a'), { ...volume('/srv', '/s', true), kind: 'bind' }],
    };
    const from = [{ container: 'one', readOnly: true }, { container: 'two' }];
    const mounts = withVolumes(
      [volume('mine', '/x')],
      sources({ from, mountsOf: (container) => others[container] ?? [], declared: ['/a', '/s'] }),
    );
    expect(mounts).toEqual([
      volume('data', '/a', true),
      { ...volume('/srv', '/s', true), kind: 'bind' },
      volume('mine', '/x'),
    ]);
  });

  it.each(['../x', 'a/b', '/a', '', '.x'])('are not called %j', (source) => {
    expect(() => mountsOf([{ kind: 'volume', source, destination: '/a' }])).toThrow(
      expect.objectContaining({ facts: { parameter: 'configuration.mounts[0].source' } }),
    );
  });

  it.each([
    ['bind', 'U'],
    ['bind', 'nocopy'],
    ['volume', 'size=1m'],
    ['volume', 'O'],
  ] as const)('a %s has no %s', (kind, option) => {
    const source = kind === 'bind' ? '/a' : 'a';
    expect(() => mountsOf([{ kind, source, destination: '/a', options: [option] }])).toThrow(
      expect.objectContaining({ facts: { parameter: 'configuration.mounts[0].options' } }),
    );
  });
});
