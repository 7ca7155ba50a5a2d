import { describe, expect, it } from 'vitest';
import { findImage } from '../../../../src/storage/store/find-image.ts';

const DIGEST = `sha256:${'d'.repeat(64)}`;
const image = (start: string, ...names: string[]): { id: string; names: string[]; digests: string[] } => ({
  id: start.padEnd(64, '0'),
  names,
  digests: [DIGEST],
});
const images = [
  image('aaaa', 'docker.io/library/web:latest', 'localhost/web:2'),
  image('aabb', 'localhost/db:latest', 'quay.io/team/tool:latest'),
  image('cccc', 'registry.test/team/tool:latest', 'registry.test/one/only:1'),
  image('dddd'),
  image('eeee', 'docker.io/library/dddd:latest'),
];

describe('findImage', () => {
  it.each([
    ['web', 'aaaa'],
    ['web:2', 'aaaa'],
    ['docker.io/web', 'aaaa'],
    ['db', 'aabb'],
    ['only:1', 'cccc'], // nobody else is called that
    ['one/only:1', 'cccc'],
    [`web@${DIGEST}`, 'aaaa'],
    [`registry.test/team/tool@${DIGEST}`, 'cccc'],
    ['aab', 'aabb'],
    ['c', 'cccc'],
    ['sha256:c', 'cccc'],
    ['dddd', 'eeee'], // a name comes before an id
    ['dddd0', 'dddd'],
    ['dddd'.padEnd(64, '0'), 'dddd'],
  ])('%s is %s', (text, start) => {
    expect(findImage(images, text)?.image.id).toBe(start.padEnd(64, '0'));
  });

  it.each([
    ['web', ['docker.io/library/web:latest']],
    ['web:2', ['localhost/web:2']],
    ['only:1', ['registry.test/one/only:1']],
    ['dddd', ['docker.io/library/dddd:latest']],
    [`registry.test/team/tool@${DIGEST}`, ['registry.test/team/tool:latest']],
    [`localhost/web@${DIGEST}`, ['localhost/web:2']],
    ['aab', []],
    ['dddd'.padEnd(64, '0'), []],
  ])('%s means the names %j', (text, names) => {
    expect(findImage(images, text)?.names).toEqual(names);
  });

  it.each(['web:3', 'only', 'f', 'quay.io/web', `other@${DIGEST}`])('%s is none', (text) => {
    expect(findImage(images, text)).toBeUndefined();
  });

  it.each(['tool', 'team/tool', 'aa'])('%s is several', (text) => {
    expect(() => findImage(images, text)).toThrow(expect.objectContaining({ name: 'ImageAmbiguous', reference: text }));
  });

  it('refuses what is no name', () => {
    expect(() => findImage(images, 'No Name')).toThrow(expect.objectContaining({ name: 'InvalidReference' }));
  });
});
