/** Control frames: JSON objects with a `type`. What a client may say is checked; what the service says is built here. */
import * as v from 'valibot';
import { BadFrame } from './frames.ts';

/** A window, in characters. */
export interface TerminalSize {
  readonly columns: number;
  readonly rows: number;
}

/** How a session ended by itself. */
export interface SessionExit {
  /** undefined where nobody knows. */
  readonly exitCode?: number | undefined;
  /** `SIGKILL` */
  readonly signal?: string | undefined;
  /** Why there is no process that could have ended: what went wrong when it was to be started. */
  readonly message?: string | undefined;
}

export type ServerControl =
  | ({ readonly type: 'exit' } & SessionExit)
  | { readonly type: 'detached' }
  | { readonly type: 'error'; readonly error: string; readonly parameters: object };

/** Of struct winsize, which ioctl_tty(2) takes. */
const MAX_CHARACTERS = 0xffff;
const side = v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(MAX_CHARACTERS));
const Resize = v.strictObject({ type: v.literal('resize'), columns: side, rows: side });
const ResizeText = v.pipe(v.string(), v.parseJson(), Resize);

/** Everything that a client says by control. @throws BadFrame */
export function parseClientControl(payload: Buffer): TerminalSize {
  const parsed = v.safeParse(ResizeText, payload.toString('utf8'));
  if (!parsed.success) throw new BadFrame('control', v.summarize(parsed.issues));
  return { columns: parsed.output.columns, rows: parsed.output.rows };
}

export const isTerminalSize = ({ columns, rows }: TerminalSize): boolean =>
  [columns, rows].every((each) => v.safeParse(side, each).success);

/** An escape that sd-json and libvarlink refuse: of U+0000, or of half a surrogate pair. */
const UNREADABLE = /^\\u(?:0000|d[89a-f]..)$/;

/** Every peer can read it, whatever text of a runtime or a container is in it: what none would take is U+FFFD, as in varlink's replies. */
export function encodeControl(control: ServerControl): Buffer {
  // Every escape is looked at, so that an escaped backslash before a 'u' is not taken for one.
  const text = JSON.stringify(control).replace(/\\(?:u[0-9a-f]{4}|.)/g, (escape) =>
    UNREADABLE.test(escape) ? '\ufffd' : escape,
  );
  return Buffer.from(text);
}
