/** The images of a store, put together from its files and kept until these change. */
import { join } from 'node:path';
import { StorageCorrupt } from '../errors.ts';
import type { Image, ImageLayer } from '../images.ts';
import { isScratchId } from './scratch-id.ts';
import {
  type ConfigBlob,
  type ImageRecord,
  type LayerRecord,
  readConfigBlob,
  readImageRecords,
  readLayerRecords,
  readLink,
  stampOf,
} from './metadata.ts';

export interface ImageListOptions {
  readonly root: string;
  /** Where this process finds `root`; differs only where the store is another machine's. */
  readonly seenAt: string;
  /** Whether the images in it are somebody else's. */
  readonly access: 'own' | 'read-only';
  /** Told of each image that cannot be used, once for every time the store has changed. */
  readonly onDamage: (damage: StorageCorrupt) => void;
}

export class ImageList {
  readonly #options: ImageListOptions;
  #known: { readonly stamp: string; readonly images: Promise<Image[]> } | undefined;

  constructor(options: ImageListOptions) {
    this.#options = options;
  }

  /** @throws StorageCorrupt when the lists themselves cannot be read */
  async read(): Promise<Image[]> {
    const stamp = await stampOf(this.#options.seenAt);
    if (this.#known?.stamp !== stamp) this.#known = { stamp, images: this.#compose() };
    try {
      return await this.#known.images;
    } catch (failure) {
      this.#known = undefined;
      throw failure;
    }
  }

  async #compose(): Promise<Image[]> {
    const { seenAt, onDamage } = this.#options;
    // Layers come before the image that needs them, and go after it: read the other way round, none is missed. What an
    // image was removed of meanwhile is reported as damage at worst, and gone with the next reading.
    const records = await readImageRecords(seenAt);
    const layers = new Map((await readLayerRecords(seenAt)).map((layer) => [layer.id, layer]));
    const images: Image[] = [];
    for (const record of records) {
      if (isScratchId(record.id)) continue;
      try {
        images.push(await this.#image(record, layers));
      } catch (failure) {
        if (!(failure instanceof StorageCorrupt)) throw failure;
        onDamage(failure);
      }
    }
    return images;
  }

  async #image(record: ImageRecord, layers: ReadonlyMap<string, LayerRecord>): Promise<Image> {
    const { root, seenAt, access } = this.#options;
    const chain = chainOf(record, layers, seenAt);
    const blob = await readConfigBlob(seenAt, record.id);
    const composed = chain.map(async ({ id }): Promise<ImageLayer> => {
      const link = await readLink(seenAt, id);
      return { id, diff: join(root, 'overlay', id, 'diff'), link: `l/${link}` };
    });
    return {
      id: record.id,
      names: record.names ?? [],
      digests: digestsOf(record),
      sizeBytes: chain.reduce((sum, layer) => sum + (layer['diff-size'] ?? 0), 0),
      store: root,
      readOnly: access === 'read-only',
      layers: await Promise.all(composed),
      ...described(blob),
    };
  }
}

/** From the topmost layer down. */
function chainOf(record: ImageRecord, layers: ReadonlyMap<string, LayerRecord>, root: string): LayerRecord[] {
  const chain: LayerRecord[] = [];
  let next = record.layer ?? '';
  while (next !== '') {
    const layer = layers.get(next);
    if (layer === undefined) throw new StorageCorrupt(root, `image ${record.id} lacks its layer ${next}`);
    if (layer.flags?.['incomplete'] === true)
      throw new StorageCorrupt(root, `layer ${next} of image ${record.id} is incomplete`);
    if (chain.length > layers.size) throw new StorageCorrupt(root, `the layers of image ${record.id} form a circle`);
    chain.push(layer);
    next = layer.parent ?? '';
  }
  return chain;
}

function digestsOf(record: ImageRecord): string[] {
  const ofManifests = Object.entries(record['big-data-digests'] ?? {}).filter(([key]) => key.startsWith('manifest'));
  return [...new Set([record.digest, ...ofManifests.map(([, digest]) => digest)])].filter(
    (digest) => digest !== undefined,
  );
}

function described(blob: ConfigBlob): Pick<Image, 'createdAt' | 'architecture' | 'os' | 'config'> {
  const { config } = blob;
  const created = new Date(blob.created ?? Number.NaN);
  return {
    createdAt: Number.isNaN(created.getTime()) ? undefined : created,
    architecture: blob.architecture ?? '',
    os: blob.os ?? '',
    config: {
      env: config?.Env ?? [],
      entrypoint: config?.Entrypoint ?? [],
      cmd: config?.Cmd ?? [],
      user: config?.User ?? '',
      workingDir: config?.WorkingDir ?? '',
      stopSignal: config?.StopSignal === '' ? undefined : (config?.StopSignal ?? undefined),
      labels: config?.Labels ?? {},
      volumes: Object.keys(config?.Volumes ?? {}),
      exposedPorts: Object.keys(config?.ExposedPorts ?? {}),
    },
  };
}
