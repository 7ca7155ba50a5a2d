/** The files of containers, of io.berth.Container: each handler translates and delegates. */
import type { Duplex, Writable } from 'node:stream';
import type { ContainerHandlers, CopyToOutput, FileFacts as WireFacts } from '../api/io-berth-container.ts';
import { containerInterface } from '../api/io-berth-container.ts';
import type { FileFacts } from '../archive/request.ts';
import type { Copy, Files } from '../container/files/files.ts';
import { Channel } from '../stream/channel.ts';
import { BadFrame } from '../stream/frames.ts';
import type { Upgrade } from '../varlink/types.ts';
import { answerFor } from './errors.ts';
import { timestamp } from './wire.ts';

export type FilesHandlers = Pick<ContainerHandlers, 'Stat' | 'CopyTo' | 'CopyFrom' | 'Export'>;

export const filesService = (files: Files): FilesHandlers => ({
  async Stat({ container, path }, { signal }) {
    const { name, facts, link } = await files.stat(container, path, signal);
    const leadsTo = link?.leadsTo;
    return {
      name,
      facts: wireFacts(facts),
      linkText: link?.text,
      linkTarget: leadsTo === undefined ? undefined : { path: leadsTo.path, facts: wireFacts(leadsTo.facts) },
    };
  },
  async CopyTo({ container, path, chown = false, raw }, { signal }) {
    const ownership = chown ? 'of-container' : 'of-archive';
    return served(await files.copyTo(container, path, ownership, signal), raw, unpackFrom);
  },
  async CopyFrom({ container, path, name, raw }, { signal }) {
    return served(await files.copyFrom(container, path, name, signal), raw, packTo);
  },
  async Export({ container, raw }, { signal }) {
    return served(await files.export(container, signal), raw, packTo);
  },
});

const S_IFMT = 0o170000;
const S_IFDIR = 0o040000;

const wireFacts = ({ size, mode, modifiedAt, uid, gid }: FileFacts): WireFacts => ({
  size,
  mode,
  mtime: timestamp(new Date(modifiedAt)),
  isDir: (mode & S_IFMT) === S_IFDIR,
  uid,
  gid,
});

type Carry = (channel: Channel, copy: Copy) => Promise<void>;

function served(copy: Copy, raw: boolean | undefined, carry: Carry): Upgrade<CopyToOutput> {
  const form = raw === true ? 'raw' : 'framed';
  const serve = async (stream: Duplex): Promise<void> => {
    const channel = new Channel(stream, { form, detachKeys: Buffer.alloc(0) });
    try {
      const carried = carry(channel, copy);
      carried.catch(() => undefined); // nobody waits any more when the client left first
      const outcome = await Promise.race([carried.then(() => 'done' as const), channel.departed]);
      if (outcome === 'done') channel.exit({ exitCode: 0 });
      else if (outcome instanceof BadFrame)
        channel.fail('org.varlink.service.InvalidParameter', { parameter: outcome.parameter });
    } catch (error) {
      const answer = answerFor(containerInterface.name, error);
      if (answer === undefined) throw error;
      channel.fail(answer.error, answer.parameters);
    } finally {
      copy.kill();
      stream.resume(); // what is still sent is nobody's
    }
  };
  return { reply: {}, serve };
}

const unpackFrom: Carry = async (channel, { input, ended }) => {
  const reading = channel.read({
    input: async (bytes) => {
      await write(input, bytes);
    },
    inputEnd: () => {
      input.end();
    },
    resize: () => undefined, // there is no window
  });
  reading.catch(() => undefined); // its client is gone, which the channel tells
  await ended;
};

const packTo: Carry = async (channel, { output, ended }) => {
  const reading = channel.read({
    input: () => undefined, // an archive takes none
    inputEnd: () => undefined,
    resize: () => undefined,
  });
  reading.catch(() => undefined); // its client is gone, which the channel tells
  for await (const chunk of output) {
    if (Buffer.isBuffer(chunk)) channel.write('stdout', chunk);
    await channel.drained();
  }
  await ended;
};

/** Resolves when more can be written; what is written to a tar that has ended is nobody's. */
async function write(input: Writable, bytes: Buffer): Promise<void> {
  if (input.destroyed || input.write(bytes)) return;
  const { promise, resolve } = Promise.withResolvers<void>();
  input.once('drain', resolve).once('close', resolve);
  await promise;
  input.off('drain', resolve).off('close', resolve);
}
