/**
 * A person, or a pipe, at the streams of a process: from before the connection is made to the last frame. The protocol is in
 * io.berth.Container.varlink, at ExecStartAndAttach.
 */
import { constants } from 'node:os';
import type { Duplex, Readable } from 'node:stream';
import type { ServerControl, TerminalSize } from '../stream/control.ts';
import { BadFrame, FrameReader, headerOf, MAX_FRAME_BYTES, type StreamName } from '../stream/frames.ts';
import { ConnectionClosed, ProtocolViolation, VarlinkError } from '../varlink/errors.ts';
import type { Context } from './command.ts';
import { EXIT } from './exit-codes.ts';
import type { Output } from './output.ts';
import { printable } from './printable.ts';
import { parseServerControl } from './session-control.ts';

const TAKEN = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT'] as const;
const SIGNAL_BASE = 128;

/** What there is once the connection is an attached one. */
export interface Connected {
  readonly stream: Duplex;
  /** What is said when the detach keys were typed. */
  readonly farewell: string;
  /** What a signal is to the process. Without it, a signal ends berth, and the process goes on. */
  readonly onSignal?: ((signal: NodeJS.Signals) => Promise<void>) | undefined;
}

export interface SessionOptions {
  /** Whether standard input goes to the process. */
  readonly stdin: 'passed-on' | 'none';
  /** Whether the process has a terminal. */
  readonly terminal: 'has' | 'none';
}

/**
 * Stays with a process until it has ended or the person has detached.
 * @param connect gets the size of the window, for a process with a terminal
 * @returns the exit code
 * @throws what `connect` throws; VarlinkError for an error of the session; ConnectionClosed; OutputClosed | OutputFailed
 */
export async function attached(
  connect: (size: TerminalSize | undefined) => Promise<Connected>,
  { stdin, terminal }: SessionOptions,
  context: Context,
): Promise<number> {
  using cleanup = new DisposableStack();
  const connected = Promise.withResolvers<Connected>();
  connected.promise.catch(() => undefined); // whoever waits for the session sees it
  const left = Promise.withResolvers<NodeJS.Signals>();
  // One that comes early waits until there is somebody it can go to.
  const take = async (signal: NodeJS.Signals): Promise<void> => {
    const { onSignal } = await connected.promise;
    if (onSignal === undefined) left.resolve(signal);
    else await onSignal(signal);
  };
  cleanup.use(
    context.onSignal(TAKEN, (signal) => {
      take(signal).catch(() => undefined); // it has ended meanwhile, which its last frame says
    }),
  );
  const size = terminal === 'has' ? context.input.size() : undefined;
  try {
    connected.resolve(await connect(size));
  } catch (error) {
    connected.reject(error);
    throw error;
  }
  const { stream, farewell } = await connected.promise;
  stream.on('error', () => undefined); // the reader sees it
  cleanup.defer(() => stream.destroy());
  if (terminal === 'has') cleanup.use(followWindow(stream, context));
  if (terminal === 'has' && stdin === 'passed-on' && context.input.isTerminal()) cleanup.use(await context.input.raw());
  if (stdin === 'passed-on') void pump(context.input.open(), stream);
  const last = await Promise.race([lastWord(stream, context.output), left.promise]);
  cleanup.dispose(); // what is said from now on is said to a terminal as it was
  return typeof last === 'string' ? SIGNAL_BASE + constants.signals[last] : await conclude(last, farewell, context);
}

async function conclude(last: ServerControl, farewell: string, { output }: Context): Promise<number> {
  switch (last.type) {
    case 'detached':
      await output.complain(farewell);
      return EXIT.ok;
    case 'error':
      throw new VarlinkError(last.error, { ...last.parameters });
    case 'exit':
      if (last.message !== undefined) await output.complain(printable(last.message.trim()));
      else if (last.exitCode === undefined) await output.complain('nobody knows how the process ended');
      return last.exitCode ?? EXIT.berthFailed;
  }
}

function followWindow(stream: Duplex, { onSignal, input }: Context): Disposable {
  return onSignal(['SIGWINCH'], () => {
    const size = input.size();
    if (size !== undefined) write(stream, 'control', Buffer.from(JSON.stringify({ type: 'resize', ...size })));
  });
}

/** Writes what the process says. Nothing more is read before that is taken. */
async function lastWord(stream: Duplex, output: Output): Promise<ServerControl> {
  const reader = new FrameReader();
  try {
    for await (const chunk of stream.iterator({ destroyOnReturn: false })) {
      if (!Buffer.isBuffer(chunk)) continue;
      for (const { stream: name, payload } of reader.push(chunk)) {
        if (name === 'control') return parseServerControl(payload);
        if (name === 'stdin') throw new ProtocolViolation('a frame of standard input');
        await output.write(name, payload);
      }
    }
  } catch (error) {
    if (error instanceof BadFrame) throw new ProtocolViolation(error.message, { cause: error });
    if (error === stream.errored) throw new ConnectionClosed('the connection was lost', { cause: error });
    throw error;
  }
  throw new ConnectionClosed('the connection ended before the process');
}

/** Passes standard input on, no faster than it is taken, and its end. */
async function pump(input: Readable, stream: Duplex): Promise<void> {
  try {
    for await (const chunk of input) {
      const bytes = chunk instanceof Uint8Array ? chunk : Buffer.from(String(chunk));
      for (let from = 0; from < bytes.length; from += MAX_FRAME_BYTES) {
        const isTaken = write(stream, 'stdin', bytes.subarray(from, from + MAX_FRAME_BYTES));
        if (!isTaken) await drained(stream);
        if (stream.destroyed) return;
      }
    }
  } catch {
    // Input that cannot be read, such as that of a terminal that is gone, has ended.
  }
  write(stream, 'stdin', Buffer.alloc(0));
}

/** Resolves when what was written is taken, or nobody takes it any more. */
async function drained(stream: Duplex): Promise<void> {
  if (stream.destroyed || !stream.writableNeedDrain) return;
  const { promise, resolve } = Promise.withResolvers<void>();
  stream.once('drain', resolve).once('close', resolve);
  await promise;
  stream.off('drain', resolve).off('close', resolve);
}

/** @returns whether more may be written at once */
function write(stream: Duplex, name: StreamName, bytes: Uint8Array): boolean {
  if (!stream.writable) return false;
  stream.cork();
  stream.write(headerOf(name, bytes.length));
  const isTaken = stream.write(bytes);
  stream.uncork();
  return isTaken;
}
