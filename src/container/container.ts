/** A container as berth keeps it: what it is made of, which never changes by itself, and what was last seen of it. */
import type { Configuration } from './configuration/configuration.ts';
import type { Lease } from '../network/network.ts';
import type { ContainerId, ContainerName } from './names.ts';
import type { Status } from './status.ts';

/** What the user last asked for: to run, or not to. */
export const WISHES = ['up', 'down'] as const;
export type Wish = (typeof WISHES)[number];

export interface Container {
  readonly id: ContainerId;
  readonly name: ContainerName;
  /** The unit it runs as: `berth-NAME.service`, by the name it was made with. */
  readonly unit: string;
  readonly createdAt: Date;
  readonly config: Configuration;
  /** What it has on its networks, from its first start on. */
  readonly leases: readonly Lease[];
  readonly status: Status;
  /** How often systemd has brought it back since it was last started by hand. */
  readonly restarts: number;
  /** Set by Start, Stop and Kill, and not by what systemd does; undefined where it was never started. */
  readonly wanted?: Wish | undefined;
  /** Why the last attempt to start it failed. */
  readonly message?: string | undefined;
}
