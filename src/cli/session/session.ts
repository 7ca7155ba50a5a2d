/**
 * A person, or a pipe, at the streams of a process: from before the connection is made to the last frame. The protocol is in
 * io.berth.Container.varlink, at ExecStartAndAttach. When berthd goes away in between, the session goes on with the next one:
 * the process and its pipes are still there.
 */
import { constants } from 'node:os';
import type { Duplex } from 'node:stream';
import type { ServerControl, TerminalSize } from '../../stream/control.ts';
import { BadFrame, FrameReader } from '../../stream/frames.ts';
import { ConnectionClosed, ProtocolViolation, VarlinkError } from '../../varlink/errors.ts';
import type { Context } from '../command.ts';
import { EXIT } from '../output/exit-codes.ts';
import { OutputMissed } from './output-missed.ts';
import { askAgain, Losses } from './persistence.ts';
import { printable } from '../output/printable.ts';
import { parseServerControl } from './session-control.ts';
import { ENDING_SIGNALS } from './signals.ts';
import { SessionInput, write } from './session-input.ts';

const SIGNAL_BASE = 128;
/** A connection that was there for so long is no sign of a berthd that cannot stay. */
const LASTING_MS = 10_000;

/** What there is once the connection is an attached one. */
export interface Connected {
  readonly stream: Duplex;
  /** What is said when the detach keys were typed. */
  readonly farewell: string;
  /** What a signal is to the process. Without it, a signal ends berth, and the process goes on. */
  readonly onSignal?: ((signal: NodeJS.Signals) => Promise<void>) | undefined;
}

/** The same process, after berthd went away. */
export interface Resumed {
  readonly stream: Duplex;
  /** Whether the input of the process is still open. */
  readonly input: 'open' | 'ended';
  /** Whether some of the output was read meanwhile, for nobody. */
  readonly missed: boolean;
}

/** The process has ended while berthd was away. */
export type Missed = Extract<ServerControl, { type: 'exit' }> & {
  /** Where the rest of its output is, if there may be any. */ readonly rest?: string | undefined;
};

/** The ways to a process. Both get the size of the window, where the process has a terminal. */
export interface Session {
  /** Where berthd goes away under it and the process has ended before there is another one, that is told instead. */
  connect(size: TerminalSize | undefined): Promise<Connected | Missed>;
  /** From this moment on, after berthd went away. */
  resume(size: TerminalSize | undefined): Promise<Resumed | Missed>;
}

export interface SessionOptions {
  /** Whether standard input goes to the process. */
  readonly stdin: 'passed-on' | 'none';
  /** Whether the process has a terminal. */
  readonly terminal: 'has' | 'none';
  /** What this process takes for `onSignal`. Default: what asks a program to end. */
  readonly signals?: readonly NodeJS.Signals[] | undefined;
}

/**
 * Stays with a process until it has ended or the person has detached.
 * @returns the exit code
 * @throws what `connect` and `resume` throw; VarlinkError for an error of the session; ConnectionClosed; InputUncertain; OutputMissed;
 *   OutputClosed | OutputFailed
 */
export async function attached(
  session: Session,
  { stdin, terminal, signals = ENDING_SIGNALS }: SessionOptions,
  context: Context,
): Promise<number> {
  using cleanup = new DisposableStack();
  const connected = Promise.withResolvers<Connected>();
  connected.promise.catch(() => undefined); // the caller that waits for the session sees it
  const left = Promise.withResolvers<NodeJS.Signals>();
  // One that comes early waits until there is somebody it can go to.
  const take = async (signal: NodeJS.Signals): Promise<void> => {
    const { onSignal } = await connected.promise;
    if (onSignal === undefined) left.resolve(signal);
    else await onSignal(signal);
  };
  cleanup.use(
    context.onSignal(signals, (signal) => {
      take(signal).catch(() => undefined); // it has ended meanwhile, which its last frame says
    }),
  );
  const size = (): TerminalSize | undefined => (terminal === 'has' ? context.input.size() : undefined);
  try {
    const connection = await session.connect(size());
    if ('type' in connection) return await conclude(connection, '', context);
    connected.resolve(connection);
  } catch (error) {
    connected.reject(error);
    throw error;
  }
  const { stream, farewell } = await connected.promise;
  const input = stdin === 'none' ? undefined : new SessionInput(context.input.isTerminal() ? 'person' : 'pipe');
  const conversation = new Conversation(stream, input, context);
  cleanup.use(conversation);
  if (terminal === 'has') {
    cleanup.use(
      context.onSignal(['SIGWINCH'], () => {
        const now = size();
        if (now !== undefined) conversation.resize(now);
      }),
    );
    if (stdin === 'passed-on' && context.input.isTerminal()) cleanup.use(await context.input.raw());
  }
  void input?.pump(context.input.open());
  const resume = async (): Promise<Resumed | Missed> => await session.resume(size());
  const last = await Promise.race([conversation.lastWord(resume), left.promise]);
  cleanup.dispose(); // what is said from now on is said to a terminal as it was
  return typeof last === 'string' ? SIGNAL_BASE + constants.signals[last] : await conclude(last, farewell, context);
}

