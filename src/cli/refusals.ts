import { VarlinkError } from '../varlink/errors.ts';

/**
 * Whether berthd refused with this error of the interface. For the few that a command lives with; unlike `isContainerError` it
 * costs no look at the interface file.
 */
export const isRefusal = (error: unknown, name: `io.berth.${'Container' | 'Image'}.${string}`): error is VarlinkError =>
  error instanceof VarlinkError && error.error === name;
