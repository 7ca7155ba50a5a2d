import {
  ContainerClient,
  isContainerError,
  type ExecAttachInput,
  type ExecConfiguration,
} from '../../api/io-berth-container.ts';
import { UsageError } from '../arguments/args.ts';
import { DETACH_KEYS_OPTION } from '../arguments/attach-options.ts';
import { command, type Context } from '../command.ts';
import { EXIT } from '../output/exit-codes.ts';
import { OutputClosed, OutputFailed } from '../output/output.ts';
import { parseCount } from '../arguments/quantities.ts';
import { OutputMissed } from '../session/output-missed.ts';
import { InputUncertain } from '../session/session-input.ts';
import { attached, type Missed, type Resumed, type Session } from '../session/session.ts';
import { variablesFrom } from '../arguments/variables.ts';

/** How long a command may take to end when nobody reads what it says any more. */
const GRACE_USEC = 1_000_000;
/** The first after the standard streams. */
const FIRST_PRESERVED = 3;

export const exec = command({
  name: 'exec',
  summary: 'Run a command in a container that runs',
  operands: 'NAME COMMAND [ARG…]',
  details:
    'Shows what it writes and exits with its exit code: 128 and the number of the signal that ended it, 127 where the\n' +
    'command is not there, 126 where it cannot be executed, 125 where berth itself failed. A signal asks it to end, with the\n' +
    'stop signal of the container.',
  options: {
    interactive: { kind: 'flag', short: 'i', help: 'Pass standard input on to it' },
    tty: { kind: 'flag', short: 't', help: 'Give it a terminal' },
    detach: { kind: 'flag', short: 'd', help: 'Print the ID of its session and leave it to itself' },
    env: { kind: 'texts', short: 'e', value: 'NAME[=VALUE]', help: 'Set an environment variable' },
    'env-file': { kind: 'texts', value: 'FILE', help: 'Set the environment variables that stand in FILE, one a line' },
    user: { kind: 'text', short: 'u', value: 'USER[:GROUP]', help: 'Run it as USER' },
    workdir: { kind: 'text', short: 'w', value: 'PATH', help: 'Run it in PATH' },
    privileged: { kind: 'flag', help: 'Give it every capability' },
    'preserve-fds': { kind: 'text', value: 'COUNT', help: 'Give it COUNT descriptors of this process, from 3 on' },
    'detach-keys': DETACH_KEYS_OPTION,
  },
  least: 2,
  most: Infinity,
  optionsEnd: 'at-first-operand',
  async run(args, context) {
    const [container = '', ...command] = args.operands;
    const environment = variablesFrom(args.texts('env-file'), args.texts('env'), context.environment);
    const [interactive, tty] = [args.flag('interactive'), args.flag('tty')];
    const configuration: ExecConfiguration = {
      command,
      environment: Object.keys(environment).length === 0 ? undefined : environment,
      user: args.text('user'),
      workingDirectory: args.text('workdir'),
      terminal: tty || undefined,
      stdin: interactive || undefined,
      privileged: args.flag('privileged') || undefined,
      preservedDescriptors: preserved(args.text('preserve-fds'), context),
    };
    const containers = new ContainerClient(context.berthd);
    if (args.flag('detach')) return await leave(containers, container, configuration, context);
    const detachKeys = args.text('detach-keys');
    let id: string | undefined;
    let isResumed = false;
    const session: Session = {
      async connect(size) {
        const { reply, stream } = await containers.exec({ container, configuration, detachKeys, size });
        const execSession = reply.id;
        id = execSession;
        return {
          stream,
          farewell: `detached; the command goes on in the session ${execSession.slice(0, 12)}`,
          onSignal: async () => void (await containers.execStop({ session: execSession })),
        };
      },
      async resume(size) {
        isResumed = true;
        return await resume(containers, { session: id ?? '', stdin: interactive, detachKeys, size });
      },
    };
    try {
      const options = { stdin: interactive ? 'passed-on' : 'none', terminal: tty ? 'has' : 'none' } as const;
      return await attached(session, options, context);
    } catch (error) {
      const isLost = [OutputClosed, OutputFailed, OutputMissed, InputUncertain].some((each) => error instanceof each);
      if (isLost && id !== undefined) await end(containers, id);
      throw error;
    } finally {
      // The berthd that would have removed it is gone.
      if (isResumed && id !== undefined) await forget(containers, id);
    }
  },
});

/**
 * How many descriptors are passed on, all of which berthd takes from this process by itself.
 * @throws UsageError
 */
function preserved(text: string | undefined, { isInherited }: Context): number | undefined {
  if (text === undefined) return undefined;
  const count = parseCount('--preserve-fds', text);
  for (let descriptor = FIRST_PRESERVED; descriptor < FIRST_PRESERVED + count; descriptor++) {
    if (isInherited(descriptor)) continue;
    throw new UsageError(`--preserve-fds ${text} passes on descriptor ${descriptor}, which is not open`);
  }
  return count;
}

/** From this moment on, after berthd went away. */
async function resume(containers: ContainerClient, input: ExecAttachInput): Promise<Resumed | Missed> {
  try {
    const { reply, stream } = await containers.execAttach({ ...input, foreground: true });
    return { stream, input: reply.inputOpen === false ? 'ended' : 'open', missed: reply.missed ?? false };
  } catch (error) {
    if (!isContainerError(error, 'WrongExecState')) throw error;
    const {
      exitCode,
      message,
      missed = false,
    } = (await containers.execInspect({ session: input.session })).execSession;
    if (missed) throw new OutputMissed();
    return { type: 'exit', exitCode, message };
  }
}

/** Removes a session that has ended; one that was detached from stays. */
async function forget(containers: ContainerClient, session: string): Promise<void> {
  try {
    await containers.execRemove({ session });
  } catch {
    // It runs, or is gone already.
  }
}

/** @returns the exit code */
async function leave(
  containers: ContainerClient,
  container: string,
  configuration: ExecConfiguration,
  { output }: Context,
): Promise<number> {
  const { id } = await containers.execCreate({ container, configuration });
  try {
    await containers.execStart({ session: id });
  } catch (error) {
    await containers.execRemove({ session: id, force: true }).catch(() => undefined); // why it failed matters more
    throw error;
  }
  await output.line(id);
  return EXIT.ok;
}

/** What SIGPIPE would be to it, had it written to the pipe itself; and what is to be done with half of its input. */
async function end(containers: ContainerClient, session: string): Promise<void> {
  try {
    await containers.execStop({ session, timeoutUSec: GRACE_USEC });
    await containers.execRemove({ session });
  } catch {
    // It has ended and is gone already.
  }
}
