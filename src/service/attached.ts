/** Joins an upgraded connection to a process's streams, from the upgrade to the last frame. */
import type { Duplex } from 'node:stream';
import { ContainerError } from '../container/errors.ts';
import { MAX_PENDING_BYTES, type Relay } from '../relay/relay.ts';
import type { Attachment } from '../stream/attachment.ts';
import { Channel } from '../stream/channel.ts';
import { isTerminalSize, type SessionExit, type TerminalSize } from '../stream/control.ts';
import { DEFAULT_DETACH_KEYS, parseDetachKeys } from '../stream/detach-keys.ts';
import { BadFrame } from '../stream/frames.ts';

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

/** @throws ContainerError `InvalidParameter` */
export function streamOptions(input: {
  readonly raw?: boolean | undefined;
  readonly detachKeys?: string | undefined;
  readonly size?: WireSize | undefined;
}): StreamOptions {
  const { raw = false, detachKeys = DEFAULT_DETACH_KEYS, size } = input;
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

export interface Attached {
  readonly relay: Relay;
  readonly attachment: Attachment;
  /** Ends the attachment. */
  readonly leave: Disposable;
  readonly stdin: 'open' | 'none';
  /** Resolves when everything was handed out and it is known how the process ended. */
  readonly ended: Promise<SessionExit>;
}

/** @returns how it ended: `exit` by itself, anything else with the process still there */
export async function serveAttached(
  stream: Duplex,
  options: StreamOptions,
  attached: Attached,
): Promise<'exit' | 'left'> {
  const { relay, attachment, leave, stdin, ended } = attached;
  using _leaving = leave;
  const detachKeys = relay.isTerminal ? options.detachKeys : Buffer.alloc(0);
  const channel = new Channel(stream, { form: options.form, detachKeys });
  attachment.connect(channel);
  const reading = channel.read({
    input: (bytes) => (stdin === 'open' ? relay.input(bytes) : undefined),
    inputEnd: () => {
      if (stdin === 'open') relay.endInput();
    },
    resize: (size) => {
      relay.resize(size);
    },
  });
  try {
    const outcome = await Promise.race([ended, channel.departed, attachment.whenDropped]);
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
