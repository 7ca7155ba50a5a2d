/** HTTP with JSON over a unix socket, on connections that are kept. */
import { Agent, request } from 'node:http';
import type { Duplex } from 'node:stream';
import { text } from 'node:stream/consumers';

export class HttpSocket implements Disposable {
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 64 });
  readonly #path: string;

  constructor(path: string) {
    this.#path = path;
  }

  /** @throws Error with what the service said, when that is a refusal */
  async ask(method: string, path: string, body?: object): Promise<unknown> {
    const { promise, resolve, reject } = Promise.withResolvers<unknown>();
    const sent = body === undefined ? undefined : JSON.stringify(body);
    const headers =
      sent === undefined ? {} : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(sent) };
    const asked = request({ socketPath: this.#path, agent: this.#agent, method, path, headers }, (response) => {
      const { statusCode = 0 } = response;
      resolve(answerOf(text(response), statusCode, `${method} ${path}`));
    });
    asked.on('error', reject).end(sent);
    return await promise;
  }

  /** Asks for a connection that belongs to a process from then on. @throws Error with what the service said instead */
  async upgrade(path: string, body?: object): Promise<Duplex> {
    const { promise, resolve, reject } = Promise.withResolvers<Duplex>();
    // Without one there must not be a byte of a body: it would be the process's input.
    const sent = body === undefined ? '' : JSON.stringify(body);
    const headers = { connection: 'Upgrade', upgrade: 'tcp', 'content-length': sent.length };
    const asked = request({ socketPath: this.#path, agent: false, method: 'POST', path, headers });
    asked.on('upgrade', (_, socket, early: Buffer) => {
      if (early.length > 0) socket.unshift(early);
      resolve(socket);
    });
    asked.on('response', (response) => {
      reject(new Error(`POST ${path}: no upgrade, but ${String(response.statusCode)}`));
    });
    asked.on('error', reject).end(sent);
    return await promise;
  }

  [Symbol.dispose](): void {
    this.#agent.destroy();
  }
}

async function answerOf(body: Promise<string>, statusCode: number, asked: string): Promise<unknown> {
  const said = await body;
  if (statusCode >= 400) throw new Error(`${asked}: ${statusCode.toString()} ${said}`);
  return said === '' ? undefined : JSON.parse(said);
}
