import { describe, expect, it } from 'vitest';
import { anImage } from '../../../support/fakes.ts';
import { patient } from '../../../support/world.ts';
import { aPause, collected, idOf, named, someImages } from '../fixtures.ts';

describe('Prune', () => {
  it.each([
    ['nameless', ['2']],
    ['all', ['1', '2']],
  ] as const)('removes %s images that nothing is made of', async (which, gone) => {
    const { images, store, used } = someImages(
      named('1', 'localhost/a:1'),
      named('2'),
      named('3'),
      anImage({ id: idOf('4'), names: [], readOnly: true }),
    );
    used.set(idOf('3'), ['web']);
    expect(await collected(images.prune({ which }, patient))).toEqual(gone.map(idOf));
    expect(store.all.map(({ id }) => id)).toEqual(
      ['1', '2', '3', '4'].filter((digit) => !gone.includes(digit as never)).map(idOf),
    );
  });

  it('looks at each when its turn has come: what was named or used since stays', async () => {
    const { images, used } = someImages(named('1'), named('2'), named('3'));
    const pruned = images.prune({ which: 'nameless' }, patient);
    expect(await pruned.next()).toMatchObject({ value: idOf('1') });
    await images.tag(idOf('2'), 'b', patient);
    used.set(idOf('3'), ['web']);
    expect(await pruned.next()).toMatchObject({ done: true });
  });

  it.each(['load', 'pull'] as const)('leaves an image that a %s has not named yet', async (verb) => {
    const { images, store } = someImages();
    store.arrives = [named('5', 'localhost/new:1')];
    const pause = aPause();
    store.during[verb] = pause.wait;
    const come =
      verb === 'load'
        ? images.load({ path: '/x' }, undefined, patient)
        : collected(images.pull('localhost/new:1', {}, patient));
    await pause.begun;
    expect(store.all).toMatchObject([{ id: idOf('5'), names: [] }]);
    expect(await collected(images.prune({ which: 'nameless' }, patient))).toEqual([]);
    pause.end();
    await come;
    expect(store.all).toMatchObject([{ id: idOf('5'), names: ['localhost/new:1'] }]);
  });
});

it('Tag refuses a name that is none by its own parameter', async () => {
  const { images } = someImages(named('1', 'localhost/a:1'));
  await expect(images.tag('a:1', 'No Name', patient)).rejects.toMatchObject({
    code: 'InvalidParameter',
    facts: { parameter: 'name' },
  });
  await expect(images.tag('No Name', 'b', patient)).rejects.toMatchObject({
    code: 'InvalidParameter',
    facts: { parameter: 'image' },
  });
});
