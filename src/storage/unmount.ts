import { mountsBelow, readMounts } from './mountinfo.ts';
import { umountArgv } from './overlay.ts';
import { runCommand } from './skopeo/skopeo.ts';

/** Takes away everything that is mounted at `path` or below it, the innermost first; nothing being there is no error. */
export async function unmountAll(path: string): Promise<void> {
  for (const { target } of mountsBelow(await readMounts(), path)) {
    await runCommand(umountArgv(target), undefined);
  }
}
