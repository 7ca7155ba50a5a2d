/** Sessions over podman's REST interface: connections that become a process's streams, with Docker's frames on them. */
import { once } from 'node:events';
import { createReadStream } from 'node:fs';
import type { Duplex } from 'node:stream';
import { FrameReader } from '../../src/stream/frames.ts';
import { PODMAN_IMAGE } from './engines.ts';
import type { HttpSocket } from './http-socket.ts';
import { AT_TERMINAL, READY, type Sessions } from './sessions.ts';

const ROOT = '/v5.0.0/libpod';

export function restSessions(http: HttpSocket): Sessions {
  const create = async (container: string, command: readonly string[], terminal = false): Promise<string> => {
    const body = {
      Cmd: command,
      AttachStdin: command[0] !== 'true',
      AttachStdout: true,
      AttachStderr: true,
      Tty: terminal,
    };
    return idOf(await http.ask('POST', `${ROOT}/containers/${container}/exec`, body));
  };
  return {
    runTrue: async (container) => {
      const id = await create(container, ['true']);
      await http.ask('POST', `${ROOT}/exec/${id}/start`, { Detach: false });
      const found = await http.ask('GET', `${ROOT}/exec/${id}/json`);
      if (!hasExited(found)) throw new Error(`true: ${JSON.stringify(found)}`);
    },
    execCat: async (container, file) => {
      const id = await create(container, ['cat']);
      return await carried(await http.upgrade(`${ROOT}/exec/${id}/start`, { Detach: false, Tty: false }), file);
    },
    runCat: async (name, file) => {
      const body = { name, image: PODMAN_IMAGE, command: ['cat'], stdin: true, netns: { nsmode: 'none' } };
      await http.ask('POST', `${ROOT}/containers/create`, body);
      const wanted = 'stream=true&stdin=true&stdout=true&stderr=true';
      const stream = await http.upgrade(`${ROOT}/containers/${name}/attach?${wanted}`);
      await http.ask('POST', `${ROOT}/containers/${name}/start`);
      const arrived = await carried(stream, file);
      await http.ask('POST', `${ROOT}/containers/${name}/wait`);
      await http.ask('DELETE', `${ROOT}/containers/${name}`);
      return arrived;
    },
    openTerminal: async (container) => {
      const id = await create(container, AT_TERMINAL, true);
      const stream = await http.upgrade(`${ROOT}/exec/${id}/start`, { Detach: false, Tty: true });
      let seen = '';
      for await (const chunk of stream.iterator({ destroyOnReturn: false })) {
        seen += String(chunk);
        if (seen.includes(READY)) break;
      }
      stream.resume();
      return {
        press: async (key) => {
          const shown = once(stream, 'data');
          stream.write(key);
          await shown;
        },
        [Symbol.asyncDispose]: async () => {
          const closed = once(stream, 'close');
          stream.write('\u0003');
          await closed;
        },
      };
    },
  };
}

async function carried(stream: Duplex, file: string): Promise<number> {
  const arriving = countOf(stream);
  for await (const chunk of createReadStream(file)) if (!stream.write(chunk)) await once(stream, 'drain');
  stream.end();
  return await arriving;
}

async function countOf(stream: Duplex): Promise<number> {
  const reader = new FrameReader();
  let arrived = 0;
  for await (const chunk of stream)
    if (Buffer.isBuffer(chunk)) for (const { payload } of reader.push(chunk)) arrived += payload.length;
  return arrived;
}

const idOf = (reply: unknown): string =>
  typeof reply === 'object' && reply !== null && 'Id' in reply ? String(reply.Id) : '';

const hasExited = (found: unknown): boolean =>
  typeof found === 'object' && found !== null && 'ExitCode' in found && found.ExitCode === 0;
