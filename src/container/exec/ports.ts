/** What exec sessions need of the world. */
import type { Peer, TakenDescriptors } from '../../lib/peer-descriptors.ts';
import type { Logger } from '../../log/logger.ts';
import type { RuntimeLog } from '../../oci/runtime.ts';
import type { Relays } from '../../relay/relays.ts';
import type { UnitManager } from '../../systemd/units/unit-manager.ts';
import type { startLikeService } from '../../systemd/process/unit-process.ts';
import type { ReadInside } from '../launch/user-files.ts';
import type { Faults } from '../faults.ts';
import type { Lane } from '../lane/lane.ts';
import type { Folders } from '../records/folder.ts';
import type { Runtimes } from '../ports.ts';
import type { ContainerIndex } from '../records/container-index.ts';
import type { SessionStore } from './session-store.ts';
import { shortSessionId } from './session.ts';

export interface ExecPorts {
  readonly index: Pick<ContainerIndex, 'find' | 'get'>;
  readonly folders: Pick<Folders, 'of'>;
  readonly units: Pick<
    UnitManager,
    'facts' | 'expectStart' | 'startTransient' | 'status' | 'service' | 'kill' | 'stop' | 'changes'
  >;
  readonly runtimes: Runtimes;
  readonly runtimeLog: RuntimeLog;
  readonly relays: Pick<Relays, 'open' | 'find' | 'recover' | 'finish' | 'remove'>;
  readonly readInside: ReadInside;
  readonly store: SessionStore;
  /** See `startLikeService`. */
  readonly start: typeof startLikeService;
  /** What the argv of a program begins with that nobody is to keep waiting for a processor. */
  readonly urgently: () => Promise<readonly string[]>;
  /** See `takeDescriptors`. */
  readonly takeDescriptors: (peer: Peer, descriptors: readonly number[]) => Promise<TakenDescriptors>;
  /** Whether a process is in a control group. */
  readonly isPopulated: (group: string) => Promise<boolean>;
  /** `exec-session`, the helper that is the first process of every session. */
  readonly helper: string;
  readonly nothing: NothingFile;
  readonly lane: Pick<Lane, 'lookAtUnit'>;
  readonly log: Logger;
  readonly faults: Faults;
  readonly now: () => Date;
}

/** A descriptor of /dev/null, for reading and writing. */
export interface NothingFile {
  readonly fd: number;
}

export const relayKey = (id: string): string => `exec-${shortSessionId(id)}`;
