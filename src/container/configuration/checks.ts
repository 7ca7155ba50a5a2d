/** What every value that comes from a client has to be, whatever it is for. Each takes the member's name for its refusal. */
import { isAbsolute, normalize } from 'node:path';
import { ContainerError } from '../errors.ts';

/** A list or a map that a client gives has no more entries than this. */
export const MAX_ENTRIES = 1024;

/** @param member as it stands in the configuration: `mounts[1].source` */
export const invalid = (member: string): ContainerError<'InvalidParameter'> =>
  new ContainerError('InvalidParameter', { parameter: `configuration.${member}` });

/** @throws ContainerError `InvalidParameter` */
export function textOf(text: string, member: string): string {
  if (text.includes('\0')) throw invalid(member);
  return text;
}

/** @throws ContainerError `InvalidParameter` */
export function absolutePath(path: string, member: string): string {
  if (!isAbsolute(path) || path.includes('\0')) throw invalid(member);
  return normalize(path);
}

/** A path in the container that is not its root, without a slash at its end. @throws ContainerError `InvalidParameter` */
export function pathInside(path: string, member: string): string {
  const normal = absolutePath(path, member).replace(/(?<=.)\/$/, '');
  if (normal === '/') throw invalid(member);
  return normal;
}

/**
 * A path that also becomes part of a unit file, where a line break would begin another line.
 * @throws ContainerError `InvalidParameter`
 */
export function printablePath(path: string, member: string): string {
  // oxlint-disable-next-line no-control-regex -- they are what is looked for
  if (/[\u0000-\u001f\u007f]/.test(path)) throw invalid(member);
  return absolutePath(path, member);
}

/** @throws ContainerError `InvalidParameter` */
export function listOf<T, R>(
  entries: readonly T[] | undefined,
  member: string,
  parse: (entry: T, member: string) => R,
): R[] {
  if (entries === undefined) return [];
  if (entries.length > MAX_ENTRIES) throw invalid(member);
  return entries.map((entry, index) => parse(entry, `${member}[${index}]`));
}

/** A list whose entries need no names of their own. @throws ContainerError `InvalidParameter` */
export const textsOf = (texts: readonly string[] | undefined, member: string): string[] =>
  listOf(texts, member, (text) => textOf(text, member));

/** @throws ContainerError `InvalidParameter` */
export function mapOf(map: Readonly<Record<string, string>> | undefined, member: string): Record<string, string> {
  const entries = Object.entries(map ?? {});
  if (entries.length > MAX_ENTRIES) throw invalid(member);
  for (const [name, value] of entries)
    if (name === '' || name.includes('\0') || value.includes('\0')) throw invalid(member);
  return Object.fromEntries(entries);
}

/** @throws ContainerError `InvalidParameter` */
export function numberWithin(value: number, member: string, least: number, most = Number.MAX_SAFE_INTEGER): number {
  if (!Number.isSafeInteger(value) || value < least || value > most) throw invalid(member);
  return value;
}
