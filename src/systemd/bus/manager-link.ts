/**
 * The line to PID 1: a bus connection, systemd's name on it and a subscription to its signals, made again whenever one
 * of them goes away (dbus-daemon restarted, `systemctl daemon-reexec`). Calls made meanwhile wait for the new line, for
 * a limited time; calls that were under way fail, unless they may be repeated.
 */
import { JoinedSignal } from '../../lib/joined-signal.ts';
import { setTimeout as delay } from 'node:timers/promises';
import { BusCallFailed, BusConnection, type BusEvents, type BusSignal } from './bus.ts';
import { orAborted } from '../../lib/or-aborted.ts';
import { BusDisconnected, BusUnavailable } from '../errors.ts';

const SYSTEMD = 'org.freedesktop.systemd1';
const MANAGER = { destination: SYSTEMD, path: '/org/freedesktop/systemd1', interface: `${SYSTEMD}.Manager` };

/**
 * What berth hears. Jobs, mounts, sockets and the manager's own properties stay outside; a finer rule for units is not
 * to be had, as path_namespace knows whole path elements only and one rule for each unit meets the bus's limit of 512.
 */
const MATCHES = [
  `type='signal',sender='org.freedesktop.DBus',member='NameOwnerChanged',arg0='${SYSTEMD}'`,
  ...['JobRemoved', 'UnitRemoved', 'Reloading'].map(
    (member) => `type='signal',sender='${SYSTEMD}',interface='${MANAGER.interface}',member='${member}'`,
  ),
  ...['Unit', 'Service'].map(
    (type) =>
      `type='signal',sender='${SYSTEMD}',interface='org.freedesktop.DBus.Properties',member='PropertiesChanged',` +
      `path_namespace='/org/freedesktop/systemd1/unit',arg0='${SYSTEMD}.${type}'`,
  ),
];

/** The answers of a bus that had nobody to hand the call to: it had no effect. */
const UNDELIVERED = ['ServiceUnknown', 'NameHasNoOwner'].map((name) => `org.freedesktop.DBus.Error.${name}`);
/** …and of one whose PID 1 went away with the call in hand. */
const UNANSWERED = ['NoReply', 'Disconnected'].map((name) => `org.freedesktop.DBus.Error.${name}`);

const FIRST_RETRY_MS = 50;
const LAST_RETRY_MS = 2000;

export interface LinkEvents extends Pick<BusEvents, 'wants'> {
  readonly received: (signal: BusSignal) => void;
  /** The line is there, for the first time or again; `again`: signals may have been missed. */
  readonly established: (again: boolean) => void;
}

export interface LinkOptions {
  /** `unix:path=/run/dbus/system_bus_socket` */
  readonly address: string;
  /** How long a call waits for a line that is down. */
  readonly patienceMs: number;
}

export interface LinkCall {
  readonly member: string;
  readonly signature?: string;
  readonly body?: readonly unknown[];
  /** What to call instead of the manager object. */
  readonly target?: { readonly path: string; readonly interface: string };
  /** `repeat` it if PID 1 went away with it: for calls that only ask. */
  readonly ifUnanswered?: 'fail' | 'repeat';
  /** It is said again: it may have had its effect already. */
  readonly repeated?: () => void;
}

export class ManagerLink implements Disposable {
  readonly #options: LinkOptions;
  readonly #events: LinkEvents;
  readonly #disposed = new AbortController();
  #connection: BusConnection | undefined;
  /** systemd's unique name, from when we know of it. */
  #owner: string | undefined;
  #up: BusConnection | undefined;
  #nextUp = heeded<BusConnection>();
  #wasUp = false;

  private constructor(options: LinkOptions, events: LinkEvents) {
    this.#options = options;
    this.#events = events;
  }

