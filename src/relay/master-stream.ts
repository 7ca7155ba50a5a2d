/** A stream on the master of a terminal. Import this file dynamically, as libc.ts. */
import { closeSync } from 'node:fs';
import { Socket } from 'node:net';
import { socketPair } from '../lib/libc.ts';
import { duplicate, replace, setNonBlocking } from './libc.ts';
import type { OpenStream } from './source.ts';

/**
 * Never waits in the kernel: what the terminal has no room for is kept and written later.
 *
 * tty.ReadStream would be the obvious thing, but libuv writes to a master with blocking calls, so that one program that does not
 * read its input would stop the whole process; and net.Socket refuses a descriptor that it knows for a terminal. So the
 * stream is made while a socket is in the master's place: libuv looks at that once, and asks the kernel by number from then on.
 */
export const masterStream: OpenStream = (master, options) => {
  setNonBlocking(master);
  const kept = duplicate(master);
  const [near, far] = socketPair();
  try {
    replace(master, near);
    return new Socket({ ...options, fd: master, readable: true, writable: true });
  } finally {
    replace(master, kept);
    for (const fd of [kept, near, far]) closeSync(fd);
  }
};
