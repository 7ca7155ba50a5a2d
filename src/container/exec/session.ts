/** An exec session: a process beside a container's first one, with a life of its own. */
import { randomBytes } from 'node:crypto';
import * as v from 'valibot';
import { TextMap } from '../../lib/text-map.ts';
import type { SessionState } from '../state.ts';

export interface SessionConfiguration {
  readonly command: readonly string[];
  /** Over the container's own. */
  readonly environment: Readonly<Record<string, string>>;
  /** As written; undefined for the container's. */
  readonly user?: string | undefined;
  readonly groups: readonly string[];
  readonly workingDirectory?: string | undefined;
  readonly terminal: boolean;
  readonly stdin: boolean;
  readonly privileged: boolean;
  /** Canonical names. */
  readonly addCapabilities: readonly string[];
  /** How many descriptors of whoever starts it, from 3 on, it has beside its standard streams. */
  readonly preservedDescriptors: number;
}

/** How a session ended. */
export interface SessionEnd {
  /** Its own; 128 and the number of the signal that ended it; 125, 126 or 127 where nothing could be run; or unknown. */
  readonly code?: number | undefined;
  /** Why there was nothing to run. */
  readonly message?: string | undefined;
  /** Whether some of what it said was read for nobody, though it was started for a client. */
  readonly missed?: boolean | undefined;
  readonly at: Date;
}

export interface Session {
  /** 64 hexadecimal digits. */
  readonly id: string;
  /** The ID of its container. */
  readonly container: string;
  readonly createdAt: Date;
  readonly config: SessionConfiguration;
  readonly startedAt?: Date | undefined;
  readonly end?: SessionEnd | undefined;
}

export const stateOf = ({ startedAt, end }: Session): SessionState =>
  end !== undefined ? 'stopped' : startedAt === undefined ? 'created' : 'running';

export const newSessionId = (): string => randomBytes(32).toString('hex');
/** As its folder, its unit and its descriptors are called. */
export const shortSessionId = (id: string): string => id.slice(0, 12);
export const sessionUnit = (id: string): string => `berth-exec-${shortSessionId(id)}.scope`;
export const isSessionUnit = (unit: string): boolean => /^berth-exec-[0-9a-f]{12}\.scope$/.test(unit);

const text = v.string();
const texts = v.array(text);
const moment = v.pipe(
  v.number(),
  v.transform((ms) => new Date(ms)),
);
const Stored = v.pipe(
  text,
  v.parseJson(),
  v.object({
    id: v.pipe(text, v.regex(/^[0-9a-f]{64}$/)),
    container: text,
    createdAt: moment,
    config: v.object({
      command: texts,
      environment: TextMap,
      user: v.optional(text),
      groups: texts,
      workingDirectory: v.optional(text),
      terminal: v.boolean(),
      stdin: v.boolean(),
      privileged: v.boolean(),
      addCapabilities: texts,
      preservedDescriptors: v.optional(v.number(), 0),
    }),
    startedAt: v.optional(moment),
    end: v.optional(
      v.object({
        code: v.optional(v.number()),
        message: v.optional(text),
        missed: v.optional(v.boolean()),
        at: moment,
      }),
    ),
  }),
);

/** As a file keeps it. */
export const sessionText = (session: Session): string =>
  JSON.stringify({
    ...session,
    createdAt: session.createdAt.getTime(),
    startedAt: session.startedAt?.getTime(),
    end: session.end && { ...session.end, at: session.end.at.getTime() },
  });

/** undefined for what is no session. */
export function parseSession(stored: string): Session | undefined {
  const parsed = v.safeParse(Stored, stored);
  return parsed.success ? parsed.output : undefined;
}
