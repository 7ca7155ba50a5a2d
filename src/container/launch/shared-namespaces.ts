/**
 * The namespaces that a container shares, at a start. Those of another container are links in its own folder, which its
 * unit sets right each time it starts, also when systemd does that by itself: the process that has them may be another one
 * by then.
 */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { SpecInput } from '../../oci-spec/spec.ts';
import type { Container } from '../container.ts';
import { namespaceFor } from '../unit-names.ts';
import type { Configuration } from '../configuration/configuration.ts';
import { ContainerError } from '../errors.ts';
import type { Folder } from '../records/folder.ts';
import { inodeOfNamespace } from './host-files.ts';
import {
  dependenciesOf,
  NAMESPACE_FILES,
  NAMESPACE_TYPES,
  NAMESPACES,
  parseNamespace,
} from '../configuration/namespaces.ts';

/** The first process of a container, while it has one. */
export type PidOf = (id: string) => number | undefined;

/** Sets links to the namespaces of the process whose ID is in a file: PID-FILE FOLDER NAMESPACE… */
const LINK =
  'pid=$(cat "$1"); test -n "$pid"; to=$2; shift 2; for each; do ln -sfn "/proc/$pid/ns/$each" "$to/$each"; done';

const linksOf = ({ path }: Folder): string => join(path, 'namespaces');

/**
 * @param folderOf of another container
 * @returns the commands that the unit has to run first
 * @throws ContainerError `NoSuchNamespace` for one that is not there now
 */
export async function shareNamespaces(
  config: Configuration,
  folder: Folder,
  { pidOf, folderOf }: { pidOf: PidOf; folderOf: (id: string) => Folder },
): Promise<string[][]> {
  for (const type of NAMESPACE_TYPES) {
    const namespace = parseNamespace(config[NAMESPACES[type]]);
    if (namespace.kind === 'path') await inodeOfNamespace(namespace.path);
  }
  const others = dependenciesOf(config);
  if (others.length === 0) return [];
  for (const id of others)
    if (pidOf(id) === undefined) throw new ContainerError('NoSuchNamespace', { namespace: `container:${id}` });
  const links = linksOf(folder);
  await mkdir(links, { recursive: true, mode: 0o700 });
  return others.map((id) => {
    const types = NAMESPACE_TYPES.filter((type) => config[NAMESPACES[type]] === `container:${id}`);
    return ['/bin/sh', '-ec', LINK, 'sh', folderOf(id).pidFile, links, ...types.map((type) => NAMESPACE_FILES[type])];
  });
}

/** As the OCI configuration has them. */
export function specNamespaces(
  { config, unit }: Pick<Container, 'config' | 'unit'>,
  folder: Folder,
): SpecInput['namespaces'] {
  const shared = NAMESPACE_TYPES.flatMap((type): [string, 'host' | { path: string }][] => {
    const namespace = parseNamespace(config[NAMESPACES[type]]);
    switch (namespace.kind) {
      case 'private':
        return [];
      case 'networks':
        return [[type, { path: join('/run/netns', namespaceFor(unit)) }]];
      case 'host':
        return [[type, 'host']];
      case 'path':
        return [[type, { path: namespace.path }]];
      case 'container':
        return [[type, { path: join(linksOf(folder), NAMESPACE_FILES[type]) }]];
    }
  });
  return Object.fromEntries(shared);
}