  /** @throws BusUnavailable */
  static async open(options: LinkOptions, events: LinkEvents, signal?: AbortSignal): Promise<ManagerLink> {
    const link = new ManagerLink(options, events);
    try {
      const connection = await link.#connect(signal);
      await link.#whenUp(signal);
      link.#stayConnected(connection).catch((error: unknown) => {
        if (!link.#disposed.signal.aborted) throw error;
      });
      return link;
    } catch (error) {
      link[Symbol.dispose]();
      throw error;
    }
  }

  /** @throws BusCallFailed | BusDisconnected | BusUnavailable (the line stayed down) */
  async call(call: LinkCall, signal?: AbortSignal): Promise<readonly unknown[]> {
    const { member, signature = '', body = [], target, ifUnanswered = 'fail', repeated } = call;
    for (;;) {
      const connection = this.#up ?? (await this.#whenUp(signal));
      try {
        return await connection.call({ ...MANAGER, ...target, member, signature, body }, signal);
      } catch (error) {
        const fate = fateOf(error);
        const repeat = fate === 'undelivered' || (fate === 'unanswered' && ifUnanswered === 'repeat');
        if (fate === 'answered') throw error;
        // The bus tells that systemd has gone before it answers in its stead; a line that is still up is no such case.
        if (!repeat || this.#up === connection)
          throw new BusDisconnected(`systemd went away during ${member}`, { cause: error });
        if (fate === 'unanswered') repeated?.();
      }
    }
  }

  [Symbol.dispose](): void {
    this.#disposed.abort();
    this.#connection?.close();
    this.#lower();
    this.#nextUp.reject(new BusDisconnected('the connection to systemd was closed'));
  }

  async #whenUp(signal: AbortSignal | undefined): Promise<BusConnection> {
    const patience = AbortSignal.timeout(this.#options.patienceMs);
    using joined = new JoinedSignal(...(signal === undefined ? [patience] : [signal, patience]));
    try {
      return await orAborted(this.#nextUp.promise, joined.signal);
    } catch (error) {
      if (signal?.aborted === true || !patience.aborted) throw error;
      throw new BusUnavailable(`systemd is not on the bus at ${this.#options.address}`, { cause: error });
    }
  }

  async #stayConnected(first: Connected): Promise<void> {
    let connected = first;
    for (;;) {
      await connected.lost;
      connected = await this.#reconnect();
    }
  }

  async #reconnect(): Promise<Connected> {
    for (let waitMs = FIRST_RETRY_MS; ; waitMs = Math.min(2 * waitMs, LAST_RETRY_MS)) {
      await delay(waitMs, undefined, { signal: this.#disposed.signal });
      try {
        return await this.#connect(this.#disposed.signal);
      } catch (error) {
        if (!(error instanceof BusUnavailable || error instanceof BusDisconnected)) throw error;
      }
    }
  }

  /** Resolves when it is known whether systemd is on the bus; the line is up, or comes up when systemd appears there. */
  async #connect(signal: AbortSignal | undefined): Promise<Connected> {
    const lost = Promise.withResolvers<undefined>();
    let heard = false;
    const events: BusEvents = {
      wants: this.#events.wants,
      received: (message: BusSignal): void => {
        if (message.member !== 'NameOwnerChanged') {
          this.#events.received(message);
          return;
        }
        heard = true;
        this.#ownerIs(message.body[2]);
      },
      lost: (): void => {
        this.#connection = undefined;
        this.#ownerIs(undefined);
        lost.resolve(undefined);
      },
    };
    const connection = await BusConnection.open(this.#options.address, events, signal);
    this.#connection = connection;
    await Promise.all(
      MATCHES.map(async (rule) => {
        await connection.addMatch(rule, signal);
      }),
    );
    const owner = await connection.ownerOf(SYSTEMD, signal);
    // A signal that came in one read with this answer has been heard before it, although it is newer.
    if (!heard) this.#ownerIs(owner);
    return { lost: lost.promise };
  }

  #ownerIs(owner: unknown): void {
    const name = typeof owner === 'string' && owner !== '' ? owner : undefined;
    if (name === this.#owner) return;
    this.#owner = name;
    this.#lower();
    const connection = this.#connection;
    if (name !== undefined && connection !== undefined) this.#subscribe(connection, name).catch(this.#nextUp.reject);
  }

  /** systemd tells its signals only to those who ask for them, and forgets who asked when it re-executes. */
  async #subscribe(connection: BusConnection, owner: string): Promise<void> {
    try {
      await connection.call({ ...MANAGER, member: 'Subscribe' });
    } catch (error) {
      if (fateOf(error) !== 'answered') return;
      if (!(error instanceof BusCallFailed) || !error.dbusError.endsWith('.AlreadySubscribed')) {
        throw new BusUnavailable(`systemd does not tell us of its units: ${String(error)}`, { cause: error });
      }
    }
    if (this.#owner === owner && this.#connection === connection) this.#raise(connection);
  }

  #raise(connection: BusConnection): void {
    const again = this.#wasUp;
    this.#wasUp = true;
    this.#up = connection;
    this.#nextUp.resolve(connection);
    this.#events.established(again);
  }

  #lower(): void {
    if (this.#up !== undefined) this.#nextUp = heeded();
    this.#up = undefined;
  }
}

interface Connected {
  readonly lost: Promise<undefined>;
}

/** A promise that may be rejected while nobody waits for it. */
function heeded<T>(): PromiseWithResolvers<T> {
  const resolvers = Promise.withResolvers<T>();
  resolvers.promise.catch(() => undefined);
  return resolvers;
}

function fateOf(error: unknown): 'answered' | 'undelivered' | 'unanswered' {
  if (error instanceof BusDisconnected) return 'unanswered';
  if (!(error instanceof BusCallFailed)) return 'answered';
  if (UNDELIVERED.includes(error.dbusError)) return 'undelivered';
  return UNANSWERED.includes(error.dbusError) ? 'unanswered' : 'answered';
}
