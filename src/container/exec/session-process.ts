/** What an exec session runs: the container's own process, with what the session asks for over it. */
import { readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as v from 'valibot';
import { CAPABILITIES, grantableCapabilities } from '../../oci-spec/capabilities.ts';
import {
  groupList,
  resolveGroups,
  resolveUser,
  UserUnknown,
  type User,
  type UserFiles,
} from '../../oci-spec/passwd.ts';
import { limitFor } from '../../oci-spec/spec.ts';
import type { TerminalSize } from '../../stream/control.ts';
import { readUserFilesInTime, type ReadInside } from '../launch/user-files.ts';
import { ContainerError } from '../errors.ts';
import type { Folder } from '../records/folder.ts';
import type { SessionConfiguration } from './session.ts';

const texts = v.array(v.string());
/** No number of JavaScript is 2^64 - 1, which says that there is no limit. */
const limit = v.pipe(
  v.number(),
  v.transform((value) => (Number.isSafeInteger(value) ? value : undefined)),
);
const OwnProcess = v.looseObject({
  env: texts,
  cwd: v.string(),
  user: v.looseObject({ uid: v.number(), gid: v.number(), additionalGids: v.optional(v.array(v.number()), []) }),
  capabilities: v.optional(v.record(v.string(), texts), {}),
  rlimits: v.optional(v.array(v.object({ type: v.string(), soft: limit, hard: limit })), []),
});
const OwnMount = v.object({
  destination: v.string(),
  type: v.string(),
  source: v.string(),
  options: v.optional(texts, []),
});
const Bundle = v.pipe(
  v.string(),
  v.parseJson(),
  v.object({ process: OwnProcess, mounts: v.optional(v.array(OwnMount), []) }),
);

type OwnProcess = v.InferOutput<typeof OwnProcess>;

/**
 * @param size of its terminal before it runs: the relay gets the terminal only while the process runs already
 * @throws ContainerError `NoSuchUser` | `InvalidFile`
 */
export async function sessionProcess(
  config: SessionConfiguration,
  size: TerminalSize | undefined,
  folder: Folder,
  readInside: ReadInside,
): Promise<object> {
  const { process: own, mounts } = v.parse(Bundle, await readFile(join(folder.path, 'config.json'), 'utf8'));
  const { user, home } = await userOf(
    config,
    own,
    async () => await readUserFilesInTime({ readInside, folders: [folder.root], mounts, etc: folder.etc }),
  );
  return {
    ...own,
    terminal: config.terminal,
    consoleSize: size === undefined ? undefined : { height: size.rows, width: size.columns },
    args: config.command,
    cwd: config.workingDirectory ?? own.cwd,
    env: environmentOf(config, own, home),
    user,
    capabilities: capabilitiesOf(config, own, user.uid),
    rlimits: own.rlimits.map(limitFor),
    ...(config.privileged ? { noNewPrivileges: false, apparmorProfile: undefined } : {}),
  };
}

interface Chosen {
  readonly user: OwnProcess['user'];
  /** undefined where the container's own user runs it, whose HOME is in its environment. */
  readonly home: string | undefined;
}

async function userOf(config: SessionConfiguration, own: OwnProcess, read: () => Promise<UserFiles>): Promise<Chosen> {
  if (config.user === undefined && config.groups.length === 0) return { user: own.user, home: undefined };
  const files = await read();
  try {
    const found: User | undefined = config.user === undefined ? undefined : resolveUser(config.user, files);
    const { uid, gid, additionalGids } = found ?? own.user;
    const gids = groupList([gid, ...additionalGids, ...resolveGroups(config.groups, files)]);
    return { user: { ...own.user, uid, gid, additionalGids: gids }, home: found?.home };
  } catch (error) {
    if (!(error instanceof UserUnknown)) throw error;
    throw new ContainerError('NoSuchUser', { user: error.user }, { cause: error });
  }
}

function environmentOf(
  { environment, terminal }: SessionConfiguration,
  own: OwnProcess,
  home: string | undefined,
): string[] {
  const variables = new Map(own.env.map((each) => split(each)));
  if (home !== undefined) variables.set('HOME', home);
  if (terminal && !variables.has('TERM')) variables.set('TERM', 'xterm');
  for (const [name, value] of Object.entries(environment)) variables.set(name, value);
  return [...variables].map(([name, value]) => `${name}=${value}`);
}

function split(assignment: string): [string, string] {
  const index = assignment.indexOf('=');
  return index === -1 ? [assignment, ''] : [assignment.slice(0, index), assignment.slice(index + 1)];
}

function capabilitiesOf(config: SessionConfiguration, own: OwnProcess, uid: number): object {
  const { privileged, addCapabilities } = config;
  const { bounding: ofContainer = [], ambient: ofItsUser = [] } = own.capabilities;
  const grantable = grantableCapabilities(readFileSync('/proc/1/status', 'latin1'));
  const wanted = [...(privileged ? CAPABILITIES : ofContainer), ...addCapabilities];
  const bounding = [...new Set(wanted)].filter((name) => grantable.includes(name));
  const ofRoot = uid === 0 ? bounding : [];
  // What was asked for by name is meant for whoever runs it; ambient is how a user who is not root gets any.
  const meant = [...(uid === own.user.uid ? ofItsUser : []), ...addCapabilities];
  const named = uid === 0 ? [] : [...new Set(meant)].filter((name) => grantable.includes(name));
  const effective = [...ofRoot, ...named];
  return { bounding, effective, permitted: effective, inheritable: named, ambient: named };
}
