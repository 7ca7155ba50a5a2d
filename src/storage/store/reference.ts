/**
 * Names of images: `[DOMAIN/]PATH[:TAG][@DIGEST]`, as Docker's distribution/reference defines them and podman reads them.
 */
import { InvalidReference } from '../errors.ts';

const COMPONENT = '[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*';
const DOMAIN =
  '(?:[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?(?:\\.[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?)*|\\[[0-9a-fA-F:]+\\])(?::[0-9]+)?';
const REFERENCE = new RegExp(
  `^(?:(?<domain>${DOMAIN})/)?(?<path>${COMPONENT}(?:/${COMPONENT})*)` +
    '(?::(?<tag>[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}))?(?:@(?<digest>sha256:[0-9a-f]{64}))?$',
);
const MAX_LENGTH = 255;

export interface Reference {
  /** undefined for a short name, which says nothing of where it comes from. */
  readonly domain: string | undefined;
  readonly path: string;
  readonly tag: string | undefined;
  readonly digest: string | undefined;
}

/** undefined for what cannot be the name of an image. */
export function readReference(text: string): Reference | undefined {
  const groups = text.length > MAX_LENGTH * 2 ? undefined : REFERENCE.exec(text)?.groups;
  const path = groups?.['path'];
  if (groups === undefined || path === undefined || path.length > MAX_LENGTH) return undefined;
  const first = groups['domain'];
  const { tag, digest } = groups;
  // What looks like a host is one: `registry.test/a`, `registry:5000/a`, `localhost/a`; `library/a` is a path.
  if (first === undefined || /[.:A-Z]/.test(first) || first === 'localhost')
    return { domain: first, path, tag, digest };
  return { domain: undefined, path: `${first}/${path}`, tag, digest };
}

/** @throws InvalidReference */
export function parseReference(text: string): Reference {
  const reference = readReference(text);
  if (reference === undefined) throw new InvalidReference(text);
  return reference;
}

const suffixOf = ({ tag, digest }: Reference): string => (digest === undefined ? `:${tag ?? 'latest'}` : `@${digest}`); // a digest says more than a tag, and skopeo takes one of them

/** The complete name of what a registry has; a short name is one of Docker Hub. */
export function remoteName(reference: Reference): string {
  const { domain = 'docker.io', path } = reference;
  const repository = domain === 'docker.io' && !path.includes('/') ? `library/${path}` : path;
  return `${domain}/${repository}${suffixOf(reference)}`;
}

/** The complete name that something on this host gets: a short one says that it comes from here. */
export const localName = (reference: Reference): string =>
  remoteName(reference.domain === undefined ? { ...reference, domain: 'localhost' } : reference);

/** The complete names that a name may mean, the likeliest first, as podman tries them. */
export const meaningsOf = (reference: Reference): string[] => [
  ...new Set([localName(reference), remoteName(reference)]),
];

/** Whether a complete name is one of those that a short name could be short for. */
export const isShortFor = (reference: Reference, name: string): boolean =>
  reference.domain === undefined && name.endsWith(`/${reference.path}${suffixOf(reference)}`);

/** `docker.io/library/busybox` of a complete name. */
export const repositoryOf = (name: string): string => name.replace(/@.*$/, '').replace(/:[^:/]*$/, '');
