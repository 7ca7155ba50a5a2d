import { describe, expect, it } from 'vitest';
import { InvalidReference } from '../../../../src/storage/errors.ts';
import {
  localName,
  meaningsOf,
  parseReference,
  remoteName,
  repositoryOf,
} from '../../../../src/storage/store/reference.ts';

const DIGEST = `sha256:${'0'.repeat(64)}`;

describe('remoteName', () => {
  it.each([
    ['busybox', 'docker.io/library/busybox:latest'],
    ['busybox:1', 'docker.io/library/busybox:1'],
    ['some/thing', 'docker.io/some/thing:latest'],
    ['docker.io/busybox', 'docker.io/library/busybox:latest'],
    ['registry.test/a/b/c:2', 'registry.test/a/b/c:2'],
    ['registry:5000/a', 'registry:5000/a:latest'],
    ['localhost/a', 'localhost/a:latest'],
    ['[::1]:5000/a', '[::1]:5000/a:latest'],
    [`busybox@${DIGEST}`, `docker.io/library/busybox@${DIGEST}`],
    [`busybox:1@${DIGEST}`, `docker.io/library/busybox@${DIGEST}`],
    ['a__b-c.d', 'docker.io/library/a__b-c.d:latest'],
  ])('%s → %s', (text, expected) => {
    expect(remoteName(parseReference(text))).toBe(expected);
  });

  it.each(['', 'UPPER', 'a b', '/a', 'a/', 'a//b', 'a:', 'a@sha256:0', '-a', 'a:b:c', '../a', 'a\n', 'a'.repeat(300)])(
    'refuses %j',
    (text) => {
      expect(() => parseReference(text)).toThrow(InvalidReference);
    },
  );
});

it('takes short names for names of this host', () => {
  expect(localName(parseReference('web'))).toBe('localhost/web:latest');
  expect(localName(parseReference('docker.io/library/web'))).toBe('docker.io/library/web:latest');
  expect(meaningsOf(parseReference('web'))).toEqual(['localhost/web:latest', 'docker.io/library/web:latest']);
});

it.each([
  ['docker.io/library/a:1', 'docker.io/library/a'],
  ['registry:5000/a', 'registry:5000/a'],
  [`registry:5000/a:1@${DIGEST}`, 'registry:5000/a'],
])('repositoryOf %s', (name, expected) => {
  expect(repositoryOf(name)).toBe(expected);
});
