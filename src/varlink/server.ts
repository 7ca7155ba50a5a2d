import type { Duplex } from 'node:stream';
import type { ConnectionOwner } from './connection.ts';
import type { InterfaceDefinition } from './types.ts';
import type { ServiceInfo } from './introspect.ts';
import type { TransportLimits } from './transport.ts';
import type { VarlinkError } from './errors.ts';
import type { Server as Listener } from 'node:net';
import { Socket } from 'node:net';
import { once } from 'node:events';
import { MESSAGE_LIMITS } from './framing.ts';
import { ServerConnection } from './connection.ts';
import { Service } from './service.ts';
import { VarlinkError as WireError } from './errors.ts';
import { adopt, bind, newListener } from './listen.ts';
import { introspectionHandlers, serviceInterface } from './introspect.ts';
import { formatAddress, parseAddress } from './address.ts';

/**
 * A varlink service (UAPI.20): interfaces with their handlers, offered at any number of addresses, with `org.varlink.service`
 * among them. What this folder promises: messages are as strict as sd-varlink's; parameters fit the interface before
 * a handler sees them, and replies before they leave; no peer can make it hold more than its limits; nothing a peer
 * sends ends the process or disturbs another peer. It knows no authentication: the socket's mode decides who may call.
 */
export interface ServerLimits extends TransportLimits {
  /** Connections above this are closed as soon as they are made. */
  readonly maxConnections: number;
  /** How long calls that were told to end may take before `close` no longer waits for them. */
  readonly closeMs: number;
}

/** Sizes and the number of connections are sd-varlink's; its client gives up after 45 s. */
const SERVER_LIMITS: ServerLimits = {
  ...MESSAGE_LIMITS,
  readAheadBytes: 64 * 1024,
  stallMs: 30_000,
  messageMs: 30_000,
  maxConnections: 4096,
  closeMs: 5_000,
};

export interface ServerOptions extends ServiceInfo {
  readonly limits?: Partial<ServerLimits>;
  /**
   * Told of every failure that is this side's fault: a handler that threw something else than a VarlinkError, a bad reply, or
   * a connection that could not be accepted for want of descriptors; `method` is empty then.
   */
  readonly onError: (error: unknown, method: string) => void;
  /** What the caller hears of such a failure. Default: `io.systemd.System` with EIO, as sd-varlink answers. */
  readonly internalError?: (error: unknown) => VarlinkError;
  /** Told how many connections there are whenever that changes, for a service that exits when it is idle. */
  readonly onConnections?: (count: number) => void;
}

const systemError = (): VarlinkError =>
  new WireError('io.systemd.System', { origin: 'linux', errnoName: 'EIO', errno: 5 });

export class Server implements AsyncDisposable {
  readonly #owner: ConnectionOwner;
  readonly #service = new Service();
  readonly #limits: ServerLimits;
  readonly #onConnections: (count: number) => void;
  readonly #listeners = new Set<Listener>();
  readonly #connections = new Set<ServerConnection>();
  #closed = false;
  #closing: Promise<void> | undefined;

  constructor({ limits, onError, internalError, onConnections, ...info }: ServerOptions) {
    this.#limits = { ...SERVER_LIMITS, ...limits };
    this.#onConnections = onConnections ?? (() => undefined);
    this.#owner = {
      service: this.#service,
      limits: this.#limits,
      onError,
      internalError: internalError ?? systemError,
    };
    this.serve(serviceInterface, introspectionHandlers(info, this.#service));
  }

  get connections(): number {
    return this.#connections.size;
  }

  /**
   * Offers an interface. A method the handlers do not have is answered by `MethodNotImplemented`.
   * @throws Error when it is offered already, IdlError when the definition's text is no interface
   */
  serve<Handlers extends object>(definition: InterfaceDefinition<Handlers>, handlers: Handlers): this {
    this.#service.add(definition, handlers);
    return this;
  }

  /**
   * @returns the address to connect to: the same, with the port that the system chose where it says 0
   * @throws InvalidAddress; Error from the system
   */
  async listen(address: string): Promise<string> {
    const parsed = parseAddress(address);
    return formatAddress(await this.#startListener(async (listener) => await bind(listener, parsed)));
  }

  /** @param fd a listening socket, such as systemd passes; closed with the server */
  async listenOn(fd: number): Promise<void> {
    await this.#startListener(async (listener) => await adopt(listener, fd));
  }

  /** Serves one client whose stream is there already; resolves when it has gone. `allowHalfOpen` should be set on it. */
  async accept(stream: Duplex): Promise<void> {
    if (this.#closed || this.#connections.size >= this.#limits.maxConnections) {
      stream.on('error', () => undefined).destroy();
      return;
    }
    const connection = new ServerConnection(stream, this.#owner);
    this.#connections.add(connection);
    this.#onConnections(this.#connections.size);
    await connection.done;
    this.#connections.delete(connection);
    this.#onConnections(this.#connections.size);
  }

  /** @param fd a connected socket, such as `varlinkctl exec:` passes */
  async acceptOn(fd: number): Promise<void> {
    await this.accept(new Socket({ fd, readable: true, writable: true, allowHalfOpen: true }));
  }

  /**
   * Stops listening, before it returns; tells every call to end, and waits for them, within `closeMs`. A client that was not
   * accepted by then stays in the queue of a socket that somebody else has, too: systemd starts the next service for it.
   */
  async close(): Promise<void> {
    this.#closing ??= this.#close();
    await this.#closing;
  }

  async #close(): Promise<void> {
    this.#closed = true;
    const listeners = [...this.#listeners].map(async (listener) => {
      listener.close();
      await once(listener, 'close');
    });
    const connections = [...this.#connections].map(async (connection) => {
      connection.close();
      await connection.done;
    });
    await Promise.all([...listeners, within(this.#limits.closeMs, Promise.all(connections))]);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async #startListener<T>(start: (listener: Listener) => Promise<T>): Promise<T> {
    const listener = newListener((socket) => void this.accept(socket));
    const started = await start(listener);
    listener.on('error', (error) => this.#owner.onError(error, ''));
    this.#listeners.add(listener);
    return started;
  }
}

async function within(limitMs: number, work: Promise<unknown>): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, limitMs);
  await Promise.race([work, promise]);
  clearTimeout(timer);
}
