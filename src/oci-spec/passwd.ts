/** Who a process runs as, looked up in the container's own files: passwd(5) and group(5), given as text. */

/** The texts come from an image and are hostile: what does not parse is skipped, numbers are bounded. */
export interface UserFiles {
  /** Content of /etc/passwd; undefined where there is none. */
  readonly passwd: string | undefined;
  readonly group: string | undefined;
}

export interface User {
  readonly uid: number;
  readonly gid: number;
  /** Supplementary groups, ascending, without `gid`. */
  readonly additionalGids: readonly number[];
  /** The home folder; `/` for a number that /etc/passwd does not know. */
  readonly home: string;
  /** undefined for a number that /etc/passwd does not know. */
  readonly name: string | undefined;
}

/** Neither a number nor a name in the container's files. */
export class UserUnknown extends Error {
  override readonly name = 'UserUnknown';
  /** The user or the group, whichever it was. */
  readonly user: string;
  constructor(user: string) {
    super(`no such user or group in the container: ${user}`);
    this.user = user;
  }
}

/** The highest ID that Linux takes; 2^32 − 1 means "leave as it is" to chown(2) and setuid(2). */
const MAX_ID = 2 ** 32 - 2;

interface PasswdLine {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
  readonly home: string;
}

interface GroupLine {
  readonly name: string;
  readonly gid: number;
  readonly members: readonly string[];
}

/**
 * Resolves what an image or a user writes: `name`, `uid`, `name:group`, `uid:gid` …; empty is root.
 * A name wins over a number that looks the same; with a group given, there are no supplementary groups, as in podman.
 * @throws UserUnknown
 */
export function resolveUser(spec: string, files: UserFiles): User {
  const [user = '', group] = spec.split(':', 2);
  const passwd = passwdLines(files.passwd ?? '');
  const groups = groupLines(files.group ?? '');
  const wanted = user === '' ? '0' : user;
  const line = passwd.find(({ name }) => name === wanted) ?? passwd.find(({ uid }) => String(uid) === wanted);
  const uid = line?.uid ?? parseId(wanted);
  if (uid === undefined) throw new UserUnknown(wanted);
  const gid = group === undefined || group === '' ? (line?.gid ?? 0) : resolveGroup(group, groups);
  const own =
    group === undefined && line !== undefined ? groups.filter(({ members }) => members.includes(line.name)) : [];
  const additionalGids = [...new Set(own.map((each) => each.gid))].filter((each) => each !== gid).sort((a, b) => a - b);
  return { uid, gid, additionalGids, home: homeOf(line) ?? (uid === 0 ? '/root' : '/'), name: line?.name };
}

/** undefined for one that is no absolute path: it becomes HOME. */
const homeOf = (line: PasswdLine | undefined): string | undefined =>
  line?.home.startsWith('/') === true && !line.home.includes('\0') ? line.home : undefined;

/** @throws UserUnknown */
export function resolveGroups(names: readonly string[], files: UserFiles): number[] {
  const groups = groupLines(files.group ?? '');
  return names.map((name) => resolveGroup(name, groups));
}

function resolveGroup(name: string, groups: readonly GroupLine[]): number {
  const gid = groups.find((each) => each.name === name)?.gid ?? parseId(name);
  if (gid === undefined) throw new UserUnknown(name);
  return gid;
}

function parseId(text: string): number | undefined {
  if (!/^\d{1,10}$/.test(text)) return undefined;
  const id = Number(text);
  return id <= MAX_ID ? id : undefined;
}

const linesOf = (text: string): string[][] => text.split('\n').map((line) => line.replace(/\r$/, '').split(':'));

function passwdLines(text: string): PasswdLine[] {
  return linesOf(text).flatMap(([name = '', , uidText = '', gidText = '', , home = '']) => {
    const uid = parseId(uidText);
    const gid = parseId(gidText);
    return name === '' || uid === undefined || gid === undefined ? [] : [{ name, uid, gid, home }];
  });
}

function groupLines(text: string): GroupLine[] {
  return linesOf(text).flatMap(([name = '', , gidText = '', members = '']) => {
    const gid = parseId(gidText);
    return name === '' || gid === undefined ? [] : [{ name, gid, members: members.split(',') }];
  });
}
