/** What a start needs of the world beside what every verb has. */
import type { LockedFile } from '../../lib/file-lock.ts';
import type { ProcessHandle } from '../../lib/pidfd.ts';
import type { NewGroups } from '../../systemd/process/new-groups.ts';
import type { startLikeService } from '../../systemd/process/unit-process.ts';
import type { Ports } from '../ports.ts';
import type { Bundles } from './bundle.ts';

export interface LaunchPorts extends Omit<Ports, 'launch'> {
  readonly bundles: Bundles;
  /** undefined where units have to set their containers up by themselves. */
  readonly setUps: SetUps | undefined;
}

/** What it takes to set containers up for their units. */
export interface SetUps {
  /** `set-up`, the program that does it. */
  readonly helper: string;
  /** /dev/null. */
  readonly nothing: { readonly fd: number };
  /** See there. */
  readonly start: typeof startLikeService;
  /** See `makeLocked`. */
  readonly lock: (path: string, content: string) => Promise<LockedFile>;
  /** Of `berth.slice`. */
  readonly groups: Pick<NewGroups, 'expect'>;
  /** See `openProcess`; undefined as well for one that is not in the unit. */
  readonly open: (pid: number, unit: string) => Promise<ProcessHandle | undefined>;
}
