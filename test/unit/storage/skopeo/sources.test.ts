import { describe, expect, it } from 'vitest';
import { dockerImages, layoutImages } from '../../../../src/storage/skopeo/sources.ts';

const digest = (letter: string): string => `sha256:${letter.repeat(64)}`;
const REF_NAME = 'org.opencontainers.image.ref.name';
const IMAGE_NAME = 'io.containerd.image.name';
const index = (...manifests: [letter: string, annotations?: Record<string, string>][]): string =>
  JSON.stringify({
    manifests: manifests.map(([letter, annotations]) => ({ digest: digest(letter), size: 1, annotations })),
  });

describe('layoutImages', () => {
  // prettier-ignore
  it.each<[what: string, text: string, found: [string, string[]][]]>([
    ['two of the same tag, as docker writes them',
      index(['a', { [REF_NAME]: 'latest', [IMAGE_NAME]: 'docker.io/library/one:latest' }], ['b', { [REF_NAME]: 'latest', [IMAGE_NAME]: 'docker.io/library/two:latest' }]),
      [['a', ['docker.io/library/one:latest']], ['b', ['docker.io/library/two:latest']]]],
    ['one of several names',
      index(['a', { [REF_NAME]: 'localhost/x:1' }], ['b'], ['a', { [REF_NAME]: 'localhost/x:2' }]),
      [['a', ['localhost/x:1', 'localhost/x:2']], ['b', []]]],
    ['a tag of nothing, and what is no name',
      index(['a', { [REF_NAME]: 'latest' }], ['b', { [REF_NAME]: 'v1.0+build:x' }]),
      [['a', []], ['b', []]]],
    ['annotations of any name', index(['a', JSON.parse('{"__proto__":"x","constructor":"y"}') as Record<string, string>]), [['a', []]]],
  ])('has %s', (_, text, found) => {
    const images = layoutImages('/x', text);
    expect(images.map(({ descriptor, names }) => [descriptor.digest, names])).toEqual(
      found.map(([letter, names]) => [digest(letter), names]),
    );
  });

  it.each([
    ['no index.json', undefined],
    ['makes no sense', '{'],
    ['makes no sense', '{"manifests":[{"digest":"sha256:../../x","size":1}]}'],
    ['makes no sense', `{"manifests":[{"digest":"${digest('a')}","size":-1}]}`],
    ['makes no sense', index(...Array.from({ length: 257 }, (): [string] => ['a']))],
    ['no name', index(['a', { [IMAGE_NAME]: '../x' }])],
  ])('refuses what %s: %s', (reason, text) => {
    expect(() => layoutImages('/x', text)).toThrow(reason);
  });
});

describe('dockerImages', () => {
  it('has all names of each', () => {
    const text = JSON.stringify([{ RepoTags: ['one:1', 'reg.test/one:2'] }, { RepoTags: null }]);
    expect(dockerImages('/x', text).map(({ names }) => names)).toEqual([
      ['docker.io/library/one:1', 'reg.test/one:2'],
      [],
    ]);
  });

  it('refuses a name that is none', () => {
    expect(() => dockerImages('/x', '[{"RepoTags":["../x:1"]}]')).toThrow('no name');
  });
});
