/** What folders and archives of images say that they hold. Pure. */
import * as v from 'valibot';
import { TextMap } from '../../lib/text-map.ts';
import { LoadFailed } from '../errors.ts';
import { localName, readReference, remoteName } from '../store/reference.ts';

/** One image of a source. */
export interface Listed {
  /** The complete names it should have. */
  readonly names: readonly string[];
  /** What a caller may call it by. */
  readonly aliases: readonly string[];
}

/** An image of an OCI layout, which its digest says without doubt: several may have the same tag. */
export interface ListedInLayout extends Listed {
  readonly descriptor: { readonly mediaType: string; readonly digest: string; readonly size: number };
}

const REF_NAME = 'org.opencontainers.image.ref.name';
/** The complete name, where containerd or Docker wrote the archive; `ref.name` is then only the tag. */
const IMAGE_NAME = 'io.containerd.image.name';
const MAX_IMAGES = 256;

const OciIndex = v.object({
  manifests: v.pipe(
    v.array(
      v.object({
        mediaType: v.optional(v.string(), 'application/vnd.oci.image.manifest.v1+json'),
        digest: v.pipe(v.string(), v.regex(/^sha256:[0-9a-f]{64}$/)),
        size: v.pipe(v.number(), v.safeInteger(), v.minValue(0)),
        annotations: v.nullish(TextMap),
      }),
    ),
    v.maxLength(MAX_IMAGES),
  ),
});
const DockerManifest = v.pipe(
  v.array(v.object({ RepoTags: v.nullish(v.pipe(v.array(v.string()), v.maxLength(MAX_IMAGES))) })),
  v.maxLength(MAX_IMAGES),
);

/** @param text of `manifest.json` @throws LoadFailed */
export function dockerImages(path: string, text: string | undefined): Listed[] {
  return parse(DockerManifest, path, 'manifest.json', text).map(({ RepoTags }) => {
    const aliases = RepoTags ?? [];
    return { aliases, names: aliases.map((tag) => remoteName(nameIn(path, tag))) };
  });
}

/** An image that stands there several times, with a name each, is one. @param text of `index.json` @throws LoadFailed */
export function layoutImages(path: string, text: string | undefined): ListedInLayout[] {
  const images = new Map<string, ListedInLayout>();
  for (const { annotations, ...descriptor } of parse(OciIndex, path, 'index.json', text).manifests) {
    const refName = annotations?.[REF_NAME];
    const fullName = annotations?.[IMAGE_NAME];
    const before = images.get(descriptor.digest);
    const names = fullName === undefined ? namesFrom(refName) : [localName(nameIn(path, fullName))];
    const aliases = [refName, fullName].filter((alias) => alias !== undefined);
    images.set(descriptor.digest, {
      descriptor,
      names: [...new Set([...(before?.names ?? []), ...names])],
      aliases: [...(before?.aliases ?? []), ...aliases],
    });
  }
  return [...images.values()];
}

/** `latest` alone is a tag: of what, the layout does not say. What is no name of an image may stand there, too. */
function namesFrom(refName: string | undefined): string[] {
  const parsed = refName === undefined || !/[/:]/.test(refName) ? undefined : readReference(refName);
  return parsed === undefined ? [] : [localName(parsed)];
}

function nameIn(path: string, name: string): NonNullable<ReturnType<typeof readReference>> {
  const parsed = readReference(name);
  if (parsed === undefined) throw new LoadFailed(path, `it calls an image '${name.slice(0, 255)}', which is no name`);
  return parsed;
}

function parse<T>(schema: v.GenericSchema<unknown, T>, path: string, file: string, text: string | undefined): T {
  if (text === undefined) throw new LoadFailed(path, `it has no ${file}`);
  const parsed = v.safeParse(v.pipe(v.string(), v.parseJson(), schema), text);
  if (!parsed.success)
    throw new LoadFailed(path, `its ${file} makes no sense: ${v.summarize(parsed.issues).slice(0, 500)}`);
  return parsed.output;
}
