/** Sessions over varlink, framed or raw. */
import { once } from 'node:events';
import { createReadStream } from 'node:fs';
import type { Duplex } from 'node:stream';
import { ContainerClient } from '../../src/api/io-berth-container.ts';
import { encodeFrame, FrameReader } from '../../src/stream/frames.ts';
import type { Client } from '../../src/varlink/client.ts';
import { BERTH_IMAGE } from './engines.ts';
import { AT_TERMINAL, READY, type Keyboard, type Sessions } from './sessions.ts';

export function varlinkSessions(client: Client): Sessions {
  const containers = new ContainerClient(client);
  return {
    runTrue: async (container) => {
      const { stream } = await containers.exec({ container, configuration: { command: ['true'] } });
      const { exitCode } = await lastOf(stream, () => undefined);
      if (exitCode !== 0) throw new Error(`true ended with ${String(exitCode)}`);
    },
    execCat: async (container, file) => {
      const { stream } = await containers.exec({ container, configuration: { command: ['cat'], stdin: true } });
      return await carried(stream, file);
    },
    runCat: async (name, file) => {
      const configuration = {
        image: BERTH_IMAGE,
        name,
        command: ['cat'],
        stdin: true,
        network: 'none',
        removeOnExit: true,
      };
      await containers.create({ configuration });
      const { stream } = await containers.startAndAttach({ container: name });
      return await carried(stream, file);
    },
    openTerminal: async (container) => await keyboard(containers, container, 'framed'),
  };
}

export const openRawTerminal = async (client: Client, container: string): Promise<Keyboard> =>
  await keyboard(new ContainerClient(client), container, 'raw');

async function keyboard(containers: ContainerClient, container: string, form: 'framed' | 'raw'): Promise<Keyboard> {
  const { reply, stream } = await containers.exec({
    container,
    configuration: { command: AT_TERMINAL, terminal: true },
    raw: form === 'raw',
  });
  let seen = '';
  for await (const chunk of stream.iterator({ destroyOnReturn: false })) {
    seen += String(chunk);
    if (seen.includes(READY)) break;
  }
  stream.resume();
  return {
    press: async (key) => {
      const shown = once(stream, 'data');
      stream.write(form === 'raw' ? key : encodeFrame('stdin', Buffer.from(key)));
      await shown;
    },
    [Symbol.asyncDispose]: async () => {
      stream.destroy();
      await containers.execRemove({ session: reply.id, force: true });
    },
  };
}

/** Sends a file and counts what comes back, both at once. */
async function carried(stream: Duplex, file: string): Promise<number> {
  let arrived = 0;
  const last = lastOf(stream, (bytes) => {
    arrived += bytes;
  });
  for await (const chunk of createReadStream(file)) {
    if (Buffer.isBuffer(chunk) && !stream.write(encodeFrame('stdin', chunk))) await once(stream, 'drain');
  }
  stream.write(encodeFrame('stdin', Buffer.alloc(0)));
  await last;
  return arrived;
}

/** Reads to the end. @param output told of the length of each piece */
export async function lastOf(stream: Duplex, output: (bytes: number) => void): Promise<{ readonly exitCode?: number }> {
  const reader = new FrameReader();
  for await (const chunk of stream) {
    if (!Buffer.isBuffer(chunk)) continue;
    for (const { stream: name, payload } of reader.push(chunk)) {
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- berthd wrote it
      if (name === 'control') return JSON.parse(payload.toString()) as { exitCode?: number };
      output(payload.length);
    }
  }
  throw new Error('the session ended without a last word');
}
