/** What the daemon opens for the starts of containers. */
import { join } from 'node:path';
import type { SetUps } from './container/launch/ports.ts';
import type { Attainable } from './container/launch/process-limits.ts';
import { SLICE } from './container/unit-names.ts';
import { NewGroups } from './systemd/process/new-groups.ts';
import { openUnitProcess, startLikeService } from './systemd/process/unit-process.ts';

export const attainable: Attainable = async (limits) => (await import('./lib/prlimit.ts')).attainableLimits(limits);

/** @param libexec where berth's helpers are */
export const setUpsWith = (libexec: string, nothing: SetUps['nothing']): SetUps => ({
  helper: join(libexec, 'set-up'),
  nothing,
  start: startLikeService,
  lock: async (path, content) => (await import('./lib/file-lock.ts')).makeLocked(path, content),
  groups: new NewGroups(SLICE),
  open: openUnitProcess,
});