async function conclude(last: ServerControl | Missed, farewell: string, { output }: Context): Promise<number> {
  switch (last.type) {
    case 'detached':
      await output.complain(farewell);
      return EXIT.ok;
    case 'error':
      throw new VarlinkError(last.error, { ...last.parameters });
    case 'exit':
      if ('rest' in last && last.rest !== undefined)
        await output.complain(`it ended while berthd was away; ${last.rest}`);
      if (last.message !== undefined) await output.complain(`nothing was run: ${printable(last.message.trim())}`);
      else if (last.exitCode === undefined) await output.complain('nobody knows how the process ended');
      return last.exitCode ?? EXIT.berthFailed;
  }
}

/** What is said on one connection after another, each of them the session's from the moment it is there. */
class Conversation implements Disposable {
  readonly #input: SessionInput | undefined;
  readonly #context: Pick<Context, 'output' | 'now'>;
  readonly #losses = new Losses();
  #stream: Duplex;
  #over = false;

  constructor(stream: Duplex, input: SessionInput | undefined, context: Pick<Context, 'output' | 'now'>) {
    this.#stream = stream;
    this.#input = input;
    this.#context = context;
    ignoreErrors(stream);
    input?.connect(stream);
  }

  resize(size: TerminalSize): void {
    write(this.#stream, 'control', Buffer.from(JSON.stringify({ type: 'resize', ...size })));
  }

  /** @param resume finds the process again when berthd has gone away */
  async lastWord(resume: () => Promise<Resumed | Missed>): Promise<ServerControl | Missed> {
    for (;;) {
      const since = this.#context.now().getTime();
      try {
        return await this.#hear();
      } catch (error) {
        if (this.#over) throw error;
        this.#input?.disconnect();
        if (this.#context.now().getTime() - since > LASTING_MS) this.#losses.clear();
        this.#losses.add(error);
      }
      const resumed = await askAgain(resume);
      if ('type' in resumed) return resumed;
      this.#stream = resumed.stream;
      ignoreErrors(resumed.stream);
      if (resumed.missed) throw new OutputMissed();
      this.#input?.reconnect(resumed.stream, resumed.input);
    }
  }

  [Symbol.dispose](): void {
    this.#over = true;
    this.#stream.destroy();
  }

  /** Writes what the process says. Nothing more is read before that is taken. */
  async #hear(): Promise<ServerControl> {
    const stream = this.#stream;
    const reader = new FrameReader();
    try {
      for await (const chunk of stream.iterator({ destroyOnReturn: false })) {
        if (!Buffer.isBuffer(chunk)) continue;
        this.#losses.clear();
        for (const { stream: name, payload } of reader.push(chunk)) {
          if (name === 'control') return parseServerControl(payload);
          if (name === 'stdin') throw new ProtocolViolation('a frame of standard input');
          await this.#context.output.write(name, payload);
        }
      }
    } catch (error) {
      if (error instanceof BadFrame) throw new ProtocolViolation(error.message, { cause: error });
      if (error === stream.errored) throw new ConnectionClosed('the connection was lost', { cause: error });
      throw error;
    }
    throw new ConnectionClosed('the connection ended before the process');
  }
}

/** Who reads the stream sees them. */
function ignoreErrors(stream: Duplex): void {
  stream.on('error', () => undefined);
}
