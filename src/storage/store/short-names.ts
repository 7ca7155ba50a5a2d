/**
 * What short names mean on this host, by containers-registries.conf(5). Everything else in that file (mirrors, blocked and
 * insecure registries) is skopeo's to heed, which reads it too.
 */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as v from 'valibot';
import { TextMap } from '../../lib/text-map.ts';
import { RegistriesInvalid } from '../errors.ts';
import { parseReference, readReference, remoteName, type Reference } from './reference.ts';

const RegistriesConf = v.object({
  'unqualified-search-registries': v.optional(v.array(v.string())),
  'short-name-mode': v.optional(v.picklist(['enforcing', 'permissive', 'disabled'])),
  aliases: v.optional(TextMap),
});

export interface ShortNames {
  /** Where what is no alias is looked for, one after the other; empty where the host does not say. */
  readonly registries: readonly string[];
  /** Whether more than one registry may be asked for the same name: the owner of the name on one of them decides what is run. */
  readonly mode: 'enforcing' | 'permissive' | 'disabled';
  /** Repositories by short names. */
  readonly aliases: ReadonlyMap<string, string>;
}

/**
 * Reads registries.conf and, over it, registries.conf.d/*.conf in the order of their names.
 * @param folder `/etc/containers`
 * @throws RegistriesInvalid
 */
export async function readShortNames(folder: string): Promise<ShortNames> {
  const dropIns = await readdir(join(folder, 'registries.conf.d')).catch(absent);
  const files = (dropIns ?? []).filter((name) => name.endsWith('.conf')).toSorted();
  let names: ShortNames = { registries: [], mode: 'enforcing', aliases: new Map() };
  for (const path of ['registries.conf', ...files.map((name) => join('registries.conf.d', name))]) {
    const text = await readFile(join(folder, path), 'utf8').catch(absent);
    if (text === undefined) continue;
    const file = await parse(join(folder, path), text);
    names = {
      registries: file['unqualified-search-registries'] ?? names.registries,
      mode: file['short-name-mode'] ?? names.mode,
      aliases: new Map([...names.aliases, ...Object.entries(file.aliases ?? {})]),
    };
  }
  return names;
}

async function parse(path: string, text: string): Promise<v.InferOutput<typeof RegistriesConf>> {
  const toml = await import('smol-toml'); // not before somebody uses a short name
  try {
    return v.parse(RegistriesConf, toml.parse(text));
  } catch (error) {
    throw new RegistriesInvalid(path, error instanceof Error ? error.message : String(error), { cause: error });
  }
}

/** The complete name that a short one is an alias of. */
export function aliasOf(reference: Reference, { aliases }: ShortNames): string | undefined {
  if (reference.domain !== undefined) return undefined;
  const alias = aliases.get(reference.path);
  // An empty one takes back what an earlier file says.
  if (alias === undefined || alias === '' || readReference(alias) === undefined) return undefined;
  return remoteName({ ...parseReference(alias), tag: reference.tag, digest: reference.digest });
}

/**
 * The complete names that are to be tried for one, in this order; Docker Hub's where the host says nothing.
 * @throws RegistriesInvalid where the host does not permit a choice
 */
export function namesToPull(reference: Reference, shortNames: ShortNames): readonly [string, ...string[]] {
  const alias = aliasOf(reference, shortNames);
  if (alias !== undefined) return [alias];
  if (reference.domain !== undefined) return [remoteName(reference)];
  const [first, ...others] = shortNames.registries.map((domain) => remoteName({ ...reference, domain }));
  if (first === undefined) return [remoteName(reference)];
  if (others.length > 0 && shortNames.mode === 'enforcing') {
    throw new RegistriesInvalid(
      'registries.conf',
      `${reference.path} could be ${[first, ...others].join(' or ')}: give the complete name, or make an alias`,
    );
  }
  return [first, ...others];
}

/** `undefined` for what is not there; every other failure goes on. */
function absent(error: NodeJS.ErrnoException): undefined {
  if (error.code !== 'ENOENT' && error.code !== 'ENOTDIR') throw error;
}
