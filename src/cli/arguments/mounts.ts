import { resolve } from 'node:path';
import type { Mount } from '../../api/io-berth-container.ts';
import { UsageError } from './args.ts';

/** Mounts by docker's and podman's three options. */

/** `SOURCE:DESTINATION[:OPTIONS]`; a relative source begins with a dot. @throws UsageError */
export function parseVolume(text: string, folder: string): Mount {
  const [source, destination, options, ...rest] = text.split(':');
  if (source === undefined || source === '' || destination === undefined || rest.length > 0) {
    throw new UsageError(`--volume takes SOURCE:DESTINATION[:OPTIONS], not '${text}'`);
  }
  if (!source.startsWith('/') && !source.startsWith('.')) {
    throw new UsageError(
      `--volume takes a path of this host, not the name '${source}'; write ./${source} for one here`,
    );
  }
  return mountOf('bind', resolve(folder, source), destination, optionsOf(options));
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
]);
const KEYS = ['type', 'source', 'destination', 'readonly', 'bind-propagation', 'tmpfs-size', 'tmpfs-mode'];

/** `type=bind,source=…,destination=…[,readonly]`. @throws UsageError */
export function parseMount(text: string, folder: string): Mount {
  const given = new Map(text.split(',').map((part) => settingOf(part)));
  const unknown = [...given.keys()].find((key) => !KEYS.includes(key));
  if (unknown !== undefined) throw new UsageError(`--mount does not know '${unknown}'; it knows ${KEYS.join(', ')}`);
  const type = given.get('type');
  const destination = given.get('destination');
  if (destination === undefined) throw new UsageError(`--mount needs destination=PATH, which '${text}' has not`);
  const options = [
    ...optionsOf(given.get('bind-propagation')),
    ...settings('size', given.get('tmpfs-size')),
    ...settings('mode', given.get('tmpfs-mode')),
    ...(isTrue(given.get('readonly')) ? ['ro'] : []),
  ];
  if (type === 'tmpfs') return mountOf('tmpfs', undefined, destination, options);
  if (type !== 'bind') throw new UsageError(`--mount needs type=bind or type=tmpfs, which '${text}' has not`);
  const source = given.get('source');
  if (source === undefined) throw new UsageError(`--mount type=bind needs source=PATH, which '${text}' has not`);
  return mountOf('bind', resolve(folder, source), destination, options);
}

function settingOf(part: string): [string, string] {
  const equals = part.indexOf('=');
  const key = equals < 0 ? part : part.slice(0, equals);
  return [SPELLINGS.get(key) ?? key, equals < 0 ? 'true' : part.slice(equals + 1)];
}

const settings = (key: string, value: string | undefined): string[] => (value === undefined ? [] : [`${key}=${value}`]);
const isTrue = (text: string | undefined): boolean => text === 'true' || text === '1';
const optionsOf = (text: string | undefined): string[] =>
  text === undefined ? [] : text.split(',').filter((each) => each !== '');

/** Options of podman and docker that change the source itself. */
const REFUSED: Readonly<Record<string, string>> = {
  z: 'relabels for SELinux',
  Z: 'relabels for SELinux',
  U: 'changes owners',
  O: 'mounts an overlay',
};

function mountOf(
  kind: Mount['kind'],
  source: string | undefined,
  destination: string,
  given: readonly string[],
): Mount {
  if (!destination.startsWith('/')) {
    throw new UsageError(`a mount's place in the container must be an absolute path, not '${destination}'`);
  }
  const refused = given.find((option) => Object.hasOwn(REFUSED, option));
  if (refused !== undefined) {
    throw new UsageError(
      `the mount option '${refused}' ${REFUSED[refused] ?? ''}, which berth does not do; leave it out`,
    );
  }
  const options = given.filter((option) => option !== 'ro' && option !== 'rw');
  return {
    kind,
    ...(source === undefined ? {} : { source }),
    destination,
    readOnly: given.includes('ro'),
    ...(options.length === 0 ? {} : { options }),
  };
}
