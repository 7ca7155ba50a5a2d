/** HTTP with JSON over a unix socket, on connections that are kept. */
import { Agent, request } from 'node:http';
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

  [Symbol.dispose](): void {
    this.#agent.destroy();
  }
}

async function answerOf(body: Promise<string>, statusCode: number, asked: string): Promise<unknown> {
  const said = await body;
  if (statusCode >= 400) throw new Error(`${asked}: ${statusCode.toString()} ${said}`);
  return said === '' ? undefined : JSON.parse(said);
}
