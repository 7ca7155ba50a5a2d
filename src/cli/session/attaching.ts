/** What the commands have in common that attach to containers. */
import { isContainerError, type Configuration, type ContainerClient } from '../../api/io-berth-container.ts';
import type { TerminalSize } from '../../stream/control.ts';
import { ConnectionClosed } from '../../varlink/errors.ts';
import type { Given } from '../arguments/args.ts';
import type { ATTACH_OPTIONS, StreamChoice } from '../arguments/attach-options.ts';
import type { Context } from '../command.ts';
import { forward } from './forward.ts';
import { askAgain, Losses } from './persistence.ts';
import { passedOnSignals } from './signals.ts';
import { attached, type Missed, type Resumed, type Session } from './session.ts';
import { fateOfStart } from './starting.ts';

const ENDED = ['WrongState', 'NoSuchContainer'] as const;

export interface Attaching {
  /** As it was given, or the ID. */
  readonly container: string;
  readonly configuration: Pick<Configuration, 'terminal' | 'stdin'>;
  /** Whether standard input goes to it; `if-open`, where it has one, `required`, or it is refused. */
  readonly input: 'required' | 'if-open' | 'none';
  /** `start`: it is started, and attached before. */
  readonly by: 'attach' | 'start';
  /** Those that are of interest; none stands for all. */
  readonly streams: readonly StreamChoice[];
  readonly recursive?: boolean | undefined;
  /** The last run that there was of it before it is started. */
  readonly before?: string | undefined;
  /** Runs before a failure to start it is thrown. */
  readonly onStartFailed?: () => Promise<void>;
}

/** Stays with a container until it has ended or was detached from. @returns the exit code */
export async function attachTo(
  containers: ContainerClient,
  { container, configuration, input, by, streams, recursive, before, onStartFailed }: Attaching,
  args: Given<typeof ATTACH_OPTIONS>,
  context: Context,
): Promise<number> {
  const { terminal = false, stdin = terminal } = configuration;
  const isPassedOn = input === 'required' || (input === 'if-open' && stdin);
  const isProxy = args.flag('sig-proxy') && !terminal;
  const call = { container, stdin: isPassedOn, ...outputsOf(streams), detachKeys: args.text('detach-keys') };
  // One that was started here goes on to wait for those who read what it says.
  const foreground = by === 'start' || undefined;
  const resume = async (size: TerminalSize | undefined): Promise<Resumed | Missed> => {
    try {
      const { reply, stream } = await containers.attach({ ...call, size, foreground });
      return { stream, input: reply.inputOpen === false ? 'ended' : 'open', missed: reply.missed ?? false };
    } catch (error) {
      if (!ENDED.some((name) => isContainerError(error, name))) throw error;
      const { exit } = await containers.wait({ container });
      const rest = `'berth logs ${shortened(container)}' has the rest of what it said, unless it was removed`;
      return { type: 'exit', ...exit, rest };
    }
  };
  const start = async (size: TerminalSize | undefined): Promise<Pick<Resumed, 'stream'> | Missed> => {
    const losses = new Losses();
    for (;;) {
      try {
        return await containers.startAndAttach({ ...call, size, recursive });
      } catch (error) {
        if (isContainerError(error, 'WrongState') && error.parameters.state === 'running')
          return await containers.attach({ ...call, size });
        if (!(error instanceof ConnectionClosed)) {
          await onStartFailed?.();
          throw error;
        }
        losses.add(error);
      }
      if ((await fateOfStart(containers, container, before)) === 'started')
        return await askAgain(async () => await resume(size));
    }
  };
  const session: Session = {
    async connect(size) {
      const connection = by === 'start' ? await start(size) : await containers.attach({ ...call, size });
      if ('type' in connection) return connection;
      return {
        stream: connection.stream,
        farewell: `detached; the container goes on, and 'berth attach ${shortened(container)}' attaches again`,
        onSignal: isProxy ? async (signal) => await forward(containers, container, signal, context) : undefined,
      };
    },
    resume,
  };
  const options = {
    stdin: isPassedOn ? 'passed-on' : 'none',
    terminal: terminal ? 'has' : 'none',
    signals: isProxy ? passedOnSignals(context.input.hasTerminal() ? 'at-a-terminal' : 'elsewhere') : undefined,
  } as const;
  return await attached(session, options, context);
}

/** Nothing is said of them where all are wanted. */
const outputsOf = (streams: readonly StreamChoice[]): { stdout?: boolean; stderr?: boolean } =>
  streams.length === 0 ? {} : { stdout: streams.includes('stdout'), stderr: streams.includes('stderr') };

const shortened = (container: string): string =>
  /^[0-9a-f]{64}$/u.test(container) ? container.slice(0, 12) : container;
