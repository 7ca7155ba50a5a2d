import { execa } from 'execa';
import { mountsBelow, readMounts } from './mountinfo.ts';
import { umountArgv } from './overlay.ts';

/** Takes away everything that is mounted at `path` or below it, the innermost first; nothing being there is no error. */
export async function unmountAll(path: string): Promise<void> {
  for (const { target } of mountsBelow(await readMounts(), path)) {
    const [file = '', ...args] = umountArgv(target);
    await execa(file, args, { stdin: 'ignore' });
  }
}
