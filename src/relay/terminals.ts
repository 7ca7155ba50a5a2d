import type { Terminals } from './relay.ts';

/** What can be done with terminals; what it takes is loaded now. */
export async function terminals(): Promise<Terminals> {
  const { setWindowSize, foregroundGroup } = await import('./libc.ts');
  const { masterStream } = await import('./master-stream.ts');
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
