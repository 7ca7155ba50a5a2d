import { describe, expect, it } from 'vitest';
import type { Mount as MountRequest } from '../../../../src/api/io-berth-container.ts';
import { mountsOf } from '../../../../src/container/configuration/mounts.ts';
import { specMount } from '../../../../src/container/launch/spec-mount.ts';

const bind = (...options: string[]): MountRequest => ({ kind: 'bind', source: '/a', destination: '/b', options });
const tmpfs = (...options: string[]): MountRequest => ({ kind: 'tmpfs', destination: '/b', options });
const optionsOf = (request: MountRequest, recursion: 'recursive' | 'top' = 'recursive'): readonly string[] =>
  mountsOf([request]).flatMap((mount) => specMount(mount, recursion).options);

describe('what a runtime is asked to mount', () => {
  it.each<[string, MountRequest, string[]]>([
    ['all that is below', bind(), ['rbind', 'rprivate', 'rw']],
    [
      'one propagation only, which is all that crun takes',
      bind('rslave', 'nosuid'),
      ['rbind', 'rw', 'rslave', 'nosuid'],
    ],
    ['a mount without what is below it', bind('bind'), ['bind', 'private', 'rw']],
    ['that, and a propagation', bind('bind', 'shared'), ['bind', 'rw', 'shared']],
    ['nothing writable below what is read-only', { ...bind(), readOnly: true }, ['rbind', 'rprivate', 'rro']],
    ['the same by an option', bind('ro'), ['rbind', 'rprivate', 'rro']],
    ['the same by its own option', bind('rro'), ['rbind', 'rprivate', 'rro']],
    ['one mount that is read-only', bind('bind', 'ro'), ['bind', 'private', 'ro']],
    ['no labels', bind('z'), ['rbind', 'rprivate', 'rw']],
    [
      'memory',
      tmpfs('size=64m', 'mode=1777', 'exec', 'ro'),
      ['nosuid', 'nodev', 'ro', 'size=64m', 'mode=1777', 'exec'],
    ],
    ['a copy of what is below', tmpfs('tmpcopyup'), ['nosuid', 'nodev', 'rw', 'tmpcopyup']],
    ['no copy', tmpfs('notmpcopyup'), ['nosuid', 'nodev', 'rw']],
  ])('is %s', (_, request, expected) => {
    expect(optionsOf(request)).toEqual(expected);
  });

  it('is one mount that is read-only where the kernel can no more', () => {
    expect(optionsOf(bind('ro'), 'top')).toEqual(['rbind', 'rprivate', 'ro']);
  });
});

describe('a mount that cannot be', () => {
  it.each<[string, MountRequest]>([
    ['options', bind('RO')],
    ['options', bind('nonsense')],
    ['options', bind('readonly')],
    ['options', bind('size=1m')],
    ['options', bind('U')],
    ['options', bind('O')],
    ['options', bind('ro', 'rw')],
    ['options', bind('rro', 'bind')],
    ['options', bind('bind', 'rbind')],
    ['options', bind('slave', 'shared')],
    ['options', bind('nosuid', 'suid')],
    ['options', bind('z', 'Z')],
    ['options', bind('ro', 'ro')],
    ['options', tmpfs('rro')],
    ['options', tmpfs('z')],
    ['options', tmpfs('bind')],
    ['options', tmpfs('size=')],
    ['options', tmpfs('size=1 m')],
    ['options', tmpfs('size=1m', 'size=2m')],
    ['options', tmpfs('mode=999')],
    ['options', tmpfs('ro,exec')],
    ['readOnly', { ...bind('rw'), readOnly: true }],
    ['readOnly', { ...bind('ro'), readOnly: false }],
    ['readOnly', { ...bind('rro'), readOnly: false }],
  ])('for its %s is refused: %j', (member, request) => {
    expect(() => mountsOf([request])).toThrow(
      expect.objectContaining({ facts: { parameter: `configuration.mounts[0].${member}` } }),
    );
  });

  it.each(['/b', '/b/', '//b', '/a/../b', '/b/.'])(
    'for its place, which another has, is refused: %s',
    (destination) => {
      expect(() => mountsOf([tmpfs(), { ...bind(), destination }])).toThrow(
        expect.objectContaining({ facts: { parameter: 'configuration.mounts[1].destination' } }),
      );
    },
  );
});
