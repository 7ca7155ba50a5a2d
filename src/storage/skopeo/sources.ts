/** What folders and archives of images hold, so that all of it can be loaded, under the names it has there. */
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import * as v from 'valibot';
import { LoadFailed } from '../errors.ts';
import type { ImageSource, SourceImage, Transport } from '../images.ts';
import { localName, readReference, remoteName } from '../store/reference.ts';
import { runCommand } from './skopeo.ts';

/** One image of a source, as skopeo calls it, and the complete names it should have. */
export type Listed = Pick<SourceImage, 'address' | 'names'>;

const REF_NAME = 'org.opencontainers.image.ref.name';
/** The complete name, where containerd or Docker wrote the archive; `ref.name` is then only the tag. */
const IMAGE_NAME = 'io.containerd.image.name';

const OciIndex = v.object({
  manifests: v.array(v.object({ annotations: v.nullish(v.record(v.string(), v.string())) })),
});
const DockerManifest = v.array(v.object({ RepoTags: v.nullish(v.array(v.string())) }));

/**
 * The images that a source means, in its own order.
 * @param enter argv to put before a command
 * @param seen where this process finds a path
 * @throws LoadFailed
 */
export async function imagesIn(
  source: ImageSource,
  enter: readonly string[],
  seen: (path: string) => string,
  signal: AbortSignal,
): Promise<Listed[]> {
  const { path, reference } = source;
  if (path.includes(':')) throw new LoadFailed(path, 'skopeo cannot take a path with a colon');
  const stats = await stat(seen(path)).catch((failure: unknown) => {
    throw new LoadFailed(path, failure instanceof Error ? failure.message : String(failure), { cause: failure });
  });
  const transport = source.transport ?? (stats.isDirectory() ? 'oci' : await transportOf(path, enter, signal));
  const images =
    transport === 'docker-archive'
      ? dockerImages(path, await member(path, 'manifest.json', enter, signal))
      : transport === 'oci'
        ? ociImages(transport, path, await readFile(join(seen(path), 'index.json'), 'utf8').catch(() => undefined))
        : ociImages(transport, path, await member(path, 'index.json', enter, signal));
  if (reference === undefined) return images;
  const wanted = images.filter(({ aliases }) => aliases.includes(reference));
  if (wanted.length === 0) throw new LoadFailed(path, `it has no image ${reference}`);
  return wanted;
}

/** Docker writes both forms into one archive; the OCI part knows digests. */
async function transportOf(path: string, enter: readonly string[], signal: AbortSignal): Promise<Transport> {
  const isOci = (await member(path, 'oci-layout', enter, signal)) !== undefined;
  return isOci ? 'oci-archive' : 'docker-archive';
}

/** `aliases` are what a caller may call the image by. */
type Found = Listed & { readonly aliases: readonly string[] };

function dockerImages(path: string, text: string | undefined): Found[] {
  const manifest = parse(DockerManifest, path, 'manifest.json', text);
  return manifest.map(({ RepoTags }, index) => {
    const aliases = RepoTags ?? [];
    const names = aliases.flatMap((tag) => readReference(tag) ?? []).map(remoteName);
    return { address: `docker-archive:${path}:@${index}`, names, aliases };
  });
}

function ociImages(transport: 'oci' | 'oci-archive', path: string, text: string | undefined): Found[] {
  const { manifests } = parse(OciIndex, path, 'index.json', text);
  return manifests.map(({ annotations }) => {
    const refName = annotations?.[REF_NAME];
    const fullName = annotations?.[IMAGE_NAME];
    // `latest` alone is a tag: of what, the layout does not say.
    const name = [fullName, refName].find((candidate) => candidate !== undefined && /[/:]/.test(candidate));
    const parsed = name === undefined ? undefined : readReference(name);
    if (refName === undefined && manifests.length > 1) {
      throw new LoadFailed(path, 'it has several images, and not all of them have a tag');
    }
    return {
      address: refName === undefined ? `${transport}:${path}` : `${transport}:${path}:${refName}`,
      names: parsed === undefined ? [] : [localName(parsed)],
      aliases: [refName, fullName].filter((alias) => alias !== undefined),
    };
  });
}

function parse<T>(schema: v.GenericSchema<unknown, T>, path: string, file: string, text: string | undefined): T {
  if (text === undefined) throw new LoadFailed(path, `it has no ${file}`);
  const parsed = v.safeParse(v.pipe(v.string(), v.parseJson(), schema), text);
  if (!parsed.success)
    throw new LoadFailed(path, `its ${file} makes no sense: ${v.summarize(parsed.issues).slice(0, 500)}`);
  return parsed.output;
}

/** A file of an archive; undefined when there is no such file, or no archive. tar knows every compression. */
async function member(
  path: string,
  name: string,
  enter: readonly string[],
  signal: AbortSignal,
): Promise<string | undefined> {
  for (const spelled of [name, `./${name}`]) {
    const argv = [...enter, 'tar', '--extract', '--to-stdout', '--occurrence=1', '--file', path, '--', spelled];
    const text = await runCommand(argv, signal).catch(() => undefined);
    signal.throwIfAborted();
    if (text !== undefined) return text.toString('utf8');
  }
  return undefined;
}
