/** What the domain needs of the world. Everything in here is an interface or a value that was opened elsewhere. */
import type { LockedFile } from '../lib/file-lock.ts';
import type { ProcessHandle } from '../lib/pidfd.ts';
import type { Logger } from '../log/logger.ts';
import type { Journal } from '../journal/journal.ts';
import type { OciRuntime, RuntimeLog } from '../oci/runtime.ts';
import type { ImageStore } from '../storage/images.ts';
import type { Relays } from '../relay/relays.ts';
import type { CgroupProcess, CgroupUsage } from '../systemd/process/cgroup.ts';
import type { GroupMoves } from '../systemd/process/group-moves.ts';
import type { NewGroups } from '../systemd/process/new-groups.ts';
import type { UnitManager } from '../systemd/units/unit-manager.ts';
import type { startLikeService } from '../systemd/process/unit-process.ts';
import type { Bundles } from './launch/bundle.ts';
import type { Faults } from './faults.ts';
import type { Folders } from './records/folder.ts';
import type { Lane } from './lane/lane.ts';
import type { ContainerIndex } from './records/container-index.ts';

export interface Ports {
  readonly index: ContainerIndex;
  readonly lane: Lane;
  readonly folders: Folders;
  readonly bundles: Bundles;
  readonly units: UnitManager;
  readonly runtimes: Runtimes;
  readonly runtimeLog: RuntimeLog;
  readonly images: ImageStore;
  readonly journal: Journal;
  readonly mounts: Mounts;
  readonly cgroups: Cgroups;
  readonly sessions: Sessions;
  /** Told that systemd is going to be asked to start a unit. */
  readonly moves: Pick<GroupMoves, 'expect'>;
  /** undefined where units have to set their containers up by themselves. */
  readonly setUps: SetUps | undefined;
  readonly relays: Pick<Relays, 'open' | 'find' | 'recover' | 'finish' | 'finished' | 'remove'>;
  readonly log: Logger;
  readonly now: () => Date;
  readonly faults: Faults;
}

/** The OCI runtimes of this host. */
export interface Runtimes {
  /** The one that is used where nobody asks for another; undefined where none is installed. */
  readonly preferred: OciRuntime | undefined;
  find(name: string): OciRuntime | undefined;
}

/** What systemd's control groups tell; a group is absolute below the cgroup root. */
export interface Cgroups {
  /** undefined when there is no such group. */
  usage(group: string): Promise<CgroupUsage | undefined>;
  processes(group: string): Promise<CgroupProcess[]>;
}

export interface Mounts {
  /** Takes everything away that is mounted at `path` or below it; nothing being there is no error. */
  unmountAll(path: string): Promise<void>;
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

/** The exec sessions of containers. */
export interface Sessions {
  /** The IDs of those that run. */
  activeIn(container: string): string[];
  /** Ends and removes all of them. */
  forget(container: string): Promise<void>;
}
