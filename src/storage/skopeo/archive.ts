/**
 * Folders and archives that images are saved to. skopeo writes the layers into an OCI layout; the rest is written here, with the
 * configurations as they are in the store: skopeo leaves out of them what the form of the image does not have, such as HEALTHCHECK,
 * and the image would be another one.
 */
import { createHash } from 'node:crypto';
import { cp, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as v from 'valibot';
import type { SavedImage, Transport } from '../images.ts';
import { runCommand } from './skopeo.ts';

export interface ArchiveTools {
  readonly enter: readonly string[];
  readonly seen: (path: string) => string;
  readonly asThere: (path: string) => string;
  /** Empty. */
  readonly folder: string;
  /** Has skopeo copy the image of the store to where it calls so. */
  readonly copy: (image: SavedImage['image'], address: string, options: readonly string[]) => Promise<void>;
  readonly config: (image: SavedImage['image']) => Promise<Buffer>;
}

const MANIFEST = 'application/vnd.oci.image.manifest.v1+json';
const INDEX = 'application/vnd.oci.image.index.v1+json';
const CONFIG = 'application/vnd.oci.image.config.v1+json';
const REF_NAME = 'org.opencontainers.image.ref.name';

const Index = v.pipe(v.string(), v.parseJson(), v.object({ manifests: v.tuple([v.object({ digest: v.string() })]) }));
const Manifest = v.pipe(
  v.string(),
  v.parseJson(),
  v.looseObject({ layers: v.array(v.looseObject({ digest: v.string() })) }),
);

interface Written extends Pick<SavedImage, 'names'> {
  readonly descriptor: { readonly mediaType: string; readonly digest: string; readonly size: number };
  readonly config: string;
  readonly layers: readonly string[];
}

/** Writes images to a path where nothing is. @throws CommandFailed */
export async function writeArchive(
  images: readonly SavedImage[],
  { transport, path }: { readonly transport: Transport; readonly path: string },
  tools: ArchiveTools,
  signal: AbortSignal,
): Promise<void> {
  const layout = join(tools.folder, 'layout');
  await mkdir(layout);
  // What Docker's archive has was never packed; an OCI layout may be fetched from.
  const options = transport === 'docker-archive' ? ['--dest-oci-accept-uncompressed-layers'] : [];
  const written: Written[] = [];
  for (const { image, names } of images) {
    await rm(join(layout, 'index.json'), { force: true });
    await tools.copy(image, `oci:${tools.asThere(layout)}`, options);
    written.push({ names, ...(await restoreConfig(layout, await tools.config(image))) });
  }
  await removeOthers(layout, written);
  const lists =
    transport === 'docker-archive' ? await writeDockerList(layout, written) : await writeIndex(layout, written);
  if (transport === 'oci') {
    await cp(layout, tools.seen(path), { recursive: true, errorOnExist: true, force: false });
    return;
  }
  const owner = ['--owner=0', '--group=0', '--numeric-owner', '--sort=name'];
  const argv = ['tar', '--create', '--force-local', ...owner, '--directory', tools.asThere(layout), '--file', path];
  await runCommand([...tools.enter, ...argv, '--', ...lists, 'blobs'], signal);
}

/** Puts the configuration of the store in the place of the one that skopeo made of it. */
async function restoreConfig(layout: string, config: Buffer): Promise<Omit<Written, 'names'>> {
  const { manifests } = v.parse(Index, await readFile(join(layout, 'index.json'), 'utf8'));
  const manifest = v.parse(Manifest, await readFile(blobAt(layout, manifests[0].digest), 'utf8'));
  const digest = await writeBlob(layout, config);
  const text = Buffer.from(JSON.stringify({ ...manifest, config: { mediaType: CONFIG, digest, size: config.length } }));
  return {
    descriptor: { mediaType: MANIFEST, digest: await writeBlob(layout, text), size: text.length },
    config: digest,
    layers: manifest.layers.map((layer) => layer.digest),
  };
}

/** What skopeo wrote that nothing leads to any more. */
async function removeOthers(layout: string, images: readonly Written[]): Promise<void> {
  const digests = images.flatMap(({ descriptor, config, layers }) => [descriptor.digest, config, ...layers]);
  const kept = new Set(digests.map(blobIn));
  for (const blob of await readdir(join(layout, 'blobs/sha256')))
    if (!kept.has(join('blobs/sha256', blob))) await rm(join(layout, 'blobs/sha256', blob));
}

async function writeIndex(layout: string, images: readonly Written[]): Promise<string[]> {
  const manifests = images.flatMap(({ descriptor, names }) =>
    names.length === 0 ? [descriptor] : names.map((name) => ({ ...descriptor, annotations: { [REF_NAME]: name } })),
  );
  await writeFile(join(layout, 'index.json'), JSON.stringify({ schemaVersion: 2, mediaType: INDEX, manifests }));
  return ['oci-layout', 'index.json'];
}

async function writeDockerList(layout: string, images: readonly Written[]): Promise<string[]> {
  const entries = images.map(({ config, layers, names }) => ({
    Config: blobIn(config),
    RepoTags: names.filter((name) => !name.includes('@')),
    Layers: layers.map(blobIn),
  }));
  await writeFile(join(layout, 'manifest.json'), JSON.stringify(entries));
  return ['manifest.json'];
}

const blobIn = (digest: string): string => join('blobs', digest.replace(':', '/'));
const blobAt = (layout: string, digest: string): string => join(layout, blobIn(digest));

async function writeBlob(layout: string, content: Buffer): Promise<string> {
  const digest = `sha256:${createHash('sha256').update(content).digest('hex')}`;
  await writeFile(blobAt(layout, digest), content);
  return digest;
}
