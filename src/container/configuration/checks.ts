/** What every value that comes from a client has to be, whatever it is for. Each takes the member's name for its refusal. */
import { isAbsolute, normalize } from 'node:path';
import { ContainerError, type LimitUnit } from '../errors.ts';

/** A list that a client gives has no more entries than this, where it is not counted in bytes. */
export const MAX_ENTRIES = 1024;
/** What execve(2) takes of arguments and environment together with the usual stack; labels and the like are held to it, too. */
export const MAX_BYTES = 2 * 1024 * 1024;
/** What execve(2) takes of one of them: MAX_ARG_STRLEN. */
export const MAX_TEXT_BYTES = 128 * 1024;
const POINTER_BYTES = 8;

/** What texts take up in execve(2). */
export const sizeOf = (texts: readonly string[]): number =>
  texts.reduce((sum, text) => sum + Buffer.byteLength(text) + 1 + POINTER_BYTES, 0);

/** @throws ContainerError `LimitExceeded` */
export function demandAtMost(limit: number, value: number, unit: LimitUnit, member: string): void {
  if (value > limit) {
    throw new ContainerError('LimitExceeded', { parameter: `configuration.${member}`, limit, value, unit });
  }
}

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

/** @throws ContainerError `InvalidParameter` | `LimitExceeded` */
export function listOf<T, R>(
  entries: readonly T[] | undefined,
  member: string,
  parse: (entry: T, member: string) => R,
  most = MAX_ENTRIES,
): R[] {
  if (entries === undefined) return [];
  demandAtMost(most, entries.length, 'entries', member);
  return entries.map((entry, index) => parse(entry, `${member}[${index}]`));
}

/** A list whose entries need no names of their own. @throws ContainerError `InvalidParameter` | `LimitExceeded` */
export function textsOf(texts: readonly string[] | undefined, member: string): string[] {
  const given = texts ?? [];
  demandAtMost(MAX_BYTES, sizeOf(given), 'bytes', member);
  return given.map((text) => textOf(text, member));
}

/** What a program is run with. @throws ContainerError `LimitExceeded` */
export function demandExecutable(argv: readonly string[], environment: Readonly<Record<string, string>>): void {
  const variables = Object.entries(environment).map(([name, value]) => `${name}=${value}`);
  for (const [member, texts] of [['command', argv] as const, ['environment', variables] as const]) {
    for (const text of texts) demandAtMost(MAX_TEXT_BYTES, Buffer.byteLength(text) + 1, 'bytes', member);
  }
  demandAtMost(MAX_BYTES, sizeOf(argv) + sizeOf(variables), 'bytes', 'command');
}

/** @throws ContainerError `InvalidParameter` | `LimitExceeded` */
export function mapOf(map: Readonly<Record<string, string>> | undefined, member: string): Record<string, string> {
  const entries = Object.entries(map ?? {});
  demandAtMost(MAX_BYTES, sizeOf(entries.map(([name, value]) => `${name}=${value}`)), 'bytes', member);
  for (const [name, value] of entries)
    if (name === '' || name.includes('\0') || value.includes('\0')) throw invalid(member);
  return Object.fromEntries(entries);
}

/** @throws ContainerError `InvalidParameter` */
export function numberWithin(value: number, member: string, least: number, most = Number.MAX_SAFE_INTEGER): number {
  if (!Number.isSafeInteger(value) || value < least || value > most) throw invalid(member);
  return value;
}
