/** Who a process runs as, looked up in the container's own files: passwd(5) and group(5), given as text. */

/**
 * The texts come from an image and are hostile: what does not parse is skipped, numbers are bounded, and they are gone through
 * line by line, since a file of line breaks would be a million arrays.
 */
export interface UserFiles {
  /** Content of /etc/passwd; undefined where there is none. */
  readonly passwd: string | undefined;
  readonly group: string | undefined;
}

export interface User {
  readonly uid: number;
  readonly gid: number;
  /**
   * Supplementary groups, ascending, with `gid` among them: a program that sets its group aside would otherwise read what is
   * denied to the group (CVE-2022-2989).
   */
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
  /** With commas between them. */
  readonly members: string;
}

/**
 * Resolves what an image or a user writes: `name`, `uid`, `name:group`, `uid:gid` …; empty is root.
 * Digits are a number, never a name: an image that calls somebody `1000` does not say who 1000 is (CVE-2016-3697). With a
 * group given, there are no other groups, as in podman.
 * @throws UserUnknown
 */
export function resolveUser(spec: string, files: UserFiles): User {
  const [user = '', group, ...rest] = spec.split(':');
  if (rest.length > 0) throw new UserUnknown(spec);
  const wanted = user === '' ? '0' : user;
  const number = parseNumber(wanted);
  const line = firstOf(passwdLines(files.passwd), ({ name, uid }) =>
    number === undefined ? name === wanted : uid === number,
  );
  const uid = number ?? line?.uid;
  if (uid === undefined) throw new UserUnknown(wanted);
  const gid = group === undefined || group === '' ? (line?.gid ?? 0) : resolveGroup(group, files);
  const own = group === undefined && line !== undefined ? groupsOf(line.name, files) : [];
  return {
    uid,
    gid,
    additionalGids: groupList([gid, ...own]),
    home: homeOf(line) ?? (uid === 0 ? '/root' : '/'),
    name: line?.name,
  };
}

/** Each once, ascending. */
export const groupList = (gids: readonly number[]): number[] => [...new Set(gids)].sort((a, b) => a - b);

/** undefined for one that is no absolute path: it becomes HOME. */
const homeOf = (line: PasswdLine | undefined): string | undefined =>
  line?.home.startsWith('/') === true && !line.home.includes('\0') ? line.home : undefined;

/** @throws UserUnknown */
export const resolveGroups = (names: readonly string[], files: UserFiles): number[] =>
  names.map((name) => resolveGroup(name, files));

function resolveGroup(name: string, files: UserFiles): number {
  const gid = parseNumber(name) ?? firstOf(groupLines(files.group), (each) => each.name === name)?.gid;
  if (gid === undefined) throw new UserUnknown(name);
  return gid;
}

function groupsOf(user: string, files: UserFiles): number[] {
  const gids: number[] = [];
  for (const { gid, members } of groupLines(files.group)) if (members.split(',').includes(user)) gids.push(gid);
  return gids;
}

/** undefined for what is no number. @throws UserUnknown for one that no ID is */
function parseNumber(text: string): number | undefined {
  if (!/^\d+$/.test(text)) return undefined;
  const id = parseId(text);
  if (id === undefined) throw new UserUnknown(text);
  return id;
}

function parseId(text: string): number | undefined {
  if (!/^\d{1,10}$/.test(text)) return undefined;
  const id = Number(text);
  return id <= MAX_ID ? id : undefined;
}

function firstOf<T>(lines: Iterable<T>, fits: (line: T) => boolean): T | undefined {
  for (const line of lines) if (fits(line)) return line;
  return undefined;
}

function* linesOf(text = ''): Iterable<string> {
  for (let from = 0; from < text.length;) {
    const newline = text.indexOf('\n', from);
    const end = newline === -1 ? text.length : newline;
    if (end > from) yield text.slice(from, text[end - 1] === '\r' ? end - 1 : end);
    from = end + 1;
  }
}

/** The first ones are all that count. */
const MAX_FIELDS = 7;

function* passwdLines(text: string | undefined): Iterable<PasswdLine> {
  for (const line of linesOf(text)) {
    const [name = '', , uidText = '', gidText = '', , home = ''] = line.split(':', MAX_FIELDS);
    const [uid, gid] = [parseId(uidText), parseId(gidText)];
    if (name !== '' && uid !== undefined && gid !== undefined) yield { name, uid, gid, home };
  }
}

function* groupLines(text: string | undefined): Iterable<GroupLine> {
  for (const line of linesOf(text)) {
    const [name = '', , gidText = '', members = ''] = line.split(':', MAX_FIELDS);
    const gid = parseId(gidText);
    if (name !== '' && gid !== undefined) yield { name, gid, members };
  }
}
