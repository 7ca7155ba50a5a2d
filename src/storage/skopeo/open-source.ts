/**
 * Folders and archives that images are loaded from. Anybody may have made them, so nothing is opened that is no regular file, and
 * each image is given to skopeo by itself: a layout with this image alone, known by its digest, or its number in Docker's archive.
 */
import { createHash } from 'node:crypto';
import { constants } from 'node:fs';
import { lstat, mkdir, open, readdir, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { demandReachable } from '../../lib/reachable.ts';
import { LoadFailed } from '../errors.ts';
import type { ImageSource, SourceImage } from '../images.ts';
import { CommandFailed, runCommand } from './skopeo.ts';
import { dockerImages, layoutImages, type Listed } from './sources.ts';

export interface SourceTools {
  /** argv to put before a command. */
  readonly enter: readonly string[];
  /** Where this process finds a path, and where commands find one of this process. */
  readonly seen: (path: string) => string;
  readonly asThere: (path: string) => string;
  /** Empty; the images can be loaded for as long as it is there. */
  readonly folder: string;
  /** The configuration of an image that skopeo calls so. */
  readonly config: (address: string, signal: AbortSignal) => Promise<Buffer>;
}

/** Of the files that say what there is. */
const MAX_LIST_BYTES = 16 * 1024 * 1024;

type Addressed = Listed & { readonly address: string };

/** The images that a source means, in its own order. @throws LoadFailed */
export async function openSource(source: ImageSource, tools: SourceTools, signal: AbortSignal): Promise<SourceImage[]> {
  const { path, reference } = source;
  const images = await listed(source, tools, signal);
  const wanted = reference === undefined ? images : images.filter(({ aliases }) => aliases.includes(reference));
  if (wanted.length === 0) throw new LoadFailed(path, `it has no image ${reference ?? ''}`.trim());
  const byId = new Map<string, SourceImage>();
  for (const { address, names } of wanted) {
    const config = await tools.config(address, signal);
    const id = createHash('sha256').update(config).digest('hex');
    const known = byId.get(id);
    byId.set(id, { id, address, path, names: [...new Set([...(known?.names ?? []), ...names])] });
  }
  return [...byId.values()];
}

async function listed(source: ImageSource, tools: SourceTools, signal: AbortSignal): Promise<Addressed[]> {
  const { path, transport } = source;
  if (!path.startsWith('/')) throw new LoadFailed(path, 'its path is not absolute');
  const seenAt = tools.seen(path);
  const looked = demandReachable([seenAt]).then(async () => await stat(seenAt));
  const stats = await looked.catch((failure: unknown) => {
    throw new LoadFailed(path, failure instanceof Error ? failure.message : String(failure), { cause: failure });
  });
  if (stats.isDirectory()) {
    if (transport !== undefined && transport !== 'oci') throw new LoadFailed(path, 'it is a folder, and no archive');
    await demandFiles(path, tools.seen(path), 'links-to-files');
    return await inLayout(path, path, tools);
  }
  if (!stats.isFile()) throw new LoadFailed(path, 'it is neither a regular file nor a folder');
  if (transport === 'oci') throw new LoadFailed(path, 'it is a file, and no folder');
  // Docker writes both forms into one archive; the OCI part knows digests.
  const isOci = transport === undefined && (await member(path, 'oci-layout', tools, signal)) !== undefined;
  return isOci || transport === 'oci-archive'
    ? await inOciArchive(path, tools, signal)
    : await inDockerArchive(path, tools, signal);
}

async function inDockerArchive(path: string, tools: SourceTools, signal: AbortSignal): Promise<Addressed[]> {
  const images = dockerImages(path, await member(path, 'manifest.json', tools, signal));
  const link = join(tools.folder, 'archive'); // skopeo cannot be given a path with a colon
  await symlink(path, link);
  return images.map((image, index) => ({ ...image, address: `docker-archive:${tools.asThere(link)}:@${index}` }));
}

/** Unpacks the archive, as skopeo would; tar neither writes outside of its folder nor through links. */
async function inOciArchive(path: string, tools: SourceTools, signal: AbortSignal): Promise<Addressed[]> {
  const layout = join(tools.folder, 'layout');
  await mkdir(layout);
  const options = ['--extract', '--force-local', '--no-same-owner', '--no-same-permissions'];
  const argv = [...tools.enter, 'tar', ...options, '--directory', tools.asThere(layout), '--file', path];
  await runCommand(argv, signal).catch((failure: unknown) => {
    if (!(failure instanceof CommandFailed)) throw failure;
    throw new LoadFailed(path, `it cannot be unpacked: ${failure.message}`, { cause: failure });
  });
  await demandFiles(path, layout, 'no-links');
  return await inLayout(path, tools.asThere(layout), tools);
}

/** @param layout where commands find it */
async function inLayout(path: string, layout: string, tools: SourceTools): Promise<Addressed[]> {
  const images = layoutImages(path, await textIf(join(tools.seen(layout), 'index.json')));
  return await Promise.all(
    images.map(async ({ descriptor, ...image }, index) => {
      const view = join(tools.folder, `image-${index}`);
      await mkdir(view);
      await writeFile(join(view, 'oci-layout'), '{"imageLayoutVersion":"1.0.0"}');
      await writeFile(join(view, 'index.json'), JSON.stringify({ schemaVersion: 2, manifests: [descriptor] }));
      await symlink(join(layout, 'blobs'), join(view, 'blobs'));
      return { ...image, address: `oci:${tools.asThere(view)}` };
    }),
  );
}

/** What skopeo would open must be regular files: it would wait for who writes to a FIFO. @throws LoadFailed */
async function demandFiles(path: string, layout: string, links: 'no-links' | 'links-to-files'): Promise<void> {
  const look = links === 'no-links' ? lstat : stat;
  const demand = async (name: string, kind: 'isFile' | 'isDirectory'): Promise<void> => {
    const stats = await look(join(layout, name)).catch(() => undefined);
    if (stats !== undefined && !stats[kind]()) throw new LoadFailed(path, `its ${name} is of the wrong kind`);
  };
  const namesIn = async (name: string): Promise<string[]> => await readdir(join(layout, name)).catch(() => []);
  await demand('index.json', 'isFile');
  await demand('blobs', 'isDirectory');
  for (const algorithm of await namesIn('blobs')) {
    await demand(join('blobs', algorithm), 'isDirectory');
    for (const blob of await namesIn(join('blobs', algorithm))) await demand(join('blobs', algorithm, blob), 'isFile');
  }
}

async function textIf(path: string): Promise<string | undefined> {
  const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK).catch(() => undefined);
  if (file === undefined) return undefined;
  try {
    const { size } = await file.stat();
    return size > MAX_LIST_BYTES ? undefined : await file.readFile('utf8');
  } finally {
    await file.close();
  }
}

/** A file of an archive; undefined when there is no such file, or no archive. tar knows every compression. */
async function member(
  path: string,
  name: string,
  { enter }: SourceTools,
  signal: AbortSignal,
): Promise<string | undefined> {
  for (const spelled of [name, `./${name}`]) {
    const options = ['--extract', '--to-stdout', '--occurrence=1', '--force-local'];
    const text = await runCommand([...enter, 'tar', ...options, '--file', path, '--', spelled], signal).catch(
      (failure: unknown) => {
        if (!(failure instanceof CommandFailed)) throw failure;
        return undefined;
      },
    );
    if (text !== undefined) return text.toString('utf8');
  }
  return undefined;
}
