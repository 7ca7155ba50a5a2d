/** What command lines say of attaching. */
import { UsageError, type Options } from './args.ts';

export const DETACH_KEYS_OPTION = {
  kind: 'text',
  value: 'KEYS',
  help: "The keys that leave a terminal, such as ctrl-a,d, or nothing for none; default: the container's, or else ctrl-p,ctrl-q",
} as const;

const STREAMS = ['stdin', 'stdout', 'stderr'] as const;
export type StreamChoice = (typeof STREAMS)[number];

/** What `--attach STREAM` takes. */
export const STREAM_VALUE = STREAMS.join('|');

/** The streams that were named; none stands for all that there are. @throws UsageError */
export function streamsFrom(texts: readonly string[]): StreamChoice[] {
  return texts.map((text) => {
    const stream = STREAMS.find((each) => each === text.toLowerCase());
    if (stream === undefined) throw new UsageError(`--attach takes stdin, stdout or stderr, not '${text}'`);
    return stream;
  });
}

export const ATTACH_OPTIONS = {
  'detach-keys': DETACH_KEYS_OPTION,
  'sig-proxy': { kind: 'flag', default: true, help: 'Pass signals on to it, where it has no terminal' },
} as const satisfies Options;
