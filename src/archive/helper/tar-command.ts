/**
 * How GNU tar is run: with the host's /usr, read-only, as its root, and its working folder in the container. So it loads nothing
 * of the container's, and a link there that begins with `/` leads it to nothing that can be read or written. It has what it takes
 * to make any file, and no other capability. Pure.
 */
import type { Owner } from '../request.ts';

/** What it takes to make files of every kind, for everybody. */
const MAKING = ['chown', 'dac_override', 'dac_read_search', 'fowner', 'fsetid', 'mknod', 'setfcap'];
/** What overlayfs, SELinux and the kernel keep of a file for themselves is not the archive's. */
const ATTRIBUTES = ['--xattrs', '--xattrs-include=user.*', '--xattrs-include=security.capability', '--acls'];
/** Of words that are the same everywhere, and of bytes that are what they are. */
export const TAR_ENVIRONMENT = ['LC_ALL=C', 'PATH=/bin'];

const capabilities = `-all,${MAKING.map((each) => `+${each}`).join(',')}`;
const confined = (owner: Owner | undefined): string[] => [
  '/bin/setpriv',
  `--bounding-set=${capabilities}`,
  `--inh-caps=${capabilities}`,
  // Without an ambient one, another user than root has none.
  ...(owner === undefined
    ? ['--ambient-caps=-all']
    : [`--ambient-caps=${capabilities}`, `--reuid=${owner.uid}`, `--regid=${owner.gid}`]),
  '--clear-groups',
];

/** From standard input, into its working folder. A folder that is there keeps its owner and mode. */
export const unpackArgv = (owner: Owner | undefined): string[] => [
  ...confined(owner),
  '/bin/tar',
  '--extract',
  '--file=-',
  '--numeric-owner',
  owner === undefined ? '--same-owner' : '--no-same-owner',
  '--same-permissions',
  '--no-overwrite-dir',
  '--delay-directory-restore',
  '--warning=no-timestamp',
  ...ATTRIBUTES,
];

/** @param entry in the working folder, which `.` is */
export const packArgv = (entry: string, name: string, fileSystems: 'all' | 'one'): string[] => [
  ...confined(undefined),
  '/bin/tar',
  '--create',
  '--file=-',
  '--format=posix',
  '--pax-option=delete=atime,delete=ctime',
  '--numeric-owner',
  '--sparse',
  '--warning=no-file-changed',
  ...ATTRIBUTES,
  ...(fileSystems === 'one' ? ['--one-file-system'] : []),
  ...renaming(entry, name),
  `--add-file=${entry}`,
];

/** Every entry begins with `.`, as the only one that was asked for is that, or is one file. */
const renaming = (entry: string, name: string): string[] => {
  if (entry !== '.') return [`--transform=s,.*,${escaped(name)},S`];
  return [name === '.' ? String.raw`--transform=s,^\./\(.\),\1,S` : String.raw`--transform=s,^\.,${escaped(name)},S`];
};

/** For the replacement of a substitution. */
const escaped = (name: string): string => name.replaceAll(/[\\&,]/g, String.raw`\$&`);
