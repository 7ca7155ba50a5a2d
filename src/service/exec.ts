/** The exec sessions of io.berth.Container: each handler translates and delegates. */
import type { ContainerHandlers, ExecConfiguration, ExecListOutput, ExecSession } from '../api/io-berth-container.ts';
import { ContainerError } from '../container/errors.ts';
import type { ExecSessions } from '../container/exec/exec-sessions.ts';
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

export const execService = (sessions: ExecSessions, detachKeysOf: DetachKeysOf): ExecHandlers => ({
  async ExecCreate({ container, configuration }) {
    const { id } = sessions.create(container, configuration);
    return await Promise.resolve({ id });
  },
  async ExecStart({ session }, call) {
    await sessions.startDetached(session, call, call.signal);
    return {};
  },
  async ExecStartAndAttach({ session, ...input }, call) {
    const { container } = (await sessions.inspect(session)).session;
    return await startAttached(sessions, session, streamOptions(input, detachKeysOf(container)), {}, call);
  },
  async ExecAttach(
    { session: reference, stdin = true, stdout = true, stderr = true, foreground = false, ...input },
    { signal },
  ) {
    const relay = sessions.relayOf(reference, 'attach');
    const { missed } = relay;
    const attachment = new Attachment(outputs({ stdout, stderr }));
    // Before anything is waited for: what is said meanwhile is for this client, too.
    const leave = relay.attach(attachment, foreground ? 'foreground' : 'observer');
    leaveWhenGone(signal, attachment, leave);
    try {
      const { session } = await sessions.inspect(reference);
      const options = streamOptions(input, detachKeysOf(session.container));
      const inputOpen = session.config.stdin ? relay.acceptsInput : undefined;
      return {
        reply: { inputOpen, missed },
        serve: async (stream) => {
          const ended = sessions.ended(session.id).then(exitOf);
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
    sessions.resize(session, sizeOf(size));
    return await Promise.resolve({});
  },
  async ExecStop({ session, timeoutUSec }) {
    await sessions.stop(session, durationOf(timeoutUSec));
    return {};
  },
  async ExecRemove({ session, force = false }) {
    await sessions.remove(session, force ? 'kill' : 'refuse');
    return {};
  },
  async ExecInspect({ session }) {
    const found = await sessions.inspect(session);
    return { execSession: wireSession(found.session, found.pid) };
  },
  async *ExecList({ container }): AsyncGenerator<ExecListOutput> {
    for (const { id } of sessions.list(container)) {
      const { session, pid } = await sessions.inspect(id);
      yield { execSession: wireSession(session, pid) };
    }
  },
  async Exec({ container, configuration, ...input }, call) {
    const options = streamOptions(input, detachKeysOf(container));
    const { id } = sessions.create(container, configuration);
    try {
      const { serve, ...upgrade } = await startAttached(sessions, id, options, { id }, call);
      return {
        ...upgrade,
        serve: async (stream) => {
          await serve(stream);
          // One that was detached from goes on, and stays.
          const { session } = await sessions.inspect(id);
          if (stateOf(session) === 'stopped') await sessions.remove(id, 'refuse');
        },
      };
    } catch (error) {
      await sessions.remove(id, 'kill');
      throw error;
    }
  },
});

async function startAttached<T>(
  sessions: ExecSessions,
  reference: string,
  options: StreamOptions,
  reply: T,
  call: Peer & { readonly signal: AbortSignal },
): Promise<Upgrade<T>> {
  const { session } = await sessions.inspect(reference);
  const attachment = new Attachment(['stdout', 'stderr']);
  const { relay, leave } = await sessions.start(session.id, {
    caller: call,
    client: attachment,
    size: options.size,
  });
  const ended = sessions.ended(session.id).then(exitOf);
  leaveWhenGone(call.signal, attachment, leave);
  const stdin = session.config.stdin ? 'open' : 'none';
  return {
    reply,
    serve: async (stream) => void (await serveAttached(stream, options, { relay, attachment, leave, stdin, ended })),
  };
}

/** How a session ended. Where nothing was run, the runtime has said why in its own words, which look like the command's. */
const exitOf = (end: SessionEnd | undefined): SessionExit => ({ exitCode: end?.code, message: end?.message });

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
    missed: end?.missed,
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
