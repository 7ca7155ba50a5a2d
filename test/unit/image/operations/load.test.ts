import { describe, expect, it } from 'vitest';
import { patient } from '../../../support/world.ts';
import { idOf, named, someImages } from '../fixtures.ts';

const path = '/x.tar';

describe('Load', () => {
  it('takes every image there is, under its names', async () => {
    const { images, store } = someImages();
    store.arrives = [named('1', 'localhost/a:1', 'localhost/a:2'), named('2', 'localhost/b:1')];
    const loaded = await images.load({ path }, undefined, patient);
    expect(loaded.map(({ image, names }) => [image.id, image.names, names])).toEqual([
      [idOf('1'), ['localhost/a:1', 'localhost/a:2'], ['localhost/a:1', 'localhost/a:2']],
      [idOf('2'), ['localhost/b:1'], ['localhost/b:1']],
    ]);
  });

  it.each([
    ['a name for all of them', { path }, 'one', 'cannot all be called one'],
    ['what several are called', { path, reference: 'latest' }, undefined, '2 images that are called latest'],
  ])('stores nothing of several with %s', async (_, source, name, reason) => {
    const { images, store } = someImages();
    store.arrives = [named('1', 'localhost/a:latest'), named('2', 'localhost/b:latest')];
    await expect(images.load(source, name, patient)).rejects.toThrow(reason);
    expect(store.all).toEqual([]);
  });

  it('calls the only one what it is asked to', async () => {
    const { images, store } = someImages();
    store.arrives = [named('1', 'localhost/a:1')];
    expect(await images.load({ path }, 'localhost/mine:1', patient)).toMatchObject([{ names: ['localhost/mine:1'] }]);
  });
});

describe('Save', () => {
  const several = () => someImages(named('1', 'localhost/a:1', 'localhost/a:2'), named('2', 'localhost/b:1'));

  it('writes each image once, under the names it is asked for by, or all of them', async () => {
    const { images, store } = several();
    await images.save(['a:2', 'b:1', 'a:1'], { path }, patient);
    await images.save([idOf('1')], { path }, patient);
    const names = store.saved.map((saved) => saved.map(({ image, names: under }) => [image.id[0], under]));
    expect(names).toEqual([
      [
        ['1', ['localhost/a:2', 'localhost/a:1']],
        ['2', ['localhost/b:1']],
      ],
      [['1', ['localhost/a:1', 'localhost/a:2']]],
    ]);
  });

  it.each([
    [[], { code: 'InvalidParameter', facts: { parameter: 'images' } }],
    [['a:1', 'No Name'], { code: 'InvalidParameter', facts: { parameter: 'images' } }],
    [['a:1', 'nothing'], { code: 'NoSuchImage', facts: { image: 'nothing' } }],
  ])('refuses %j, and writes nothing', async (references, refusal) => {
    const { images, store } = several();
    await expect(images.save(references, { path }, patient)).rejects.toMatchObject(refusal);
    expect(store.saved).toEqual([]);
  });
});
