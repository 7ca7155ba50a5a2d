import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { resolveGroups, resolveUser, UserUnknown } from '../../../src/oci-spec/passwd.ts';

const files = {
  passwd:
    'root:x:0:0:root:/root:/bin/sh\nbroken\n:x:5:5::/:\napp:x:1000:1000::/home/app:\r\n7:x:70:71::/seven:\nbig:x:4294967295:0::/:\n',
  group: 'root:x:0:\n8:x:0:app2\napp:x:1000:\nextra:x:2000:other,app\nmore:x:3000:app\nwheel:x:10:root\n',
};

describe('resolveUser', () => {
  it.each([
    ['', { uid: 0, gid: 0, home: '/root', name: 'root', additionalGids: [0, 10] }],
    ['root', { uid: 0, gid: 0, home: '/root' }],
    ['app', { uid: 1000, gid: 1000, home: '/home/app', additionalGids: [1000, 2000, 3000] }],
    ['1000', { uid: 1000, gid: 1000, home: '/home/app', name: 'app', additionalGids: [1000, 2000, 3000] }],
    ['7', { uid: 7, gid: 0, home: '/', name: undefined }], // a number, whoever is called so
    ['0007', { uid: 7 }],
    ['70', { uid: 70, gid: 71, home: '/seven', name: '7' }],
    ['0', { uid: 0, gid: 0, name: 'root' }],
    ['5:8', { uid: 5, gid: 8, additionalGids: [8] }],
    ['app:extra', { uid: 1000, gid: 2000, additionalGids: [2000] }],
    ['app:5', { uid: 1000, gid: 5 }],
    ['app:', { uid: 1000, gid: 1000, additionalGids: [1000] }],
    ['4242', { uid: 4242, gid: 0, home: '/', name: undefined, additionalGids: [0] }],
    ['4242:4343', { uid: 4242, gid: 4343 }],
    ['4294967294', { uid: 4294967294 }],
  ])('%j', (spec, expected) => {
    expect(resolveUser(spec, files)).toMatchObject(expected);
  });

  it.each([
    'nobody',
    'app:nogroup',
    '4294967295',
    '4294967296',
    '0:4294967296',
    '18446744073709551616',
    '-1',
    '+0',
    '0x0',
    '1e3',
    '99999999999',
    'big',
    ' root',
    'app:extra:more',
    '1000:1000:',
  ])('refuses %j', (spec) => {
    expect(() => resolveUser(spec, files)).toThrow(UserUnknown);
  });

  it('knows root and numbers where there are no files', () => {
    const none = { passwd: undefined, group: undefined };
    expect(resolveUser('', none)).toMatchObject({ uid: 0, gid: 0, home: '/root' });
    expect(resolveUser('5:6', none)).toMatchObject({ uid: 5, gid: 6, home: '/' });
    expect(() => resolveUser('app', none)).toThrow(UserUnknown);
  });

  it('takes no number of a file for another one that it is equal to in 32 bits', () => {
    const passwd = 'a:x:4294967296:0::/:\nb:x:18446744073709551616:0::/:\nc:x:+0:0::/:\nd:x:0x0:0::/:\ne:x::0::/:\n';
    for (const name of ['a', 'b', 'c', 'd', 'e'])
      expect(() => resolveUser(name, { passwd, group: undefined })).toThrow(UserUnknown);
  });

  it('goes through a megabyte of line breaks and of colons', () => {
    const passwd = `${'\n'.repeat(2 ** 20)}${':'.repeat(2 ** 20)}\napp:x:5:6::/app:`;
    expect(resolveUser('app', { passwd, group: ':\n'.repeat(2 ** 19) })).toMatchObject({ uid: 5, gid: 6 });
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
  expect(resolveGroups(['extra', '5', '8'], files)).toEqual([2000, 5, 8]);
  expect(() => resolveGroups(['4294967296'], files)).toThrow(UserUnknown);
  expect(() => resolveGroups(['none'], files)).toThrow(UserUnknown);
});
