/** All of io.berth.Container. */
import type { ContainerHandlers } from '../api/io-berth-container.ts';
import type { Containers } from '../container/containers.ts';
import type { Ends } from '../container/ends.ts';
import type { ExecSessions } from '../container/exec/exec-sessions.ts';
import type { Files } from '../container/files/files.ts';
import { attachService } from './attach.ts';
import type { DetachKeysOf } from './attached.ts';
import { containersService } from './containers.ts';
import { execService } from './exec.ts';
import { filesService } from './files.ts';

export interface ContainerWorld {
  readonly containers: Containers;
  readonly sessions: ExecSessions;
  readonly ends: Pick<Ends, 'ended'>;
  readonly files: Files;
  readonly detachKeysOf: DetachKeysOf;
}

export const containerService = ({
  containers,
  sessions,
  ends,
  files,
  detachKeysOf,
}: ContainerWorld): ContainerHandlers => ({
  ...containersService(containers),
  ...execService(sessions, detachKeysOf),
  ...attachService(containers, ends, detachKeysOf),
  ...filesService(files),
});
