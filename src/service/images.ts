/** io.berth.Image: each handler translates and delegates. */
import {
  imageError,
  type ImageHandlers,
  type ListOutput,
  type PruneOutput,
  type PullInput,
  type PullOutput,
} from '../api/io-berth-image.ts';
import type { Containers } from '../container/containers.ts';
import type { Image, ImageStore } from '../storage/images.ts';
import { live } from '../varlink/stream.ts';
import { invalidParameter } from '../varlink/errors.ts';
import { sourceOf } from '../storage/skopeo/sources.ts';
import { wireImage } from './wire.ts';

const MAX_NAMES = 10;

export const imagesService = (images: ImageStore, containers: Pick<Containers, 'list'>): ImageHandlers => ({
  async Load({ path, transport, reference, name }, { signal }) {
    const source = await sourceOf(path, transport, reference);
    const [image, ...others] = await images.load(source, signal);
    if (image === undefined || others.length > 0) {
      const reason = image === undefined ? 'it holds no image' : 'it holds several images: say which by its tag';
      throw imageError('LoadFailed', { path, reason });
    }
    return { image: wireImage(name === undefined ? image : await images.tag(image.id, name, signal)) };
  },
  Pull(input, call) {
    const events = pullReplies(images, input, { report: call.more ? 'bytes' : 'steps', signal: call.signal });
    return call.more ? live(events) : last(events);
  },
  async Save({ image: reference, path, transport = 'oci_archive' }, { signal }) {
    await images.save(
      (await imageOf(images, reference, signal)).id,
      { transport: TRANSPORTS[transport], path },
      signal,
    );
    return {};
  },
  async Inspect({ image: reference }, { signal }) {
    const image = await imageOf(images, reference, signal);
    const { config, layers } = image;
    return {
      image: wireImage(image),
      entrypoint: config.entrypoint,
      command: config.cmd,
      environment: config.env,
      user: config.user,
      workingDirectory: config.workingDir === '' ? '/' : config.workingDir,
      stopSignal: config.stopSignal,
      volumes: config.volumes,
      exposedPorts: config.exposedPorts,
      layers: layers.map(({ id }) => id),
    };
  },
  async Tag({ image, name }, { signal }) {
    await images.tag(image, name, signal);
    return {};
  },
  async *Prune({ all = false }, { signal }): AsyncGenerator<PruneOutput> {
    const used = new Set(containers.list(EVERY).map(({ config }) => config.imageId));
    for (const { id, names, readOnly } of await images.list(signal)) {
      if (readOnly || used.has(id) || (names.length > 0 && !all)) continue;
      await images.remove(id, signal);
      yield { id };
    }
  },
  async *List(_, { signal }): AsyncGenerator<ListOutput> {
    for (const image of await images.list(signal)) yield { image: wireImage(image) };
  },
  async Remove({ image: reference }, { signal }) {
    const image = await imageOf(images, reference, signal);
    const users = containers.list(EVERY).filter(({ config }) => config.imageId === image.id);
    const isLast = image.names.length <= 1 || image.id.startsWith(reference);
    if (isLast && !image.readOnly && users.length > 0) {
      throw imageError('ImageInUse', {
        image: reference,
        containers: users.slice(0, MAX_NAMES).map(({ name }) => name),
      });
    }
    await images.remove(reference, signal);
    return {};
  },
});

const EVERY = { states: undefined, labels: {} } as const;
const TRANSPORTS = { oci: 'oci', oci_archive: 'oci-archive', docker_archive: 'docker-archive' } as const;

async function imageOf(images: ImageStore, reference: string, signal: AbortSignal): Promise<Image> {
  const image = await images.find(reference, signal);
  if (image === undefined) throw imageError('NoSuchImage', { image: reference });
  return image;
}

const STEPS = { layer: 'layer', config: 'configuration', present: 'present' } as const;

async function* pullReplies(
  images: ImageStore,
  { image: reference, verifyTls = true, username, password }: PullInput,
  { report, signal }: { readonly report: 'steps' | 'bytes'; readonly signal: AbortSignal },
): AsyncGenerator<PullOutput> {
  if ((username === undefined) !== (password === undefined)) {
    throw invalidParameter(username === undefined ? 'username' : 'password');
  }
  const credentials = username === undefined || password === undefined ? undefined : { username, password };
  const options = { credentials, tlsVerification: verifyTls ? 'require' : 'skip', report } as const;
  for await (const event of images.pull(reference, options, signal)) {
    switch (event.kind) {
      case 'resolving':
      case 'storing':
        yield { progress: { step: event.kind } };
        break;
      case 'blob':
        yield { progress: { step: STEPS[event.what], digest: event.digest } };
        break;
      case 'fetched':
        yield { progress: { step: 'fetching', fetchedBytes: event.bytes, totalBytes: event.totalBytes } };
        break;
      case 'done':
        yield { image: wireImage(event.image) };
    }
  }
}

/** @throws Error when there is none */
async function last<T>(items: AsyncIterable<T>): Promise<T> {
  let latest: { item: T } | undefined;
  for await (const item of items) latest = { item };
  if (latest === undefined) throw new Error('the pull ended without an image');
  return latest.item;
}
