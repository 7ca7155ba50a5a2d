/** io.berth.Image: each handler translates and delegates. */
import type { ImageHandlers, ListOutput, PruneOutput, PullInput, PullOutput } from '../api/io-berth-image.ts';
import { ImageError } from '../image/errors.ts';
import type { Images } from '../image/images.ts';
import { live } from '../varlink/stream.ts';
import { wireImage } from './wire.ts';

const TRANSPORTS = { oci: 'oci', oci_archive: 'oci-archive', docker_archive: 'docker-archive' } as const;

export const imagesService = (images: Images): ImageHandlers => ({
  async Load({ path, transport, reference, name }, { signal }) {
    const source = { path, transport: transport && TRANSPORTS[transport], reference };
    const loaded = await images.load(source, name, signal);
    return { images: loaded.map(({ image, names }) => ({ image: wireImage(image), names })) };
  },
  Pull(input, call) {
    const events = pullReplies(images, input, { report: call.more ? 'bytes' : 'steps', signal: call.signal });
    return call.more ? live(events) : last(events);
  },
  async Save({ images: references, path, transport }, { signal }) {
    await images.save(references, { path, transport: transport && TRANSPORTS[transport] }, signal);
    return {};
  },
  async Inspect({ image: reference }, { signal }) {
    const { image } = await images.find(reference, signal);
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
    for await (const id of images.prune({ which: all ? 'all' : 'nameless' }, signal)) yield { id };
  },
  async *List(_, { signal }): AsyncGenerator<ListOutput> {
    for (const image of await images.list(signal)) yield { image: wireImage(image) };
  },
  async Remove({ image }, { signal }) {
    await images.remove(image, signal);
    return {};
  },
});

const STEPS = { layer: 'layer', config: 'configuration', present: 'present' } as const;

async function* pullReplies(
  images: Images,
  { image: reference, verifyTls = true, username, password }: PullInput,
  { report, signal }: { readonly report: 'steps' | 'bytes'; readonly signal: AbortSignal },
): AsyncGenerator<PullOutput> {
  if ((username === undefined) !== (password === undefined)) {
    const parameter = username === undefined ? 'username' : 'password';
    throw new ImageError('InvalidParameter', { parameter });
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
