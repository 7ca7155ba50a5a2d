/**
 * One connection to a D-Bus message bus, until it breaks. It sends raw messages: an introspecting proxy costs 20 ms at
 * start-up and knows nothing that org.freedesktop.systemd1(5) does not say.
 *
 * `usocket` is what passes descriptors. Where it is missing, dbus-next silently connects without; so `open` asks the
 * handshake what was agreed, and then sends a descriptor and waits for the bus to answer: a connection that lost it on
 * the way would be closed by the bus.
 */
import { openSync, closeSync } from 'node:fs';
import { Message, MessageFlag, MessageType, sessionBus, DBusError, type BusStream, type MessageBus } from 'dbus-next';
import { Gate } from '../../lib/gate.ts';
import { closeOnExec } from './close-on-exec.ts';
import { orAborted } from '../../lib/or-aborted.ts';
import { BusDisconnected, BusUnavailable } from '../errors.ts';
import { leaveOut } from './unwanted-signals.ts';
import { repair } from './usocket-repair.ts';

export interface BusSignal {
  readonly path: string;
  readonly interface: string;
  readonly member: string;
  readonly body: readonly unknown[];
}

export interface BusEvents {
  /** Whether signals of an object are worth reading. */
  readonly wants: (path: string) => boolean;
  /** In the order of arrival, and before any reply that arrived later is seen. */
  readonly received: (signal: BusSignal) => void;
  /** Once, unless it was `close` that ended the connection. */
  readonly lost: (reason: BusDisconnected) => void;
}

export interface BusCall {
  readonly destination: string;
  readonly path: string;
  readonly interface: string;
  readonly member: string;
  readonly signature?: string;
  readonly body?: readonly unknown[];
}

/** The answer was an error; `dbusError` is its name, `message` its text. */
export class BusCallFailed extends Error {
  override readonly name = 'BusCallFailed';
  readonly dbusError: string;
  constructor(dbusError: string, text: string) {
    super(text);
    this.dbusError = dbusError;
  }
}

/** dbus-daemon refuses a connection's 129th call that waits for its reply. */
const MAX_PENDING = 100;

const BUS = { destination: 'org.freedesktop.DBus', path: '/org/freedesktop/DBus', interface: 'org.freedesktop.DBus' };

export class BusConnection implements Disposable {
  readonly #bus: MessageBus;
  readonly #stream: BusStream;
  readonly #events: BusEvents;
  readonly #gate = new Gate(MAX_PENDING);
  readonly #waiting = new Set<(reason: Error) => void>();
  #closed: BusDisconnected | undefined;

