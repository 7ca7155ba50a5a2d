/** A container as berth keeps it: what it is made of, which never changes by itself, and what was last seen of it. */
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

/** What a container is made of, with everything that image and defaults decide filled in. */
export interface Configuration {
  /** As given to Create. */
  readonly image: string;
  readonly imageId: string;
  readonly entrypoint: readonly string[];
  readonly command: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  readonly workingDirectory: string;
  /** As written; looked up in the container's own files at each start. Empty is root. */
  readonly user: string;
  readonly hostname: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly mounts: readonly Mount[];
  readonly network: Network;
  readonly readOnlyRoot: boolean;
  readonly privileged: boolean;
  /** Canonical names, `CAP_NET_ADMIN`. */
  readonly capabilities: readonly string[];
  readonly noNewPrivileges: boolean;
  /** As kill(2) has it. */
  readonly stopSignal: number;
  readonly stopTimeoutUsec: number;
  readonly restartPolicy: RestartPolicy;
  readonly restartLimit?: number | undefined;
  readonly removeOnExit: boolean;
  readonly runtime: string;
  /** As they stand in unit files. */
  readonly unitProperties: readonly string[];
}

export const NETWORKS = ['none', 'host'] as const;
export type Network = (typeof NETWORKS)[number];

export const RESTART_POLICIES = ['no', 'on_failure', 'always'] as const;
export type RestartPolicy = (typeof RESTART_POLICIES)[number];

export const MOUNT_KINDS = ['bind', 'tmpfs'] as const;

export interface Mount {
  readonly kind: (typeof MOUNT_KINDS)[number];
  /** On the host; of bind mounts only. */
  readonly source?: string | undefined;
  /** In the container. */
  readonly destination: string;
  readonly readOnly: boolean;
  readonly options: readonly string[];
}

/** What is run: entrypoint and command together. */
export const argvOf = (config: Configuration): string[] => [...config.entrypoint, ...config.command];
