import { describe, expect, it } from 'vitest';
import { overlayMount } from '../../../src/storage/overlay.ts';

const layers = (count: number): { link: string }[] =>
  Array.from({ length: count }, (_, index) => ({ link: `l/${String(index).padStart(26, 'A')}` }));
const at = { store: '/var/lib/berth/storage', upper: '/data/upper', work: '/data/work', target: '/data/root' };

describe('overlayMount', () => {
  it('has the topmost layer first', () => {
    expect(overlayMount({ layers: [{ link: 'l/TOP' }, { link: 'l/BASE' }], ...at }).argv).toEqual([
      '/usr/bin/mount', '-t', 'overlay', 'overlay',
      '-o', 'lowerdir=l/TOP:l/BASE,upperdir=/data/upper,workdir=/data/work', '/data/root',
    ]); // prettier-ignore
  });

  it('takes the empty folder for an image without layers', () => {
    expect(overlayMount({ layers: [], ...at }).argv[5]).toContain('lowerdir=/data/root,');
  });

  it('escapes what separates options and layers', () => {
    const { argv } = overlayMount({ store: '/store', layers: [], upper: '/a,b:c\\d', work: '/w', target: '/a,b:c\\d' });
    expect(argv[5]).toBe('lowerdir=/a\\,b\\:c\\\\d,upperdir=/a\\,b:c\\\\d,workdir=/w');
    expect(argv[6]).toBe('/a,b:c\\d');
  });

  it('refuses more layers than the kernel takes in one go', () => {
    expect(() => overlayMount({ layers: layers(128), ...at })).not.toThrow();
    expect(() => overlayMount({ layers: layers(145), ...at })).toThrow(RangeError);
  });

  it('runs where short names of layers lead somewhere', () => {
    expect(overlayMount({ layers: [], ...at }).directory).toBe('/var/lib/berth/storage/overlay');
  });
});
