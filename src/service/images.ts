/** io.berth.Image: each handler translates and delegates. */
import { imageError, type ImageHandlers, type ListOutput } from '../api/io-berth-image.ts';
import type { Containers } from '../container/containers.ts';
import type { Image, ImageStore } from '../storage/images.ts';
import { invalidParameter } from '../varlink/errors.ts';
import { sourceOf } from '../storage/sources.ts';
import { wireImage } from './wire.ts';

const MAX_NAMES = 10;

export const imagesService = (
  images: ImageStore,
  containers: Pick<Containers, 'list'>,
): ImageHandlers => ({
  async Load({ path, transport, reference, name }, { signal }) {
    const source = await sourceOf(path, transport, reference);
    const [image, ...others] = await images.load(source, signal);
    if (image === undefined || others.length > 0) {
      const reason = image === undefined ? 'it holds no image' : 'it holds several images: say which by its tag';
      throw imageError('LoadFailed', { path, reason });
    }
    return { image: wireImage(name === undefined ? image : await images.tag(image.id, name, signal)) };
  },
  async Pull({ image: reference, verifyTls = true, username, password }, { signal }) {
    if ((username === undefined) !== (password === undefined)) throw invalidParameter(username === undefined ? 'username' : 'password');
    const credentials = username === undefined || password === undefined ? undefined : { username, password };
    let pulled: Image | undefined;
    for await (const event of images.pull(reference, { credentials, tlsVerification: verifyTls ? 'require' : 'skip' }, signal)) {
      if (event.kind === 'done') pulled = event.image;
    }
    if (pulled === undefined) throw new Error(`the pull of ${reference} ended without an image`);
    return { image: wireImage(pulled) };
  },
  async *List(_, { signal }): AsyncGenerator<ListOutput> {
    for (const image of await images.list(signal)) yield { image: wireImage(image) };
  },
  async Remove({ image: reference }, { signal }) {
    const image = await images.find(reference, signal);
    if (image === undefined) throw imageError('NoSuchImage', { image: reference });
    const users = containers.list({ states: undefined, labels: {} }).filter(({ config }) => config.imageId === image.id);
    const isLast = image.names.length <= 1 || image.id.startsWith(reference);
    if (isLast && users.length > 0) {
      throw imageError('ImageInUse', { image: reference, containers: users.slice(0, MAX_NAMES).map(({ name }) => name) });
    }
    await images.remove(reference, signal);
    return {};
  },
});
