/** What exec sessions need of the world. */
import type { Peer, TakenDescriptors } from '../../lib/peer-descriptors.ts';
import type { Logger } from '../../log/logger.ts';
import type { RuntimeLog } from '../../oci/runtime.ts';
import type { Relays } from '../../relay/relays.ts';
import type { GroupMoves } from '../../systemd/group-moves.ts';
import type { UnitManager } from '../../systemd/unit-manager.ts';
import type { startLikeService } from '../../systemd/unit-process.ts';
import type { ReadInside } from '../bundle.ts';
import type { Faults } from '../faults.ts';
import type { Folders } from '../folder.ts';
import type { Runtimes } from '../ports.ts';
import type { Registry } from '../registry.ts';
import type { SessionBook } from './session-book.ts';
import { shortSessionId } from './session.ts';

export interface ExecutionsPorts {
  readonly registry: Pick<Registry, 'find' | 'get'>;
  readonly folders: Pick<Folders, 'of'>;
  readonly units: Pick<UnitManager, 'facts' | 'startTransient' | 'status' | 'kill' | 'stop' | 'changes'>;
  /** Told that a unit is going to be made. */
  readonly moves: Pick<GroupMoves, 'expect'>;
  readonly runtimes: Runtimes;
  readonly runtimeLog: RuntimeLog;
  readonly relays: Pick<Relays, 'open' | 'find' | 'recover' | 'finish' | 'remove'>;
  readonly readInside: ReadInside;
  readonly book: SessionBook;
  /** See `startLikeService`. */
  readonly start: typeof startLikeService;
  /** See `takeDescriptors`. */
  readonly takeDescriptors: (peer: Peer, descriptors: readonly number[]) => Promise<TakenDescriptors>;
  /** `exec-session`, the helper that is the first process of every session. */
  readonly helper: string;
  readonly nothing: NothingFile;
  /** Looks at the container that a unit is. */
  readonly lookAt: (unit: string) => Promise<void>;
  readonly log: Logger;
  readonly faults: Faults;
  readonly now: () => Date;
}

/** A descriptor of /dev/null, for reading and writing. */
export interface NothingFile {
  readonly fd: number;
}

export const relayKey = (id: string): string => `exec-${shortSessionId(id)}`;
