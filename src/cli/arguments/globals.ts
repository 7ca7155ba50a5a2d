import type { Options } from './args.ts';

export const DEFAULT_ADDRESS = 'unix:/run/berth/io.berth';

/** What stands before the command. */
export const GLOBAL_OPTIONS = {
  address: {
    kind: 'text',
    value: 'ADDRESS',
    help: `Where berthd is, such as unix:/PATH; default: $BERTH_ADDRESS, then ${DEFAULT_ADDRESS}`,
  },
  version: { kind: 'flag', short: 'v', help: 'Show the version of this program' },
} as const satisfies Options;