  private constructor(bus: MessageBus, events: BusEvents) {
    const { _connection: connection } = bus;
    this.#bus = bus;
    this.#stream = connection.stream;
    this.#events = events;
    connection.on('end', () => {
      this.#end(new BusDisconnected('the bus hung up'));
    });
    connection.on('connect', () => {
      leaveOut(this.#stream, events.wants);
    });
    repair(this.#stream, (cause) => {
      this.#end(new BusDisconnected(`nothing can be written to the bus: ${cause?.message ?? ''}`, { cause }));
    });
    connection.stream.on('close', () => {
      this.#end(new BusDisconnected('the connection to the bus is closed'));
    });
    bus.on('error', (cause: unknown) => {
      this.#end(new BusDisconnected(`the connection to the bus broke: ${String(cause)}`, { cause }));
    });
    bus.on('message', (message) => {
      if (message.type === MessageType.SIGNAL && this.#closed === undefined) this.#events.received(message);
    });
  }

  /**
   * @param address as in the D-Bus specification: `unix:path=/run/dbus/system_bus_socket`
   * @throws BusUnavailable
   */
  static async open(address: string, events: BusEvents, signal?: AbortSignal): Promise<BusConnection> {
    const bus = sessionBus({ busAddress: address, negotiateUnixFd: true });
    const connected = Promise.withResolvers<undefined>();
    bus.once('connect', () => {
      connected.resolve(undefined);
    });
    const connection = new BusConnection(bus, {
      ...events,
      lost: (reason) => {
        connected.reject(reason);
        events.lost(reason);
      },
    });
    try {
      await orAborted(connected.promise, signal);
      await connection.#provePassing(signal);
      return connection;
    } catch (cause) {
      connection.close();
      if (signal?.aborted === true) throw cause;
      throw new BusUnavailable(`no usable D-Bus at ${address}: ${cause instanceof Error ? cause.message : ''}`, {
        cause,
      });
    }
  }

  /** The name of this connection on the bus, `:1.42`. */
  get name(): string {
    return this.#bus.name ?? '';
  }

  /** @throws BusCallFailed | BusDisconnected */
  async call(call: BusCall, signal?: AbortSignal): Promise<readonly unknown[]> {
    if (this.#closed !== undefined) throw this.#closed;
    const { promise, resolve, reject } = Promise.withResolvers<readonly unknown[]>();
    this.#waiting.add(reject);
    // A name without an owner is an error at once: PID 1 cannot be started by the bus.
    const message = new Message({ ...call, body: [...(call.body ?? [])], flags: MessageFlag.NO_AUTO_START });
    this.#gate
      .run(async () => {
        // A caller that gave up while it waited does not want it done, and may have closed the descriptors in it.
        signal?.throwIfAborted();
        return await this.#reply(message);
      })
      .then(resolve, reject);
    try {
      return await orAborted(promise, signal);
    } finally {
      this.#waiting.delete(reject);
    }
  }

  /** Asks the bus for the signals that match `rule`. */
  async addMatch(rule: string, signal?: AbortSignal): Promise<void> {
    await this.call({ ...BUS, member: 'AddMatch', signature: 's', body: [rule] }, signal);
  }

  /** The connection that owns `name` now; undefined if none does. */
  async ownerOf(name: string, signal?: AbortSignal): Promise<string | undefined> {
    try {
      const [owner] = await this.call({ ...BUS, member: 'GetNameOwner', signature: 's', body: [name] }, signal);
      return typeof owner === 'string' ? owner : undefined;
    } catch (error) {
      if (error instanceof BusCallFailed && error.dbusError.endsWith('.NameHasNoOwner')) return undefined;
      throw error;
    }
  }

  close(): void {
    this.#end(new BusDisconnected('the connection to the bus was closed'), 'quietly');
  }

  [Symbol.dispose](): void {
    this.close();
  }

  async #reply(message: Message): Promise<readonly unknown[]> {
    try {
      const body: readonly unknown[] | undefined = (await this.#bus.call(message))?.body;
      return body ?? [];
    } catch (cause) {
      throw cause instanceof DBusError ? new BusCallFailed(cause.type, cause.text) : cause;
    }
  }

  async #provePassing(signal: AbortSignal | undefined): Promise<void> {
    const { supportsUnixFd, fd } = this.#stream;
    if (supportsUnixFd === undefined || fd === undefined)
      throw new Error('the usocket package is missing or was not built');
    if (!supportsUnixFd) throw new Error('the bus does not pass file descriptors');
    await closeOnExec(fd);
    const sample = openSync('/dev/null', 'r');
    try {
      // GetId takes no argument: the answer is an error, but an answer. Peer.Ping would leave a line in the journal.
      await this.call({ ...BUS, member: 'GetId', signature: 'h', body: [sample] }, signal);
    } catch (error) {
      if (!(error instanceof BusCallFailed)) throw error;
    } finally {
      closeSync(sample);
    }
  }

  #end(reason: BusDisconnected, how?: 'quietly'): void {
    if (this.#closed !== undefined) return;
    this.#closed = reason;
    this.#bus.disconnect();
    this.#stream.destroy();
    for (const reject of this.#waiting) reject(reason);
    this.#waiting.clear();
    if (how !== 'quietly') this.#events.lost(reason);
  }
}
