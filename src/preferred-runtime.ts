import type { Settings } from './config/settings.ts';
import type { Runtimes } from './container/ports.ts';
import type { OciRuntime } from './oci/runtime.ts';

/** The installed runtimes, with the one that berth.conf prefers, or else the first. */
export function preferring(installed: readonly OciRuntime[], settings: Settings): Runtimes {
  const find = (name: string): OciRuntime | undefined => installed.find((runtime) => runtime.name === name);
  return {
    find,
    get preferred() {
      const { runtime } = settings.current;
      return runtime === undefined ? installed[0] : find(runtime);
    },
  };
}
