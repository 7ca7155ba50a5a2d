import { loadedOnce } from '../lib/loaded-once.ts';
import type { Terminals } from './relay.ts';

const calls = loadedOnce(async () => await import('./libc.ts'));
const streams = loadedOnce(async () => await import('./master-stream.ts'));

/** What can be done with terminals; what it takes is loaded now. */
export async function terminals(): Promise<Terminals> {
  const { setWindowSize, foregroundGroup } = await calls();
  const { masterStream } = await streams();
  return {
    open: masterStream,
    setWindowSize,
    redraw: (fd) => {
      const group = foregroundGroup(fd);
      if (group === undefined) return;
      try {
        process.kill(-group, 'SIGWINCH');
      } catch {
        // The whole group has ended this moment, and draws nothing.
      }
    },
  };
}
