/** Tells when the runtime has started a process: it writes its ID into a file then. */
import { statSync, watch } from 'node:fs';

/** @param folder holds `pidFile`, and must be there */
export function untilRunning(folder: string, pidFile: string): Disposable & { readonly promise: Promise<'running'> } {
  const { promise, resolve } = Promise.withResolvers<'running'>();
  const check = (): void => {
    // crun makes the file and writes into it afterwards; an empty one says nothing yet.
    if ((statSync(pidFile, { throwIfNoEntry: false })?.size ?? 0) > 0) resolve('running');
  };
  const watcher = watch(folder, check);
  check();
  return {
    promise,
    [Symbol.dispose]: () => {
      watcher.close();
    },
  };
}
