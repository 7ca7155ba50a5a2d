/** Attaching to containers, of io.berth.Container: relayed streams byte for byte, or the journal line by line. */
import type { Duplex } from 'node:stream';
import type { AttachOutput, ContainerHandlers } from '../api/io-berth-container.ts';
import type { Containers } from '../container/containers.ts';
import type { Ends } from '../container/ends.ts';
import { ContainerError } from '../container/errors.ts';
import type { Attaching } from '../container/operations/attach.ts';
import type { Waited } from '../container/operations/wait.ts';
import type { LogLine } from '../journal/journal.ts';
import type { Relay } from '../relay/relay.ts';
import { Attachment } from '../stream/attachment.ts';
import { Channel } from '../stream/channel.ts';
import type { SessionExit } from '../stream/control.ts';
import type { OutputName } from '../stream/frames.ts';
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
import { textsOf } from './log-lines.ts';

export type AttachHandlers = Pick<ContainerHandlers, 'StartAndAttach' | 'Attach' | 'Resize'>;

const wireExit = ({ exit }: Waited): SessionExit => ({ exitCode: exit?.code, signal: exit?.signal });
const inputFor = (wanted: boolean | undefined): 'required' | 'if-open' | 'none' =>
  wanted === undefined ? 'if-open' : wanted ? 'required' : 'none';

export const attachService = (
  containers: Containers,
  ends: Pick<Ends, 'ended'>,
  detachKeysOf: DetachKeysOf,
): AttachHandlers => ({
  async StartAndAttach({ container, recursive = false, stdin, stdout = true, stderr = true, ...input }, { signal }) {
    const options = streamOptions(input, detachKeysOf(container));
    const wanted = outputs({ stdout, stderr });
    const { id } = containers.demandInput(container, inputFor(stdin));
    const attachment = new Attachment(wanted);
    let relayed: Attaching['relayed'];
    const opened = (relay: Relay): void => {
      if (options.size !== undefined) relay.resize(options.size);
      relayed = { relay, leave: relay.attach(attachment, 'foreground') };
      leaveWhenGone(signal, attachment, relayed.leave);
    };
    const since = containers.now();
    try {
      await containers.start(container, { dependencies: recursive ? 'start' : 'must-run', opened }, signal);
    } catch (error) {
      relayed?.leave[Symbol.dispose]();
      attachment.close();
      throw error;
    }
    const over = new AbortController();
    const ended = ends.ended(id, over.signal).then(wireExit);
    const serve = async (stream: Duplex): Promise<void> => {
      using _over = aborting(over);
      if (relayed !== undefined) {
        const input = stdin === false || !relayed.relay.acceptsInput ? 'none' : 'open';
        await serveAttached(stream, options, { ...relayed, attachment, stdin: input, ended });
        return;
      }
      const lines = containers.logs(
        id,
        { follow: true, since, tail: undefined, until: undefined, cursor: undefined, lines: 'together' },
        over.signal,
      );
      await serveLines(stream, options, wanted, lines, ended);
    };
    return { reply: {}, serve };
  },

  async Attach(
    {
      container: reference,
      stdin,
      stdout = true,
      stderr = true,
      logs = false,
      stream: live = true,
      foreground = false,
      ...input
    },
    { signal },
  ) {
    if (!logs && !live) throw new ContainerError('InvalidParameter', { parameter: 'stream' });
    const options = streamOptions(input, detachKeysOf(reference));
    const wanted = outputs({ stdout, stderr });
    const client = new Attachment(wanted);
    const attaching = containers.attach(reference, {
      client,
      role: foreground ? 'foreground' : 'observer',
      stdin: inputFor(stdin),
      live: live ? 'follow' : 'none',
      log: logs ? 'wanted' : 'none',
    });
    const { container, relayed } = attaching;
    if (relayed !== undefined) leaveWhenGone(signal, client, relayed.leave);
    const serve = async (stream: Duplex): Promise<void> => {
      const over = new AbortController();
      using _over = aborting(over);
      const ended = ends.ended(container.id, over.signal).then(wireExit);
      ended.catch(() => undefined); // nobody waits any more
      if (relayed === undefined) {
        const query = {
          follow: live,
          tail: logs ? undefined : 0,
          since: undefined,
          until: undefined,
          cursor: undefined,
          lines: 'together',
        } as const;
        const lines = containers.logs(container.id, query, over.signal);
        await serveLines(stream, options, wanted, lines, live ? ended : Promise.resolve('detached'));
        return;
      }
      if (options.size !== undefined) relayed.relay.resize(options.size);
      const first = logs ? before(containers, attaching, over.signal) : undefined;
      const input = stdin === false || !relayed.relay.acceptsInput ? 'none' : 'open';
      await serveAttached(stream, options, {
        ...relayed,
        attachment: client,
        stdin: input,
        ended,
        first,
        redraw: true,
      });
    };
    const inputOpen = container.config.stdin ? relayed?.relay.acceptsInput : undefined;
    return await Promise.resolve<Upgrade<AttachOutput>>({ reply: { inputOpen, missed: relayed?.relay.missed }, serve });
  },

  async Resize({ container, size }) {
    containers.resize(container, sizeOf(size));
    return await Promise.resolve({});
  },
});

const aborting = (controller: AbortController): Disposable => ({
  [Symbol.dispose]: () => {
    controller.abort();
  },
});

/** What was said before the client was attached: whole lines, and then what of each stream is in no line yet. */
async function* before(
  containers: Containers,
  { container, seam }: Attaching,
  signal: AbortSignal,
): AsyncGenerator<[OutputName, Buffer]> {
  for await (const lines of containers.said(container, seam, signal))
    for (const { stream, bytes } of textsOf(lines)) yield [stream, bytes];
  if (seam === undefined) return;
  for (const stream of ['stdout', 'stderr'] as const) yield [stream, seam[stream].rest];
}

/** Sends lines as they come, until there are no more or the client leaves. */
async function serveLines(
  stream: Duplex,
  { form }: StreamOptions,
  wanted: readonly OutputName[],
  log: AsyncIterable<readonly LogLine[]>,
  ended: Promise<SessionExit | 'detached'>,
): Promise<void> {
  ended.catch(() => undefined); // its client left first
  const channel = new Channel(stream, { form, detachKeys: Buffer.alloc(0) });
  const reading = channel.read({ input: () => undefined, inputEnd: () => undefined, resize: () => undefined });
  reading.catch(() => undefined); // its client is gone, which `departed` tells
  const sent = async (): Promise<'sent'> => {
    for await (const lines of log) {
      for (const { stream, bytes } of textsOf(lines)) {
        if (wanted.includes(stream)) channel.write(stream, bytes);
        await channel.drained();
      }
    }
    return 'sent';
  };
  const sending = sent();
  const outcome = await Promise.race([sending, channel.departed]);
  if (outcome === 'sent') {
    const exit = await ended;
    if (exit === 'detached') channel.detached();
    else channel.exit(exit);
  } else {
    sending.catch(() => undefined); // it is being given up
    if (outcome instanceof Error)
      channel.fail('org.varlink.service.InvalidParameter', { parameter: outcome.parameter });
  }
  stream.resume();
}
