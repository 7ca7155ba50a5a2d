import { loadedOnce } from '../lib/loaded-once.ts';
import type { Terminals } from './relay.ts';

const calls = loadedOnce(async () => await import('./libc.ts'));
const streams = loadedOnce(async () => await import('./master-stream.ts'));

/**
 * What can be done with terminals; what it takes is loaded now.
 * @param foreground the process group that draws, where the terminal does not say; undefined where it does
 */
export async function terminals(foreground: () => number | undefined = () => undefined): Promise<Terminals> {
  const { setWindowSize, foregroundGroup } = await calls();
  const { masterStream } = await streams();
  return {
    open: masterStream,
    setWindowSize,
    redraw: (fd) => {
      const group = foreground() ?? foregroundGroup(fd);
      if (group === undefined) return;
      try {
        process.kill(-group, 'SIGWINCH');
      } catch {
        // The whole group has ended this moment, and draws nothing.
      }
    },
  };
}
