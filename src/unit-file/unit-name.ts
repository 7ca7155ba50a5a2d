/**
 * Names of units: systemd.unit(5), *String Escaping for Inclusion in Unit Names*, and their object paths on the bus.
 * Nothing here has a meaning to a shell, to journalctl or to systemctl beyond its letters, except that the backslash
 * of an escape must be quoted in a shell.
 */

const SUFFIXES = [
  'service',
  'socket',
  'target',
  'device',
  'mount',
  'automount',
  'swap',
  'timer',
  'path',
  'slice',
  'scope',
] as const;
export type UnitType = (typeof SUFFIXES)[number];

/** `UNIT_NAME_MAX` of systemd, the suffix included. */
const MAX_LENGTH = 255;
const UNIT_PATH = '/org/freedesktop/systemd1/unit/';

export interface UnitName {
  /** The part before the first `@`, or before the suffix. */
  readonly prefix: string;
  /** Between `@` and the suffix, still escaped; empty for a template, undefined for units that are neither. */
  readonly instance: string | undefined;
  readonly type: UnitType;
}

/** `systemd-escape TEXT`: reversible, and free of anything but letters, digits, `:_.-` and `\xNN`. */
export function escapeUnitName(text: string): string {
  let escaped = '';
  for (const [index, byte] of Buffer.from(text, 'utf8').entries()) {
    const letter = String.fromCharCode(byte);
    if (letter === '/') escaped += '-';
    else if (/[a-zA-Z0-9:_]/.test(letter) || (letter === '.' && index > 0)) escaped += letter;
    else escaped += `\\x${byte.toString(16).padStart(2, '0')}`;
  }
  return escaped;
}

/** `systemd-escape --unescape`; undefined for a broken escape or bytes that are not UTF-8. */
export function unescapeUnitName(escaped: string): string | undefined {
  if (/\\(?!x[0-9a-fA-F]{2})/.test(escaped)) return undefined;
  const bytes = escaped
    .replaceAll('-', '/')
    .split(/(\\x[0-9a-fA-F]{2})/)
    .map((part) => (part.startsWith('\\x') ? Buffer.from(part.slice(2), 'hex') : Buffer.from(part, 'utf8')));
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(Buffer.concat(bytes));
  } catch {
    return undefined;
  }
}

/** Undefined if systemd would not take it for a unit's name. */
export function parseUnitName(name: string): UnitName | undefined {
  const dot = name.lastIndexOf('.');
  const type = SUFFIXES.find((suffix) => suffix === name.slice(dot + 1));
  const stem = name.slice(0, Math.max(dot, 0));
  if (type === undefined || name.length > MAX_LENGTH || !/^[a-zA-Z0-9:_.\\@-]+$/.test(stem)) return undefined;
  const at = stem.indexOf('@');
  if (at === 0) return undefined;
  return { prefix: at < 0 ? stem : stem.slice(0, at), instance: at < 0 ? undefined : stem.slice(at + 1), type };
}

/** The unit's object on the bus: every byte but letters and digits as `_NN`, and so is a leading digit. */
export function unitPath(name: string): string {
  let label = '';
  for (const [index, byte] of Buffer.from(name, 'utf8').entries()) {
    const letter = String.fromCharCode(byte);
    const plain = index === 0 ? /[a-zA-Z]/.test(letter) : /[a-zA-Z0-9]/.test(letter);
    label += plain ? letter : `_${byte.toString(16).padStart(2, '0')}`;
  }
  return UNIT_PATH + (label === '' ? '_' : label);
}

/** The unit whose object this is; undefined for any other path. Unit names are ASCII. */
export function unitOfPath(path: string): string | undefined {
  if (!path.startsWith(UNIT_PATH)) return undefined;
  return path
    .slice(UNIT_PATH.length)
    .replace(/_([0-9a-f]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
}
