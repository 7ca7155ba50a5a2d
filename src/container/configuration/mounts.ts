/** What a client may ask to be mounted. Pure; whatever is no good is InvalidParameter. */
import type { Mount as MountRequest } from '../../api/io-berth-container.ts';
import { invalid, listOf, absolutePath, pathInside } from './checks.ts';
import type { Mount } from './configuration.ts';
import { volumeName } from './volumes.ts';

const wordsOf = (...lines: readonly string[]): string[] => lines.flatMap((line) => line.split(' '));

/** Of mount_namespaces(7). */
export const PROPAGATIONS: readonly string[] = wordsOf(
  'private rprivate slave rslave shared rshared unbindable runbindable',
);
const ACCESS = ['ro', 'rw', 'rro'];
const FLAGS: readonly (readonly string[])[] = wordsOf(
  'suid/nosuid dev/nodev exec/noexec sync/async atime/noatime diratime/nodiratime',
  'relatime/norelatime strictatime/nostrictatime',
).map((pair) => pair.split('/'));
/** Of each of these, a mount has one. */
const EXCLUSIVE: readonly (readonly string[])[] = [
  PROPAGATIONS,
  ACCESS,
  ['bind', 'rbind'],
  ['z', 'Z'],
  ['tmpcopyup', 'notmpcopyup'],
  ['copy', 'nocopy'],
  ...FLAGS,
];

/** What runtimes take for each kind: mount(8) has more, which they would drop without a word. */
const OF_FOLDERS = [...PROPAGATIONS, ...ACCESS, ...FLAGS.flat(), 'bind', 'rbind', 'z', 'Z'];
const OPTIONS: Readonly<Record<Mount['kind'], readonly string[]>> = {
  bind: OF_FOLDERS,
  volume: [...OF_FOLDERS, 'copy', 'nocopy', 'U'],
  tmpfs: [...PROPAGATIONS, 'ro', 'rw', ...FLAGS.flat(), 'tmpcopyup', 'notmpcopyup'],
};
/** Of tmpfs(5). */
const TMPFS_SETTING =
  /^(size=\d{1,19}[kmgt%]?|nr_(blocks|inodes)=\d{1,19}[kmgt]?|mode=[0-7]{1,4}|[ug]id=\d{1,10}|huge=(never|always|within_size|advise))$/i;

/** A volume without a name has no source. @throws ContainerError `InvalidParameter` */
export function mountsOf(requests: readonly MountRequest[] | undefined): Mount[] {
  const mounts = listOf(requests, 'mounts', mountOf);
  const places = new Set<string>();
  for (const [index, { destination }] of mounts.entries()) {
    if (places.has(destination)) throw invalid(`mounts[${index}].destination`);
    places.add(destination);
  }
  return mounts;
}

function mountOf(request: MountRequest, member: string): Mount {
  const { kind, source, options = [] } = request;
  if (kind !== 'volume' && (kind === 'bind') !== (source !== undefined)) throw invalid(`${member}.source`);
  demandOptions(kind, options, `${member}.options`);
  const asked = request.readOnly;
  const said = options.some((option) => option === 'ro' || option === 'rro');
  if ((asked === true && options.includes('rw')) || (asked === false && said)) throw invalid(`${member}.readOnly`);
  return {
    kind,
    source: source === undefined ? undefined : sourceOf(kind, source, `${member}.source`),
    destination: pathInside(request.destination, `${member}.destination`),
    readOnly: asked ?? said,
    options: options.filter((option) => option !== 'ro' && option !== 'rw'),
  };
}

const sourceOf = (kind: Mount['kind'], source: string, member: string): string =>
  kind === 'volume' ? volumeName(source, member) : absolutePath(source, member);

function demandOptions(kind: Mount['kind'], options: readonly string[], member: string): void {
  if (new Set(options).size < options.length) throw invalid(member);
  const isKnown = (option: string): boolean =>
    OPTIONS[kind].includes(option) || (kind === 'tmpfs' && TMPFS_SETTING.test(option));
  if (!options.every(isKnown)) throw invalid(member);
  const names = options.map((option) => option.replace(/=.*$/, ''));
  if (new Set(names).size < names.length) throw invalid(member);
  if (EXCLUSIVE.some((group) => options.filter((option) => group.includes(option)).length > 1)) throw invalid(member);
  // Nothing is mounted below a mount of one file system alone.
  if (options.includes('bind') && options.includes('rro')) throw invalid(member);
}

/** Asks for a label of SELinux. */
export const isRelabelled = ({ options }: Mount): boolean => options.includes('z') || options.includes('Z');
