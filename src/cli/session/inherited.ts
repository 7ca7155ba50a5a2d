import { readlinkSync } from 'node:fs';

/** The first thing that Node and Bun open and keep, before any program of theirs runs. */
const EVENT_QUEUE = 'anon_inode:[eventpoll]';

/**
 * Whether a descriptor was open before this program was started. New ones get the lowest number that is free: if `descriptor`
 * was, and all of those from 3 up to it were not, the runtime's event queue has it now. To be asked for 3 first,
 * then 4, and so on. (Whether it is close-on-exec tells nothing: both runtimes make everything so.)
 */
export function isInherited(descriptor: number, descriptors = '/proc/self/fd'): boolean {
  try {
    return readlinkSync(`${descriptors}/${descriptor}`) !== EVENT_QUEUE;
  } catch {
    return false; // it is not open
  }
}
