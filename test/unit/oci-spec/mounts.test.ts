import { describe, expect, it } from 'vitest';
import { mountsFor, propagationFor, type SpecMount } from '../../../src/oci-spec/mounts.ts';

const at = (destination: string, ...options: string[]): SpecMount => ({
  destination,
  type: 'bind',
  source: `/srv${destination}`,
  options,
});
const placesOf = (mounts: readonly SpecMount[]): string[] =>
  mountsFor({ mounts, sharesHostIpc: false, sharedMemoryBytes: 1, access: 'ro' }).map(({ destination }) => destination);

describe('the order of mounts', () => {
  it('has a folder before what lies below it, whatever their kinds and the order they are asked for', () => {
    const places = placesOf([at('/x/y'), at('/run/a'), at('/run'), at('/x'), at('/x/y/z'), at('/')]);
    for (const place of places)
      for (const below of places.filter((each) => each.startsWith(`${place}/`)))
        expect(places.indexOf(place), `${place} before ${below}`).toBeLessThan(places.indexOf(below));
  });

  it('is otherwise that in which they are asked for', () => {
    const places = placesOf([at('/b'), at('/a')]);
    expect(places.indexOf('/b')).toBeLessThan(places.indexOf('/a'));
  });

  it('has none of the standard ones below a /dev of one’s own', () => {
    expect(placesOf([at('/dev')]).filter((place) => place.startsWith('/dev'))).toEqual(['/dev']);
    expect(placesOf([at('/sys')])).toContain('/sys/fs/cgroup');
  });
});

it.each([
  [[], 'private'],
  [[at('/a', 'rprivate')], 'private'],
  [[at('/a', 'rslave'), at('/b', 'rprivate')], 'rslave'],
  [[at('/a', 'slave'), at('/b', 'rshared')], 'shared'],
  [[at('/a', 'unbindable')], 'private'],
])('the root of %j is made %s', (mounts, propagation) => {
  expect(propagationFor(mounts)).toBe(propagation);
});
