/** The exec sessions of io.berth.Container: each handler translates and delegates. */
import type { ContainerHandlers, ExecConfiguration, ExecListOutput, ExecSession } from '../api/io-berth-container.ts';
import { ContainerError } from '../container/errors.ts';
import type { Executions } from '../container/exec/executions.ts';
import { sessionUnit, stateOf, type Session, type SessionEnd } from '../container/exec/session.ts';
import type { Peer } from '../lib/peer-descriptors.ts';
import { Attachment } from '../stream/attachment.ts';
import type { SessionExit } from '../stream/control.ts';
import type { Upgrade } from '../varlink/types.ts';
import {
  leaveWhenGone,
  outputs,
  serveAttached,
  sizeOf,
  streamOptions,
  type DetachKeysOf,
  type StreamOptions,
} from './attached.ts';
import { timestamp } from './wire.ts';

export type ExecHandlers = Pick<ContainerHandlers, Extract<keyof ContainerHandlers, `Exec${string}`>>;

export const execService = (executions: Executions, detachKeysOf: DetachKeysOf): ExecHandlers => ({
  async ExecCreate({ container, configuration }) {
    const { id } = executions.create(container, configuration);
    return await Promise.resolve({ id });
  },
  async ExecStart({ session }, call) {
    await executions.startDetached(session, call, call.signal);
    return {};
  },
  async ExecStartAndAttach({ session, ...input }, call) {
    const { container } = (await executions.inspect(session)).session;
    return await startAttached(executions, session, streamOptions(input, detachKeysOf(container)), {}, call);
  },
  async ExecAttach(
    { session: reference, stdin = true, stdout = true, stderr = true, foreground = false, ...input },
    { signal },
  ) {
    const relay = executions.relayOf(reference, 'attach');
    const attachment = new Attachment(outputs({ stdout, stderr }));
    // Before anything is waited for: what is said meanwhile is for this client, too.
    const leave = relay.attach(attachment, foreground ? 'foreground' : 'observer');
    leaveWhenGone(signal, attachment, leave);
    try {
      const { session } = await executions.inspect(reference);
      const options = streamOptions(input, detachKeysOf(session.container));
      const inputOpen = session.config.stdin ? relay.acceptsInput : undefined;
      return {
        reply: { inputOpen },
        serve: async (stream) => {
          const ended = executions.ended(session.id).then(endFor(attachment));
          if (options.size !== undefined) relay.resize(options.size);
          const open = stdin ? 'open' : 'none';
          await serveAttached(stream, options, { relay, attachment, leave, stdin: open, ended, redraw: true });
        },
      };
    } catch (error) {
      leave[Symbol.dispose]();
      throw error;
    }
  },
  async ExecResize({ session, size }) {
    executions.resize(session, sizeOf(size));
    return await Promise.resolve({});
  },
  async ExecStop({ session, timeoutUSec }) {
    await executions.stop(session, durationOf(timeoutUSec));
    return {};
  },
  async ExecRemove({ session, force = false }) {
    await executions.remove(session, force ? 'kill' : 'refuse');
    return {};
  },
  async ExecInspect({ session }) {
    const found = await executions.inspect(session);
    return { execSession: wireSession(found.session, found.pid) };
  },
  async *ExecList({ container }): AsyncGenerator<ExecListOutput> {
    for (const { id } of executions.list(container)) {
      const { session, pid } = await executions.inspect(id);
      yield { execSession: wireSession(session, pid) };
    }
  },
  async Exec({ container, configuration, ...input }, call) {
    const options = streamOptions(input, detachKeysOf(container));
    const { id } = executions.create(container, configuration);
    try {
      const { serve, ...upgrade } = await startAttached(executions, id, options, { id }, call);
      return {
        ...upgrade,
        serve: async (stream) => {
          await serve(stream);
          // One that was detached from goes on, and stays.
          const { session } = await executions.inspect(id);
          if (stateOf(session) === 'stopped') await executions.remove(id, 'refuse');
        },
      };
    } catch (error) {
      await executions.remove(id, 'kill');
      throw error;
    }
  },
});

async function startAttached<T>(
  executions: Executions,
  reference: string,
  options: StreamOptions,
  reply: T,
  call: Peer & { readonly signal: AbortSignal },
): Promise<Upgrade<T>> {
  const { session } = await executions.inspect(reference);
  const attachment = new Attachment(['stdout', 'stderr']);
  const { relay, leave } = await executions.start(session.id, {
    caller: call,
    client: attachment,
    size: options.size,
  });
  const ended = executions.ended(session.id).then(endFor(attachment));
  leaveWhenGone(call.signal, attachment, leave);
  const stdin = session.config.stdin ? 'open' : 'none';
  return {
    reply,
    serve: async (stream) => void (await serveAttached(stream, options, { relay, attachment, leave, stdin, ended })),
  };
}

/** How a session ended. Where nothing was run, what the client has heard is the runtime saying why, and is not repeated. */
const endFor =
  (attachment: Attachment) =>
  (end: SessionEnd | undefined): SessionExit => ({
    exitCode: end?.code,
    message: attachment.hasHeard ? undefined : end?.message,
  });

function wireSession(session: Session, pid: number | undefined): ExecSession {
  const { id, container, config, createdAt, startedAt, end } = session;
  return {
    id,
    container,
    unit: sessionUnit(id),
    state: stateOf(session),
    configuration: wireConfiguration(config),
    process: pid === undefined ? undefined : { pid },
    exitCode: end?.code,
    message: end?.message,
    createdAt: timestamp(createdAt),
    startedAt: startedAt === undefined ? undefined : timestamp(startedAt),
    exitedAt: end === undefined ? undefined : timestamp(end.at),
  };
}

const wireConfiguration = (config: Session['config']): ExecConfiguration => ({ ...config });

/** @throws ContainerError `InvalidParameter` */
function durationOf(usec: number | bigint | undefined): number | undefined {
  if (usec === undefined) return undefined;
  const number = Number(usec);
  if (!Number.isSafeInteger(number) || number < 0)
    throw new ContainerError('InvalidParameter', { parameter: 'timeoutUSec' });
  return number;
}
