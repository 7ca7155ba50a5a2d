import { createConnection } from 'node:net';
import type { Socket } from 'node:net';
import { mkdtempSync, rmSync } from 'node:fs';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Server } from '../../../src/varlink/server.ts';
import type { ServerOptions } from '../../../src/varlink/server.ts';
import type { InterfaceDefinition } from '../../../src/varlink/types.ts';

/** A server on a unix socket of its own, and the failures it told of. */
export interface World extends AsyncDisposable {
  readonly server: Server;
  readonly path: string;
  readonly address: string;
  readonly errors: { error: unknown; method: string }[];
  connect(): Promise<RawPeer>;
}

export const define = <Handlers extends object>(text: string): InterfaceDefinition<Handlers> => ({
  name: /interface (\S+)/u.exec(text)?.[1] ?? '',
  text,
});

export async function aWorld(options: Partial<ServerOptions> = {}): Promise<World> {
  const directory = mkdtempSync(join(tmpdir(), 'berth-varlink-'));
  const path = join(directory, 'socket');
  const errors: World['errors'] = [];
  const server = new Server({
    vendor: 'Berth',
    product: 'test',
    version: '1',
    url: 'https://example.org',
    onError: (error, method) => errors.push({ error, method }),
    ...options,
  });
  await server.listen(`unix:${path}`);
  const peers: RawPeer[] = [];
  return {
    server,
    path,
    address: `unix:${path}`,
    errors,
    async connect() {
      const peer = await RawPeer.connect(path);
      peers.push(peer);
      return peer;
    },
    async [Symbol.asyncDispose]() {
      for (const peer of peers) peer.hangUp();
      await server.close();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

/** A peer that knows NULs and JSON and nothing else, so that both roles can be tested against what is on the wire. */
export class RawPeer {
  readonly socket: Socket;
  readonly #messages: AsyncGenerator<string, void, void>;

  constructor(socket: Socket) {
    this.socket = socket;
    socket.on('error', () => undefined);
    this.#messages = messagesOf(socket);
  }

  static async connect(path: string): Promise<RawPeer> {
    const socket = createConnection({ path, allowHalfOpen: true });
    await once(socket, 'connect');
    return new RawPeer(socket);
  }

  write(bytes: string | Buffer): void {
    this.socket.write(bytes);
  }

  send(...messages: object[]): void {
    this.write(messages.map((message) => `${JSON.stringify(message)}\0`).join(''));
  }

  /** The next message; undefined when the other side has closed. */
  async receive(): Promise<unknown> {
    const step = await this.#messages.next();
    return step.done === true ? undefined : JSON.parse(step.value);
  }

  async call(method: string, parameters?: object, flags?: object): Promise<unknown> {
    this.send({ method, parameters, ...flags });
    return await this.receive();
  }

  /** Everything until the other side closes. */
  async all(): Promise<unknown[]> {
    const messages: unknown[] = [];
    for (let message = await this.receive(); message !== undefined; message = await this.receive()) {
      messages.push(message);
    }
    return messages;
  }

  hangUp(): void {
    this.socket.destroy();
  }
}

async function* messagesOf(socket: Socket): AsyncGenerator<string, void, void> {
  let text = '';
  try {
    for await (const chunk of socket.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
      const [first = '', ...others] = chunk.toString('utf8').split('\0');
      text += first;
      for (const next of others) {
        yield text;
        text = next;
      }
    }
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ECONNRESET')) throw error;
  }
  if (text !== '') throw new Error(`the connection ended inside a message: ${text}`);
}

/** A promise to be settled by hand. */
export const aSignal = (): PromiseWithResolvers<void> => Promise.withResolvers<void>();
