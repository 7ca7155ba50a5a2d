/** What dbus-next 0.10 has and its own declarations leave out. */
export type * from 'dbus-next';

declare module 'dbus-next' {
  interface SessionBusOptions {
    negotiateUnixFd?: boolean;
  }
  interface MessageBus {
    /** The unique name, once connected. */
    readonly name: string | null;
    /** The only way to learn that the other side hung up: the bus itself does not tell. */
    readonly _connection: {
      readonly stream: BusStream;
      /** `connect`: the handshake is over, and messages are about to be read. */
      on(event: 'end' | 'connect', listener: () => void): void;
    };
  }
  interface Received {
    readonly data: Buffer;
    readonly fds: number[];
  }
  /** A `USocket`; a plain `net.Socket` where usocket is missing. */
  interface BusStream {
    /** What was asked for before the handshake, and what the bus agreed to after it; not there on a `net.Socket`. */
    readonly supportsUnixFd?: boolean;
    readonly fd?: number;
    /** Null where not as much has come; `descriptors`: how many of those that have come, null for all. */
    read: {
      (size: number): Buffer | null;
      (size: number, descriptors: number | null): Received | null;
    };
    /** The native half of a `USocket`. */
    readonly _wrap?: {
      /** Answers how many bytes it could send: none if the socket is full, and then no descriptors either. */
      write: (data: Uint8Array | undefined, fds?: readonly number[]) => number | Error;
    };
    /** What a failed write ends in, with the error; it closes the descriptor and tells nobody. */
    destroy: (error?: Error) => unknown;
    on(event: 'close', listener: () => void): void;
  }
}
