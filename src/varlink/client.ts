import type { Duplex } from 'node:stream';
import type { CallOptions, Caller, JsonObject, Upgraded } from './types.ts';
import type { TransportLimits } from './transport.ts';
import { CLIENT_LIMITS, ClientConnection } from './client-connection.ts';
import { ConnectionClosed } from './errors.ts';
import { dial } from './dial.ts';
import { parseAddress } from './address.ts';

/**
 * A client of one service. Every call has a connection to itself while it lasts: on one connection a service answers
 * strictly in order, so a call that waits for something (`Wait`, `Subscribe`) would keep the call it waits for from being
 * served, and a call can only be taken back by hanging up. Connections are kept and used again; to pipeline calls on a
 * single one, use a `ClientConnection`.
 */
export interface ClientOptions {
  readonly limits?: Partial<TransportLimits>;
  /** Calls beyond this wait for another to end. systemd's services allow a user 128. */
  readonly maxConnections?: number;
  /** How many connections without a call are kept. */
  readonly maxIdle?: number;
}

export interface ConnectOptions extends ClientOptions, CallOptions {}

type Waiter = PromiseWithResolvers<void>;

/** @throws InvalidAddress; CannotConnect when nobody answers there; the signal's reason */
export async function connect(address: string, options: ConnectOptions = {}): Promise<Client> {
  const parsed = parseAddress(address);
  const { signal, ...rest } = options;
  return await Client.over(async (signal) => await dial(parsed, signal), rest, signal);
}

export class Client implements Caller, AsyncDisposable {
  readonly #dial: (signal: AbortSignal | undefined) => Promise<Duplex>;
  readonly #limits: TransportLimits;
  readonly #maxConnections: number;
  readonly #maxIdle: number;
  readonly #idle: ClientConnection[] = [];
  readonly #busy = new Set<ClientConnection>();
  /** First come, first served. */
  readonly #waiters = new Set<Waiter>();
  #leases = 0;
  #closed = false;

  private constructor(
    dialer: (signal: AbortSignal | undefined) => Promise<Duplex>,
    { limits, maxConnections = 100, maxIdle = 4 }: ClientOptions,
  ) {
    this.#dial = dialer;
    this.#limits = { ...CLIENT_LIMITS, ...limits };
    this.#maxConnections = maxConnections;
    this.#maxIdle = maxIdle;
  }

  /** A client over streams of any kind; makes the first one, so that a service that cannot be reached is noticed now. */
  static async over(
    dialer: (signal: AbortSignal | undefined) => Promise<Duplex>,
    options: ClientOptions = {},
    signal?: AbortSignal,
  ): Promise<Client> {
    const client = new Client(dialer, options);
    client.#release(await client.#lease(signal));
    return client;
  }

  async call(method: string, parameters: JsonObject, options?: CallOptions): Promise<JsonObject> {
    return await this.#with(options, async (connection) => await connection.call(method, parameters, options));
  }

  async callOneway(method: string, parameters: JsonObject): Promise<void> {
    await this.#with(undefined, async (connection) => await connection.callOneway(method, parameters));
  }

  /** Connects and calls when the first reply is asked for; see `ClientConnection.callMore`. */
  async *callMore(
    method: string,
    parameters: JsonObject,
    options?: CallOptions,
  ): AsyncGenerator<JsonObject, void, void> {
    const connection = await this.#lease(options?.signal);
    try {
      yield* connection.callMore(method, parameters, options);
    } finally {
      this.#release(connection);
    }
  }

  async upgrade(method: string, parameters: JsonObject, options?: CallOptions): Promise<Upgraded<JsonObject>> {
    return await this.#with(options, async (connection) => await connection.upgrade(method, parameters, options));
  }

  /** Hangs up on every call that is not answered, and closes what is kept. Upgraded streams live on. */
  async close(): Promise<void> {
    this.#closed = true;
    for (const waiter of this.#waiters) waiter.reject(closedHere());
    this.#waiters.clear();
    const connections = [...this.#idle.splice(0), ...this.#busy];
    await Promise.all(connections.map(async (connection) => await connection.close()));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async #with<T>(options: CallOptions | undefined, use: (connection: ClientConnection) => Promise<T>): Promise<T> {
    const connection = await this.#lease(options?.signal);
    try {
      return await use(connection);
    } finally {
      this.#release(connection);
    }
  }

  async #lease(signal: AbortSignal | undefined): Promise<ClientConnection> {
    if (this.#closed) throw closedHere();
    if (this.#leases < this.#maxConnections) this.#leases++;
    else await this.#turn(signal);
    try {
      const connection = this.#takeIdle() ?? new ClientConnection(await this.#dial(signal), this.#limits);
      this.#busy.add(connection);
      if (!this.#closed) return connection;
      await connection.close();
      throw closedHere();
    } catch (error) {
      this.#passTurn();
      throw error;
    }
  }

  #takeIdle(): ClientConnection | undefined {
    let connection = this.#idle.pop();
    while (connection?.idle === false) connection = this.#idle.pop();
    return connection;
  }

  /** One whose call was abandoned, or that went wrong, is not used again. */
  #release(connection: ClientConnection): void {
    this.#busy.delete(connection);
    if (connection.idle && this.#idle.length < this.#maxIdle && !this.#closed) this.#idle.push(connection);
    else void connection.close();
    this.#passTurn();
  }

  async #turn(signal: AbortSignal | undefined): Promise<void> {
    signal?.throwIfAborted();
    const waiter: Waiter = Promise.withResolvers();
    const leave = (): void => {
      this.#waiters.delete(waiter);
      waiter.reject(signal?.reason);
    };
    this.#waiters.add(waiter);
    signal?.addEventListener('abort', leave);
    try {
      await waiter.promise;
    } finally {
      signal?.removeEventListener('abort', leave);
    }
  }

  #passTurn(): void {
    const [next] = this.#waiters;
    if (next === undefined) {
      this.#leases--;
      return;
    }
    this.#waiters.delete(next);
    next.resolve();
  }
}

const closedHere = (): Error => new ConnectionClosed('the client is closed');
