/**
 * The files of containers-storage that say which images and layers there are, parsed at the edge
 * (containers/storage: images.go, layers.go). They are replaced by renaming, so what is read is whole without a lock.
 */
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import * as v from 'valibot';
import { TextMap } from '../../lib/text-map.ts';
import { StorageCorrupt } from '../errors.ts';

const HexId = v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/));

const ImageRecord = v.object({
  id: HexId,
  digest: v.optional(v.string()),
  names: v.nullish(v.array(v.string())),
  layer: v.optional(v.string()),
  'big-data-digests': v.nullish(TextMap),
});
export type ImageRecord = v.InferOutput<typeof ImageRecord>;

const LayerRecord = v.object({
  id: HexId,
  parent: v.optional(v.string()),
  'diff-size': v.optional(v.number()),
  flags: v.nullish(v.record(v.string(), v.unknown())),
});
export type LayerRecord = v.InferOutput<typeof LayerRecord>;

const Strings = v.nullish(v.array(v.string()));
/** Only the keys say something. */
const Keys = v.nullish(v.looseObject({}));
/** Both the OCI image configuration and Docker's, which differ in nothing that is read here. */
const ConfigBlob = v.object({
  created: v.nullish(v.string()),
  architecture: v.nullish(v.string()),
  os: v.nullish(v.string()),
  config: v.nullish(
    v.object({
      Env: Strings,
      Entrypoint: Strings,
      Cmd: Strings,
      User: v.nullish(v.string()),
      WorkingDir: v.nullish(v.string()),
      StopSignal: v.nullish(v.string()),
      Labels: v.nullish(TextMap),
      Volumes: Keys,
      ExposedPorts: Keys,
    }),
  ),
});
export type ConfigBlob = v.InferOutput<typeof ConfigBlob>;

function parse<T>(schema: v.GenericSchema<unknown, T>, text: string, path: string): T {
  const parsed = v.safeParse(v.pipe(v.string(), v.parseJson(), schema), text);
  if (!parsed.success) throw new StorageCorrupt(path, v.summarize(parsed.issues).slice(0, 1000));
  return parsed.output;
}

async function readIf(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (failure) {
    if (failure instanceof Error && 'code' in failure && failure.code === 'ENOENT') return undefined;
    throw failure;
  }
}

/** A store nobody has written to yet has neither file, and no images. */
async function records<T>(schema: v.GenericSchema<unknown, T>, path: string): Promise<T[]> {
  const text = await readIf(path);
  return text === undefined || text === '' ? [] : (parse(v.nullable(v.array(schema)), text, path) ?? []);
}

const imagesFile = (root: string): string => join(root, 'overlay-images/images.json');
const layersFile = (root: string): string => join(root, 'overlay-layers/layers.json');

/** @throws StorageCorrupt */
export const readImageRecords = async (root: string): Promise<ImageRecord[]> =>
  await records(ImageRecord, imagesFile(root));
/** @throws StorageCorrupt */
export const readLayerRecords = async (root: string): Promise<LayerRecord[]> =>
  await records(LayerRecord, layersFile(root));

/** The same as long as neither file was replaced. */
export async function stampOf(root: string): Promise<string> {
  const stamps = [imagesFile(root), layersFile(root)].map(async (path) => {
    const stats = await stat(path, { bigint: true }).catch(() => undefined);
    return stats === undefined ? 'none' : `${stats.ino}:${stats.mtimeNs}:${stats.size}`;
  });
  return (await Promise.all(stamps)).join(' ');
}

const configFile = (root: string, id: string): string => join(root, 'overlay-images', id, bigDataFile(`sha256:${id}`));

/** An image's configuration, byte for byte. */
export const readConfig = async (root: string, id: string): Promise<Buffer> => await readFile(configFile(root, id));

/** What an image's configuration says. @throws StorageCorrupt when it is not there */
export async function readConfigBlob(root: string, id: string): Promise<ConfigBlob> {
  const path = configFile(root, id);
  const text = await readIf(path);
  if (text === undefined) throw new StorageCorrupt(path, 'the configuration of the image is missing');
  return parse(ConfigBlob, text, path);
}

/** A layer's short name. @throws StorageCorrupt when it is not there */
export async function readLink(root: string, layer: string): Promise<string> {
  const path = join(root, 'overlay', layer, 'link');
  const link = await readIf(path);
  if (link === undefined || !/^[A-Z0-9]{1,64}$/.test(link)) throw new StorageCorrupt(path, 'the layer has no link');
  return link;
}

/** The file that holds a piece of data of an image (containers/storage: images.go, makeBigDataBaseName). */
export const bigDataFile = (key: string): string =>
  /^[.0-9a-z]*$/.test(key) ? key : `=${Buffer.from(key).toString('base64')}`;
