/** Joins an upgraded connection to a process's streams, from the upgrade to the last frame. */
import type { Duplex } from 'node:stream';
import { ContainerError } from '../container/errors.ts';
import { MAX_PENDING_BYTES, type Relay } from '../relay/relay.ts';
import type { Attachment } from '../stream/attachment.ts';
import { Channel } from '../stream/channel.ts';
import { isTerminalSize, type SessionExit, type TerminalSize } from '../stream/control.ts';
import { parseDetachKeys } from '../stream/detach-keys.ts';
import { BadFrame, type OutputName } from '../stream/frames.ts';

/** What a client asks for of the connection. */
export interface StreamOptions {
  readonly form: 'framed' | 'raw';
  readonly detachKeys: Buffer;
  readonly size: TerminalSize | undefined;
}

/** The size as the wire has it: integers that may be larger than a number holds exactly. */
export interface WireSize {
  readonly columns: number | bigint;
  readonly rows: number | bigint;
}

/**
 * The keys that leave the terminals of a container where a client names none, in libpod's format.
 * @throws ContainerError `NoSuchContainer` | `AmbiguousContainer`
 */
export type DetachKeysOf = (container: string) => string;

/**
 * @param usualKeys the detach keys where the client names none
 * @throws ContainerError `InvalidParameter`
 */
export function streamOptions(
  input: {
    readonly raw?: boolean | undefined;
    readonly detachKeys?: string | undefined;
    readonly size?: WireSize | undefined;
  },
  usualKeys: string,
): StreamOptions {
  const { raw = false, detachKeys = usualKeys, size } = input;
  const keys = parseDetachKeys(detachKeys);
  if (keys === undefined) throw new ContainerError('InvalidParameter', { parameter: 'detachKeys' });
  return { form: raw ? 'raw' : 'framed', detachKeys: keys, size: size === undefined ? undefined : sizeOf(size) };
}

/** @throws ContainerError `InvalidParameter` */
export function sizeOf({ columns, rows }: WireSize): TerminalSize {
  const size = { columns: Number(columns), rows: Number(rows) };
  if (!isTerminalSize(size)) throw new ContainerError('InvalidParameter', { parameter: 'size' });
  return size;
}

/** The outputs that are wanted. */
export const outputs = (wanted: { readonly [stream in OutputName]: boolean }): OutputName[] =>
  (['stdout', 'stderr'] as const).filter((stream) => wanted[stream]);

export interface Attached {
  readonly relay: Relay;
  readonly attachment: Attachment;
  /** Ends the attachment. */
  readonly leave: Disposable;
  readonly stdin: 'open' | 'none';
  /** Resolves when everything was handed out and it is known how the process ended. */
  readonly ended: Promise<SessionExit>;
  /** What the client gets before anything else. */
  readonly first?: AsyncIterable<[OutputName, Buffer]> | undefined;
  /** Whether the program is told to draw its screen anew. */
  readonly redraw?: boolean | undefined;
}

/** @returns how it ended: `exit` by itself, anything else with the process still there */
export async function serveAttached(
  stream: Duplex,
  options: StreamOptions,
  attached: Attached,
): Promise<'exit' | 'left'> {
  const { relay, attachment, leave, stdin, ended, first } = attached;
  ended.catch(() => undefined); // nobody waits any more when the client left first
  using _leaving = leaving(attachment, leave);
  const detachKeys = relay.isTerminal ? options.detachKeys : Buffer.alloc(0);
  const channel = new Channel(stream, { form: options.form, detachKeys });
  const reading = channel.read({
    input: (bytes) => (stdin === 'open' ? relay.input(bytes) : undefined),
    inputEnd: () => {
      if (stdin === 'open') relay.endInput();
    },
    resize: (size) => {
      relay.resize(size);
    },
  });
  const connected = connect(channel, attached).then(async () => await ended);
  connected.catch(() => undefined);
  if (first === undefined) attachment.connect(channel);
  if (attached.redraw === true) relay.redraw();
  try {
    const outcome = await Promise.race([connected, channel.departed, attachment.whenDropped]);
    if (outcome === 'detached') channel.detached();
    else if (outcome === 'dropped') channel.fail('io.berth.Container.StreamOverrun', { limitBytes: MAX_PENDING_BYTES });
    else if (outcome instanceof BadFrame) {
      channel.fail('org.varlink.service.InvalidParameter', { parameter: outcome.parameter });
    } else if (outcome !== 'gone') {
      channel.exit(outcome);
      return 'exit';
    }
    return 'left';
  } finally {
    stream.resume(); // what is still typed is nobody's
    await reading.catch(() => undefined); // its client is gone, which is known
  }
}

/** Sends what comes first, and lets everything else through after it. */
async function connect(channel: Channel, { first, attachment }: Attached): Promise<void> {
  if (first === undefined) return;
  for await (const [stream, bytes] of first) {
    if (attachment.wants(stream)) channel.write(stream, bytes);
    await channel.drained();
  }
  attachment.connect(channel);
}

/** A client that hangs up leaves, also before there is anything to serve: nobody would take what is held for it. */
export function leaveWhenGone(signal: AbortSignal, attachment: Attachment, leave: Disposable): void {
  const gone = (): void => {
    leaving(attachment, leave)[Symbol.dispose]();
  };
  if (signal.aborted) gone();
  else signal.addEventListener('abort', gone, { once: true });
}

const leaving = (attachment: Attachment, leave: Disposable): Disposable => ({
  [Symbol.dispose]: () => {
    leave[Symbol.dispose]();
    attachment.close();
  },
});
