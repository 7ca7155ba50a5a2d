/**
 * How GNU tar is run: with the host's /usr, read-only, as its root, and its working folder in the container. So it loads nothing
 * of the container's, and a link there that begins with `/` leads it to nothing that can be written. It has what it takes to
 * make any file, and no other capability. Pure.
 */
import { packOptions, TAR_LOCALE, unpackOptions } from '../../lib/tar-options.ts';
import type { Owner } from '../request.ts';

/** What it takes to make files of every kind, for everybody. */
const MAKING = ['chown', 'dac_override', 'dac_read_search', 'fowner', 'fsetid', 'mknod', 'setfcap'];
export const TAR_ENVIRONMENT = [`LC_ALL=${TAR_LOCALE}`, 'PATH=/bin'];

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
  '/bin/tar',
];

export const unpackArgv = (owner: Owner | undefined): string[] => [
  ...confined(owner),
  ...unpackOptions(owner === undefined ? 'of-archive' : 'its-own'),
];

export const packArgv = (...packed: Parameters<typeof packOptions>): string[] => [
  ...confined(undefined),
  ...packOptions(...packed),
];
