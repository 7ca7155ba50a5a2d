import type { Client } from '../varlink/client.ts';
import type { CallOptions, Caller, JsonObject, Upgraded } from '../varlink/types.ts';

/** The service at an address. The client is loaded, and the connection made, by the first call. */
export function serviceAt(address: string): Caller {
  return new Service(address);
}

class Service implements Caller {
  readonly #address: string;
  #client: Promise<Client> | undefined;

  constructor(address: string) {
    this.#address = address;
  }

  async call(method: string, parameters: JsonObject, options?: CallOptions): Promise<JsonObject> {
    const client = await this.#connected();
    return await client.call(method, parameters, options);
  }

  async *callMore(
    method: string,
    parameters: JsonObject,
    options?: CallOptions,
  ): AsyncGenerator<JsonObject, void, void> {
    const client = await this.#connected();
    yield* client.callMore(method, parameters, options);
  }

  async callOneway(method: string, parameters: JsonObject): Promise<void> {
    const client = await this.#connected();
    await client.callOneway(method, parameters);
  }

  async upgrade(method: string, parameters: JsonObject, options?: CallOptions): Promise<Upgraded<JsonObject>> {
    const client = await this.#connected();
    return await client.upgrade(method, parameters, options);
  }

  /** One that could not be reached may be there at the next call. */
  async #connected(): Promise<Client> {
    this.#client ??= connected(this.#address);
    try {
      return await this.#client;
    } catch (error) {
      this.#client = undefined;
      throw error;
    }
  }
}

const MAX_ATTEMPTS = 5;
const isReset = (error: unknown): boolean =>
  error instanceof Error && error.cause instanceof Error && 'code' in error.cause && error.cause.code === 'ECONNRESET';

async function connected(address: string): Promise<Client> {
  const { connect } = await import('../varlink/client.ts');
  for (let attempt = 1; ; attempt++) {
    try {
      return await connect(address);
    } catch (error) {
      // A berthd that is killed resets who waits to be let in; nothing was asked of it yet, and there is another one soon.
      if (attempt === MAX_ATTEMPTS || !isReset(error)) throw error;
    }
  }
}
