/** What the commands have in common that attach to containers. */
import { isContainerError, type Configuration, type ContainerClient } from '../../api/io-berth-container.ts';
import type { TerminalSize } from '../../stream/control.ts';
import type { Upgraded } from '../../varlink/types.ts';
import type { Given } from '../arguments/args.ts';
import type { ATTACH_OPTIONS, StreamChoice } from '../arguments/attach-options.ts';
import type { Context } from '../command.ts';
import { forward } from './forward.ts';
import { passedOnSignals } from './signals.ts';
import { attached, type Session } from './session.ts';

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
  /** Runs before a failure to start it is thrown. */
  readonly onStartFailed?: () => Promise<void>;
}

/** Stays with a container until it has ended or was detached from. @returns the exit code */
export async function attachTo(
  containers: ContainerClient,
  { container, configuration, input, by, streams, recursive, onStartFailed }: Attaching,
  args: Given<typeof ATTACH_OPTIONS>,
  context: Context,
): Promise<number> {
  const { terminal = false, stdin = terminal } = configuration;
  const isPassedOn = input === 'required' || (input === 'if-open' && stdin);
  const isProxy = args.flag('sig-proxy') && !terminal;
  const call = { container, stdin: isPassedOn, ...outputsOf(streams), detachKeys: args.text('detach-keys') };
  const connect = async (size: TerminalSize | undefined): Promise<Upgraded<unknown>> => {
    if (by === 'attach') return await containers.attach({ ...call, size });
    try {
      return await containers.startAndAttach({ ...call, size, recursive });
    } catch (error) {
      if (isContainerError(error, 'WrongState') && error.parameters.state === 'running') {
        return await containers.attach({ ...call, size });
      }
      await onStartFailed?.();
      throw error;
    }
  };
  // One that was started here goes on to wait for those who read what it says.
  const foreground = by === 'start' || undefined;
  const session: Session = {
    connect: async (size) => ({
      stream: (await connect(size)).stream,
      farewell: `detached; the container goes on, and 'berth attach ${shortened(container)}' attaches again`,
      onSignal: isProxy ? async (signal) => await forward(containers, container, signal, context) : undefined,
    }),
    async resume(size) {
      try {
        const { reply, stream } = await containers.attach({ ...call, size, foreground });
        return { stream, input: reply.inputOpen === false ? 'ended' : 'open', missed: reply.missed ?? false };
      } catch (error) {
        if (!ENDED.some((name) => isContainerError(error, name))) throw error;
        const { exit } = await containers.wait({ container });
        const rest = `'berth logs ${shortened(container)}' has the rest of what it said, unless it was removed`;
        return { type: 'exit', ...exit, rest };
      }
    },
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
