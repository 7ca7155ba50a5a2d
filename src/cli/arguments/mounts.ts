import { resolve } from 'node:path';
import type { Mount, VolumesFrom } from '../../api/io-berth-container.ts';
import { UsageError } from './args.ts';
import { booleanOf } from './booleans.ts';
import { csvFields } from './csv.ts';

/** Mounts by docker's and podman's three options. */

/**
 * `[SOURCE:]DESTINATION[:OPTIONS]`: a path of this host, where a relative one begins with a dot, the name of a volume, or none for a
 * new volume.
 * @throws UsageError
 */
export function parseVolume(text: string, folder: string): Mount {
  const [source = '', destination, options, ...rest] = text.split(':');
  if (source === '' || destination === '' || rest.length > 0) {
    throw new UsageError(`--volume takes [SOURCE:]DESTINATION[:OPTIONS], not '${text}'`);
  }
  if (destination === undefined) return mountOf('volume', undefined, source, []);
  const isPath = source.startsWith('/') || source.startsWith('.');
  if (!isPath) return mountOf('volume', source, destination, optionsOf(options));
  return mountOf('bind', resolve(folder, source), destination, optionsOf(options));
}

/** `CONTAINER[:ro]`. @throws UsageError */
export function parseVolumesFrom(text: string): VolumesFrom {
  const [container = '', option, ...rest] = text.split(':');
  if (container === '' || rest.length > 0 || !['ro', 'rw', undefined].includes(option)) {
    throw new UsageError(`--volumes-from takes CONTAINER or CONTAINER:ro, not '${text}'`);
  }
  return { container, readOnly: option === 'ro' || undefined };
}

/** `DESTINATION[:OPTIONS]`. @throws UsageError */
export function parseTmpfs(text: string): Mount {
  const [destination = '', options, ...rest] = text.split(':');
  if (rest.length > 0) throw new UsageError(`--tmpfs takes DESTINATION[:OPTIONS], not '${text}'`);
  return mountOf('tmpfs', undefined, destination, optionsOf(options));
}

const SPELLINGS: ReadonlyMap<string, string> = new Map([
  ['src', 'source'],
  ['dst', 'destination'],
  ['target', 'destination'],
  ['ro', 'readonly'],
  ['nocopy', 'volume-nocopy'],
  ['U', 'chown'],
]);
const KEYS = [
  'type',
  'source',
  'destination',
  'readonly',
  'bind-propagation',
  'bind-nonrecursive',
  'bind-recursive',
  'relabel',
  'tmpfs-size',
  'tmpfs-mode',
  'volume-nocopy',
  'chown',
];
/** What a bind mount has of what is mounted below its source, as docker calls it. */
const RECURSIVE: ReadonlyMap<string, string> = new Map([
  ['enabled', 'rbind'],
  ['disabled', 'bind'],
  ['readonly', 'rro'],
]);
const LABELS: ReadonlyMap<string, string> = new Map([
  ['shared', 'z'],
  ['private', 'Z'],
]);

/** `type=bind,source=…,destination=…[,readonly]`, with CSV's quotes. @throws UsageError */
export function parseMount(text: string, folder: string): Mount {
  const given = settingsOf(text);
  const type = given.get('type');
  const destination = given.get('destination');
  if (destination === undefined) throw new UsageError(`--mount needs destination=PATH, which '${text}' has not`);
  const options = [
    ...settings('', given.get('bind-propagation')),
    ...(truth('bind-nonrecursive', given) ? ['bind'] : []),
    ...choice('bind-recursive', RECURSIVE, given),
    ...choice('relabel', LABELS, given),
    ...settings('size=', given.get('tmpfs-size')),
    ...settings('mode=', given.get('tmpfs-mode')),
    ...(truth('volume-nocopy', given) ? ['nocopy'] : []),
    ...(truth('chown', given) ? ['U'] : []),
    ...(truth('readonly', given) ? ['ro'] : []),
  ];
  if (type === 'tmpfs') return mountOf('tmpfs', undefined, destination, options);
  const source = given.get('source');
  // docker's and podman's default
  if (type === undefined || type === 'volume') return mountOf('volume', source, destination, options);
  if (type !== 'bind') throw new UsageError(`--mount takes type=bind, type=volume or type=tmpfs, not '${type}'`);
  if (source === undefined) throw new UsageError(`--mount type=bind needs source=PATH, which '${text}' has not`);
  return mountOf('bind', resolve(folder, source), destination, options);
}

function settingsOf(text: string): Map<string, string> {
  const fields = csvFields(text);
  if (fields === undefined) throw new UsageError(`--mount takes fields of CSV, whose quotes '${text}' breaks`);
  const given = new Map<string, string>();
  for (const field of fields) {
    const [key, value] = settingOf(field);
    if (!KEYS.includes(key)) throw new UsageError(`--mount does not know '${key}'; it knows ${KEYS.join(', ')}`);
    if (given.has(key)) throw new UsageError(`--mount takes ${key} once, and '${text}' has it twice`);
    given.set(key, value);
  }
  return given;
}

function settingOf(part: string): [string, string] {
  const equals = part.indexOf('=');
  const key = equals < 0 ? part : part.slice(0, equals);
  return [SPELLINGS.get(key) ?? key, equals < 0 ? 'true' : part.slice(equals + 1)];
}

const settings = (before: string, value: string | undefined): string[] =>
  value === undefined ? [] : [`${before}${value}`];

function truth(key: string, given: ReadonlyMap<string, string>): boolean {
  const value = given.get(key) ?? 'false';
  const found = booleanOf(value);
  if (found === undefined) throw new UsageError(`--mount takes ${key}=true or ${key}=false, not '${value}'`);
  return found;
}

function choice(key: string, choices: ReadonlyMap<string, string>, given: ReadonlyMap<string, string>): string[] {
  const value = given.get(key);
  if (value === undefined) return [];
  const option = choices.get(value);
  if (option !== undefined) return [option];
  throw new UsageError(`--mount takes ${key}=${[...choices.keys()].join('|')}, not '${value}'`);
}

const optionsOf = (text: string | undefined): string[] =>
  text === undefined ? [] : text.split(',').filter((each) => each !== '');

/** Options of podman and docker that change the source itself. */
const REFUSED: Readonly<Record<string, string>> = {
  U: 'changes owners',
  O: 'mounts an overlay',
};
/** Those of a volume, which is berth's own to change. */
const OF_VOLUMES = ['U'];

function mountOf(
  kind: Mount['kind'],
  source: string | undefined,
  destination: string,
  given: readonly string[],
): Mount {
  if (!destination.startsWith('/')) {
    throw new UsageError(`a mount's place in the container must be an absolute path, not '${destination}'`);
  }
  const refused = given.find(
    (option) => Object.hasOwn(REFUSED, option) && !(kind === 'volume' && OF_VOLUMES.includes(option)),
  );
  if (refused !== undefined) {
    throw new UsageError(
      `the mount option '${refused}' ${REFUSED[refused] ?? ''}, which berth does not do; leave it out`,
    );
  }
  if (given.includes('ro') && given.includes('rw')) {
    throw new UsageError(`the mount at ${destination} is either ro or rw, and not both`);
  }
  const options = given.filter((option) => option !== 'ro' && option !== 'rw');
  return {
    kind,
    ...(source === undefined ? {} : { source }),
    destination,
    readOnly: given.includes('ro') || given.includes('rro'),
    ...(options.length === 0 ? {} : { options }),
  };
}
