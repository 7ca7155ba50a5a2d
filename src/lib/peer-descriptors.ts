/**
 * Descriptors that a client passes on, and does not have to send: they are copied out of its process, by pidfd_getfd(2), so that
 * whatever a client is written in can do it. Whose process that is says the kernel, and not the client: it is the one that
 * connected, by a pidfd, which never is another's. One that connects for others, as ssh and socat do, is it for them.
 *
 * Whoever may connect is root on this host by that, and gains nothing here that was not his.
 */
import { closeSync } from 'node:fs';
import type * as peerProcess from './peer-process.ts';

/** Who is at the other end of a connection. */
export interface Peer {
  /** Of this end, at this moment; undefined where there is no socket, or none any more. */
  readonly socket: number | undefined;
}

/** Why a descriptor cannot be had. */
export type Unavailability = 'not-open' | 'caller-gone' | 'caller-unknown' | 'not-permitted';

export class DescriptorUnavailable extends Error {
  override readonly name = 'DescriptorUnavailable';
  /** As the peer numbers it. */
  readonly descriptor: number;
  readonly reason: Unavailability;
  constructor(descriptor: number, reason: Unavailability, options?: ErrorOptions) {
    super(`descriptor ${descriptor} of the caller: ${reason}`, options);
    this.descriptor = descriptor;
    this.reason = reason;
  }
}

/** Disposing of it closes them. */
export interface TakenDescriptors extends Disposable {
  /** Close-on-exec, in the order they were asked for. */
  readonly fds: readonly number[];
}

const NONE: TakenDescriptors = { fds: [], [Symbol.dispose]: () => undefined };

const REASONS: Readonly<Record<string, Unavailability>> = {
  EBADF: 'not-open',
  ESRCH: 'caller-gone',
  EINVAL: 'caller-gone',
  ENODATA: 'caller-unknown',
  // Yama's ptrace_scope of 3, or a security module: for the kernel it is what a debugger does.
  EPERM: 'not-permitted',
  EACCES: 'not-permitted',
};

/**
 * Copies descriptors out of the process that connected.
 * @throws DescriptorUnavailable for the first that cannot be had, and then none is taken; SystemCallFailed for want of
 *   descriptors or memory
 */
export async function takeDescriptors(peer: Peer, descriptors: readonly number[]): Promise<TakenDescriptors> {
  if (descriptors.length === 0) return NONE;
  return copyAll(peer, descriptors, await import('./peer-process.ts'));
}

/** At once, so that the socket is that of the peer to the end. */
function copyAll(
  peer: Peer,
  descriptors: readonly number[],
  { openPeer, copyDescriptor }: typeof peerProcess,
): TakenDescriptors {
  const fds: number[] = [];
  using taken = new DisposableStack();
  using opened = new DisposableStack();
  let process: number | undefined;
  for (const descriptor of descriptors) {
    try {
      process ??= opened.adopt(openPeer(socketOf(peer, descriptor)), closeSync);
      fds.push(taken.adopt(copyDescriptor(process, descriptor), closeSync));
    } catch (error) {
      throw inWords(error, descriptor);
    }
  }
  const kept = taken.move();
  return {
    fds,
    [Symbol.dispose]: () => {
      kept.dispose();
    },
  };
}

function socketOf({ socket }: Peer, descriptor: number): number {
  if (socket === undefined) throw new DescriptorUnavailable(descriptor, 'caller-unknown');
  return socket;
}

function inWords(error: unknown, descriptor: number): unknown {
  const code = error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : '';
  const reason = REASONS[code];
  return reason === undefined ? error : new DescriptorUnavailable(descriptor, reason, { cause: error });
}
