import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { resolveGroups, resolveUser, UserUnknown } from '../../../src/oci-spec/passwd.ts';

const files = {
  passwd:
    'root:x:0:0:root:/root:/bin/sh\nbroken\n:x:5:5::/:\napp:x:1000:1000::/home/app:\r\n7:x:70:71::/seven:\nbig:x:4294967295:0::/:\n',
  group: 'root:x:0:\napp:x:1000:\nextra:x:2000:other,app\nmore:x:3000:app\nwheel:x:10:root\n',
};

describe('resolveUser', () => {
  it.each([
    ['', { uid: 0, gid: 0, home: '/root', name: 'root', additionalGids: [10] }],
    ['root', { uid: 0, gid: 0, home: '/root' }],
    ['app', { uid: 1000, gid: 1000, home: '/home/app', additionalGids: [2000, 3000] }],
    ['1000', { uid: 1000, gid: 1000, home: '/home/app', name: 'app', additionalGids: [2000, 3000] }],
    ['7', { uid: 70, gid: 71, home: '/seven' }], // a name wins over a number
    ['app:extra', { uid: 1000, gid: 2000, additionalGids: [] }],
    ['app:5', { uid: 1000, gid: 5 }],
    ['4242', { uid: 4242, gid: 0, home: '/', name: undefined, additionalGids: [] }],
    ['4242:4343', { uid: 4242, gid: 4343 }],
    ['4294967294', { uid: 4294967294 }],
  ])('%j', (spec, expected) => {
    expect(resolveUser(spec, files)).toMatchObject(expected);
  });

  it.each(['nobody', 'app:nogroup', '4294967295', '-1', '99999999999', 'big', ' root'])('refuses %j', (spec) => {
    expect(() => resolveUser(spec, files)).toThrow(UserUnknown);
  });

  it('knows root and numbers where there are no files', () => {
    const none = { passwd: undefined, group: undefined };
    expect(resolveUser('', none)).toMatchObject({ uid: 0, gid: 0, home: '/root' });
    expect(resolveUser('5:6', none)).toMatchObject({ uid: 5, gid: 6, home: '/' });
    expect(() => resolveUser('app', none)).toThrow(UserUnknown);
  });

  it('stands any file', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' }), (passwd, group) => {
        expect(resolveUser('12:34', { passwd, group }).home).toBeTypeOf('string');
      }),
    );
  });
});

it('resolves groups by name and number', () => {
  expect(resolveGroups(['extra', '5'], files)).toEqual([2000, 5]);
  expect(() => resolveGroups(['none'], files)).toThrow(UserUnknown);
});
