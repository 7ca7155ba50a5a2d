/**
 * Which namespaces a container has to itself, and whose it shares otherwise. They are kept as a client writes them, with
 * the ID of another container in the place of its name, so that renaming that one breaks nothing.
 */
import { isAbsolute, normalize } from 'node:path';
import { invalid } from './checks.ts';
import { ContainerError } from '../errors.ts';

export type Namespace =
  | { readonly kind: 'private' }
  /** A private one that is on networks; of the network only. */
  | { readonly kind: 'networks' }
  | { readonly kind: 'host' }
  | { readonly kind: 'container'; readonly name: string }
  | { readonly kind: 'path'; readonly path: string };

/** Members of the configuration, by what the OCI specification calls their namespace. */
export const NAMESPACES = {
  network: 'network',
  pid: 'pidNamespace',
  ipc: 'ipcNamespace',
  uts: 'utsNamespace',
  cgroup: 'cgroupNamespace',
} as const;
export type NamespaceType = keyof typeof NAMESPACES;
export type NamespaceMember = (typeof NAMESPACES)[NamespaceType];
export type Namespaces = Readonly<Record<NamespaceMember, string>>;

const isNamespaceType = (text: string): text is NamespaceType => Object.hasOwn(NAMESPACES, text);
export const NAMESPACE_TYPES: readonly NamespaceType[] = Object.keys(NAMESPACES).filter(isNamespaceType);

/** The files of a process's namespaces below /proc/PID/ns. */
export const NAMESPACE_FILES: Readonly<Record<NamespaceType, string>> = {
  network: 'net',
  pid: 'pid',
  ipc: 'ipc',
  uts: 'uts',
  cgroup: 'cgroup',
};

/** A name, an ID, or a prefix of an ID. */
const REFERENCE = /^[a-zA-Z0-9][a-zA-Z0-9_.-]{0,199}$/;

/**
 * @param text `none` or `private`, `networks`, `host`, `container:NAME` or `path:PATH`
 * @throws RangeError for anything else
 */
export function parseNamespace(text: string): Namespace {
  if (text === 'none' || text === 'private') return { kind: 'private' };
  if (text === 'networks') return { kind: 'networks' };
  if (text === 'host') return { kind: 'host' };
  const [, kind, rest = ''] = /^(container|path):(.+)$/s.exec(text) ?? [];
  if (kind === 'container' && REFERENCE.test(rest)) return { kind, name: rest };
  if (kind === 'path' && isAbsolute(rest) && !rest.includes('\0')) return { kind, path: normalize(rest) };
  throw new RangeError(`not a namespace: ${text}`);
}

/** The IDs of the containers whose namespaces a container shares. */
export function dependenciesOf(config: Namespaces): string[] {
  const shared = NAMESPACE_TYPES.map((type) => parseNamespace(config[NAMESPACES[type]]));
  return [...new Set(shared.flatMap((namespace) => (namespace.kind === 'container' ? [namespace.name] : [])))];
}

/** What has to be known of a container whose namespaces are shared. */
export interface Sharer {
  readonly id: string;
  readonly config: Namespaces & { readonly hostname: string };
}

/** @throws ContainerError `NoSuchContainer` | `AmbiguousContainer` */
export type FindContainer = (reference: string) => Sharer;

/**
 * What a client asks for, as it is kept.
 * @throws ContainerError `InvalidParameter` | `NoSuchNamespace` for a container that does not exist | `AmbiguousContainer`
 */
export function namespacesOf(
  asked: { readonly [_ in NamespaceMember]?: string | undefined },
  find: FindContainer,
): Namespaces {
  const kept = (member: NamespaceMember): string => keptNamespace(asked[member], member, find);
  return {
    network: kept('network'),
    pidNamespace: kept('pidNamespace'),
    ipcNamespace: kept('ipcNamespace'),
    utsNamespace: kept('utsNamespace'),
    cgroupNamespace: kept('cgroupNamespace'),
  };
}

function keptNamespace(text: string | undefined, member: NamespaceMember, find: FindContainer): string {
  const own = member === 'network' ? 'none' : 'private';
  if (text === undefined || text === own) return own;
  const namespace = askedNamespace(text, member);
  switch (namespace.kind) {
    case 'private':
      throw invalid(member); // the other one's word for it
    case 'networks':
      if (member !== 'network') throw invalid(member);
      return 'networks';
    case 'host':
      return 'host';
    case 'path':
      return `path:${namespace.path}`;
    case 'container':
      return `container:${sharedWith(namespace.name, find).id}`;
  }
}

function askedNamespace(text: string, member: NamespaceMember): Namespace {
  try {
    return parseNamespace(text);
  } catch (error) {
    if (error instanceof RangeError) throw invalid(member);
    throw error;
  }
}

function sharedWith(name: string, find: FindContainer): Sharer {
  try {
    return find(name);
  } catch (error) {
    if (!(error instanceof ContainerError) || error.code !== 'NoSuchContainer') throw error;
    throw new ContainerError('NoSuchNamespace', { namespace: `container:${name}` }, { cause: error });
  }
}

/** The namespace that is shared in the end, where a container shares that of one that shares another's. */
export function sharedInTheEnd(config: Namespaces, type: NamespaceType, find: FindContainer): Namespace {
  const namespace = parseNamespace(config[NAMESPACES[type]]);
  return namespace.kind === 'container'
    ? orOwn(sharedInTheEnd(sharedWith(namespace.name, find).config, type, find), namespace)
    : namespace;
}

const orOwn = (inTheEnd: Namespace, nearest: Namespace): Namespace =>
  inTheEnd.kind === 'private' || inTheEnd.kind === 'networks' ? nearest : inTheEnd;
