import { describe, expect, it } from 'vitest';
import { endFrom, planFor, type Found } from '../../../../src/cli/copy/ends.ts';

describe('an end of a copy', () => {
  it.each([
    ['-', { kind: 'stream' }],
    ['web:/etc', { kind: 'container', container: 'web', path: '/etc' }],
    ['web:etc/', { kind: 'container', container: 'web', path: '/etc/' }],
    ['web:a:b', { kind: 'container', container: 'web', path: '/a:b' }],
    ['file', { kind: 'host', path: 'file' }],
    ['./a:b', { kind: 'host', path: './a:b' }],
    ['/a:b', { kind: 'host', path: '/a:b' }],
  ])('%s', (text, end) => {
    expect(endFrom(text)).toEqual(end);
  });

  it.each(['', ':/x', 'web:'])('is not %o', (text) => {
    expect(() => endFrom(text)).toThrow('is');
  });
});

describe('what goes where, by the rules of docker', () => {
  it.each<[string, 'folder' | 'file', string, Found, string, string]>([
    ['/s/file', 'file', '/t/new', undefined, '/t', 'new'],
    ['/s/file', 'file', '/t/old', 'file', '/t', 'old'],
    ['/s/file', 'file', '/t', 'folder', '/t', 'file'],
    ['/s/dir', 'folder', '/t/new', undefined, '/t', 'new'],
    ['/s/dir/.', 'folder', '/t/new', undefined, '/t', 'new'],
    ['/s/dir', 'folder', '/t/new/', undefined, '/t', 'new'],
    ['/s/dir', 'folder', '/t', 'folder', '/t', 'dir'],
    ['/s/dir/', 'folder', '/t', 'folder', '/t', 'dir'],
    ['/s/dir/.', 'folder', '/t', 'folder', '/t', '.'],
    ['/', 'folder', '/t', 'folder', '/t', '.'],
  ])('%s, a %s, to %s, which is %s', (source, is, target, found, into, name) => {
    expect(planFor(source, is, target, found)).toEqual({ into, name });
  });

  it('puts no directory over a file, and no file into a directory that is not there', () => {
    expect(() => planFor('/s', 'folder', '/t', 'file')).toThrow("'/t' is no directory");
    expect(() => planFor('/s', 'file', '/t/', undefined)).toThrow("there is no directory '/t/'");
  });
});
