/** A container as berth keeps it: what it is made of, which never changes by itself, and what was last seen of it. */
import type { Configuration } from './configuration/configuration.ts';
import type { ContainerId, ContainerName } from './names.ts';
import type { Status } from './status.ts';

export interface Container {
  readonly id: ContainerId;
  readonly name: ContainerName;
  /** The unit it runs as: `berth-NAME.service`, by the name it was made with. */
  readonly unit: string;
  readonly createdAt: Date;
  readonly config: Configuration;
  readonly status: Status;
  /** How often systemd has brought it back since it was last started by hand. */
  readonly restarts: number;
  /** Why the last attempt to start it failed. */
  readonly message?: string | undefined;
}
