/** What command lines say of attaching. */
import type { Options } from './args.ts';

export const DETACH_KEYS_OPTION = {
  kind: 'text',
  value: 'KEYS',
  help: "The keys that leave a terminal, such as ctrl-a,d, or nothing for none; default: the container's, or else ctrl-p,ctrl-q",
} as const;

export const ATTACH_OPTIONS = {
  'detach-keys': DETACH_KEYS_OPTION,
  'sig-proxy': { kind: 'flag', default: true, help: 'Pass signals on to it, where it has no terminal' },
} as const satisfies Options;
