import { describe, expect, it } from 'vitest';
import { anImage } from '../../../support/fakes.ts';
import { patient } from '../../../support/world.ts';
import { aPause, collected, idOf, named, someImages } from '../fixtures.ts';

describe('Remove', () => {
  it('takes a name off, and removes the image with its last one', async () => {
    const { images, store } = someImages(named('1', 'localhost/a:1', 'localhost/b:1'));
    await images.remove('b:1', patient);
    expect(store.all).toMatchObject([{ names: ['localhost/a:1'] }]);
    await images.remove('a:1', patient);
    expect(store.all).toEqual([]);
  });

  it.each([idOf('1'), '111', 'sha256:1111'])('removes the image with all names by its ID: %s', async (id) => {
    const { images, store } = someImages(named('1', 'localhost/a:1', 'localhost/b:1'), named('2'));
    await images.remove(id, patient);
    expect(store.all).toMatchObject([{ id: idOf('2') }]);
  });

  it('takes off what is meant by a digest: all names of the repository, or that name alone where it is one', async () => {
    const digest = `sha256:${idOf('d')}`;
    const image = { ...named('1', 'localhost/a:1', 'localhost/a:2', 'localhost/b:1'), digests: [digest] };
    const { images, store } = someImages(image);
    await images.remove(`a@${digest}`, patient);
    expect(store.all).toMatchObject([{ names: ['localhost/b:1'] }]);
    store.all = [{ ...image, names: ['localhost/a:1', `localhost/a@${digest}`] }];
    await images.remove(`a@${digest}`, patient);
    expect(store.all).toMatchObject([{ names: ['localhost/a:1'] }]);
    await images.remove(`a@${digest}`, patient);
    expect(store.all).toEqual([]);
  });

  it('refuses what a container is made of, but not one name of several', async () => {
    const { images, store, used } = someImages(named('1', 'localhost/a:1', 'localhost/b:1'));
    const names = Array.from({ length: 12 }, (_, index) => `c${index}`);
    used.set(idOf('1'), names);
    await expect(images.remove(idOf('1'), patient)).rejects.toMatchObject({
      code: 'ImageInUse',
      facts: { image: idOf('1'), containers: names.slice(0, 10) },
    });
    await images.remove('b:1', patient);
    await expect(images.remove('a:1', patient)).rejects.toMatchObject({ code: 'ImageInUse' });
    expect(store.all).toHaveLength(1);
  });

  it.each([
    ['nothing', 'NoSuchImage', { image: 'nothing' }],
    ['tool', 'AmbiguousImage', { image: 'tool' }],
    ['No Name', 'InvalidParameter', { parameter: 'image' }],
    ['theirs', 'ImageReadOnly', { image: 'theirs', store: '/podman' }],
  ])('refuses %s as %s', async (reference, code, facts) => {
    const { images } = someImages(
      named('1', 'quay.io/tool:latest'),
      named('2', 'registry.test/tool:latest'),
      anImage({ id: idOf('3'), names: ['localhost/theirs:latest'], readOnly: true, store: '/podman' }),
    );
    await expect(images.remove(reference, patient)).rejects.toMatchObject({ code, facts });
  });

  it('sees the names that a tag under way gives', async () => {
    const { images, store } = someImages(named('1', 'localhost/a:1'));
    const pause = aPause();
    store.during.tag = pause.wait;
    const tagged = images.tag('a:1', 'b:1', patient);
    await pause.begun;
    const removed = images.remove('a:1', patient);
    pause.end();
    await Promise.all([tagged, removed]);
    expect(store.all).toMatchObject([{ names: ['localhost/b:1'] }]);
  });
});

describe('a container that is being made of the image', () => {
  const use = { image: 'a:1', parameter: 'configuration.image', user: 'web' };

  it('keeps it: Remove is refused, and Prune leaves it', async () => {
    const { images, store } = someImages(named('1', 'localhost/a:1'));
    const pause = aPause();
    const using = images.use(use, pause.wait, patient);
    await pause.begun;
    await expect(images.remove('a:1', patient)).rejects.toMatchObject({
      code: 'ImageInUse',
      facts: { containers: ['web'] },
    });
    expect(await collected(images.prune({ which: 'all' }, patient))).toEqual([]);
    pause.end();
    await using;
    await images.remove('a:1', patient);
    expect(store.all).toEqual([]);
  });

  it('does not get it while it is being removed', async () => {
    const { images, store } = someImages(named('1', 'localhost/a:1'));
    const pause = aPause();
    store.during.delete = pause.wait;
    const removed = images.remove('a:1', patient);
    await pause.begun;
    const used = images.use(use, async () => await Promise.resolve('made'), patient);
    pause.end();
    await removed;
    await expect(used).rejects.toMatchObject({ code: 'NoSuchImage', facts: { image: 'a:1' } });
  });

  it('gets it after a removal that failed', async () => {
    const { images, store } = someImages(named('1', 'localhost/a:1'));
    const pause = aPause();
    store.during.delete = async () => {
      await pause.wait();
      throw new Error('no space');
    };
    const removed = images.remove('a:1', patient);
    await pause.begun;
    const used = images.use(use, async ({ id }) => await Promise.resolve(id), patient);
    pause.end();
    await expect(removed).rejects.toThrow('no space');
    expect(await used).toBe(idOf('1'));
  });

  it('looks again where a removal has come and gone since it looked', async () => {
    const { images, store } = someImages(named('1', 'localhost/a:1'));
    const pause = aPause();
    store.during.find = pause.wait;
    const used = images.use(use, async () => await Promise.resolve('made'), patient);
    await pause.begun;
    delete store.during.find;
    await images.remove(idOf('1'), patient);
    pause.end();
    await expect(used).rejects.toMatchObject({ code: 'NoSuchImage' });
  });

  it('does not wait for a removal longer than its caller', async () => {
    const { images, store } = someImages(named('1', 'localhost/a:1'));
    const pause = aPause();
    store.during.delete = pause.wait;
    const removed = images.remove('a:1', patient);
    await pause.begun;
    const caller = new AbortController();
    const used = images.use(use, async () => await Promise.resolve('made'), caller.signal);
    caller.abort(new Error('gone'));
    await expect(used).rejects.toThrow('gone');
    pause.end();
    await removed;
  });
});
