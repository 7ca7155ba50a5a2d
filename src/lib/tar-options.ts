/** Options of GNU tar that both ends of a copy give it. Pure. */

/** What overlayfs, SELinux and the kernel keep of a file for themselves is not the archive's. */
const ATTRIBUTES = ['--xattrs', '--xattrs-include=user.*', '--xattrs-include=security.capability', '--acls'];

/** Of words that are the same everywhere, and of bytes that are what they are. */
export const TAR_LOCALE = 'C';

/**
 * From standard input, into its working folder. A folder that is there keeps its owner and mode.
 * @param owners `its-own`: everything becomes the user's that tar runs as
 */
export const unpackOptions = (owners: 'of-archive' | 'its-own'): string[] => [
  '--extract',
  '--file=-',
  '--numeric-owner',
  owners === 'of-archive' ? '--same-owner' : '--no-same-owner',
  '--same-permissions',
  '--no-overwrite-dir',
  '--delay-directory-restore',
  '--warning=no-timestamp',
  ...ATTRIBUTES,
];

/**
 * To standard output.
 * @param entry `.`, the working folder, or a file of it with `./` before its name
 * @param name what the archive calls it; `.` for what is in the working folder
 */
export const packOptions = (entry: string, name: string, fileSystems: 'all' | 'one'): string[] => [
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

/** Every name begins with `.`, as that, or one file, is all that was asked for. */
const renaming = (entry: string, name: string): string[] => {
  if (entry !== '.') return [`--transform=s,.*,${escaped(name)},S`];
  return [name === '.' ? String.raw`--transform=s,^\./\(.\),\1,S` : String.raw`--transform=s,^\.,${escaped(name)},S`];
};

/** For the replacement of a substitution. */
const escaped = (name: string): string => name.replaceAll(/[\\&,]/g, String.raw`\$&`);
