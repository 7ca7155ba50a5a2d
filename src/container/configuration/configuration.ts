/** What a container is made of, which never changes by itself. */
import type { Namespaces } from './namespaces.ts';
import type { Resources } from './resources.ts';

/** What a container is made of, with everything that image and defaults decide filled in. */
export interface Configuration extends Namespaces {
  /** As given to Create; empty with a root directory. */
  readonly image: string;
  readonly imageId: string;
  /** The folder of the host that is the root file system, instead of an image. */
  readonly rootDirectory?: string | undefined;
  readonly entrypoint: readonly string[];
  readonly command: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  readonly workingDirectory: string;
  /** As written; looked up in the container's own files at each start. Empty is root. */
  readonly user: string;
  /** Besides those of the user; as written, too. */
  readonly groups: readonly string[];
  readonly hostname: string;
  readonly hosts: readonly Host[];
  readonly labels: Readonly<Record<string, string>>;
  /** Those that the client gave. */
  readonly annotations: Readonly<Record<string, string>>;
  readonly mounts: readonly Mount[];
  readonly devices: readonly Device[];
  /** Names have dots. */
  readonly sysctls: Readonly<Record<string, string>>;
  readonly resourceLimits: readonly ResourceLimit[];
  readonly sharedMemoryBytes: number;
  /** A name below /usr/share/zoneinfo, or `local`; undefined for what the image has. */
  readonly timeZone?: string | undefined;
  readonly initProcess: boolean;
  readonly oomScoreAdjust?: number | undefined;
  readonly readOnlyRoot: boolean;
  readonly privileged: boolean;
  /** Canonical names, `CAP_NET_ADMIN`, or `ALL`. */
  readonly addCapabilities: readonly string[];
  readonly dropCapabilities: readonly string[];
  /** A file of the host, or `unconfined`; undefined for the distribution's. */
  readonly seccompProfile?: string | undefined;
  readonly maskPaths: readonly string[];
  /** Paths, or `ALL`. */
  readonly unmaskPaths: readonly string[];
  readonly noNewPrivileges: boolean;
  /** As kill(2) has it. */
  readonly stopSignal: number;
  readonly stopTimeoutUsec: number;
  readonly restartPolicy: RestartPolicy;
  readonly restartLimit?: number | undefined;
  readonly removeOnExit: boolean;
  /** Whether it has a terminal. */
  readonly terminal: boolean;
  /** Whether its standard input is open. */
  readonly stdin: boolean;
  readonly streams: StreamsKind;
  /** The keys that leave its terminals, in libpod's format; undefined for the host's. */
  readonly detachKeys?: string | undefined;
  readonly runtime: string;
  readonly resources: Resources;
  /** As they stand in unit files. */
  readonly unitProperties: readonly string[];
}

/** Where standard streams go: to berthd, by pipes or a terminal, or to journald, by its sockets. */
export const STREAMS_KINDS = ['relay', 'journal'] as const;
export type StreamsKind = (typeof STREAMS_KINDS)[number];

export const RESTART_POLICIES = ['no', 'on_failure', 'always'] as const;
export type RestartPolicy = (typeof RESTART_POLICIES)[number];

export const DEFAULT_SHARED_MEMORY_BYTES = 64 * 1024 * 1024;

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

/** A name in the container's /etc/hosts. */
export interface Host {
  readonly name: string;
  readonly address: string;
}

export interface Device {
  /** On the host, below /dev. */
  readonly source: string;
  /** In the container. */
  readonly destination: string;
  /** Some of `rwm`, in this order. */
  readonly access: string;
}

/** A limit of setrlimit(2); what is left out is unlimited. */
export interface ResourceLimit {
  /** `RLIMIT_NOFILE`. */
  readonly name: string;
  readonly soft?: number | undefined;
  readonly hard?: number | undefined;
}

/** What is run: entrypoint and command together. */
export const argvOf = (config: Configuration): string[] => [...config.entrypoint, ...config.command];
