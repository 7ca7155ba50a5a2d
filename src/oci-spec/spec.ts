/**
 * The runtime configuration, config.json of the OCI runtime specification 1.0: pure, from what a container wants to the
 * object a runtime reads. Only what berth emits is typed.
 *
 * Limits are not in here: they stand on the container's unit, where `systemctl` sees and changes them.
 */
import { mountsFor, propagationFor, type SpecMount } from './mounts.ts';
import type { SeccompProfile } from './seccomp.ts';

/** A device node that the runtime makes. */
export interface SpecDevice {
  readonly path: string;
  readonly type: 'b' | 'c';
  readonly major: number;
  readonly minor: number;
  readonly fileMode: number;
  readonly uid: number;
  readonly gid: number;
}

/** A limit of setrlimit(2); undefined is unlimited. */
export interface SpecLimit {
  /** `RLIMIT_NOFILE`. */
  readonly type: string;
  readonly soft: number | undefined;
  readonly hard: number | undefined;
}

/** As the OCI specification calls them; a container always has a mount namespace of its own. */
export type SpecNamespace = 'network' | 'pid' | 'ipc' | 'uts' | 'cgroup';

export interface SpecUser {
  readonly uid: number;
  readonly gid: number;
  readonly additionalGids: readonly number[];
}

export interface SpecInput {
  /** Absolute. */
  readonly rootPath: string;
  readonly rootAccess: 'read-only' | 'writable';
  readonly args: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  readonly cwd: string;
  readonly user: SpecUser;
  /** undefined in a UTS namespace that is somebody else's. */
  readonly hostname: string | undefined;
  readonly terminal: 'pty' | 'none';
  readonly terminalSize?: { readonly columns: number; readonly rows: number } | undefined;
  /** Besides the standard ones; see `mountsFor`. */
  readonly mounts: readonly SpecMount[];
  /** Those that are not the container's own: the host's, or the one that is at a path. */
  readonly namespaces: { readonly [_ in SpecNamespace]?: 'host' | { readonly path: string } };
  /** Of /dev/shm; of no meaning in the host's IPC namespace. Defaults to 64 MiB. */
  readonly sharedMemoryBytes?: number;
  /** Besides the standard ones. */
  readonly devices?: readonly SpecDevice[];
  /**
   * Which devices it may use is for the unit to say. crun says nothing unless it is told to; runc must be told to allow
   * everything, or it has a list of its own.
   */
  readonly deviceRules?: 'none' | 'allow-all';
  readonly sysctls?: Readonly<Record<string, string>>;
  readonly limits?: readonly SpecLimit[];
  /** Canonical names: what its processes can have at most, and what those of root have. */
  readonly capabilities: readonly string[];
  /** What the process has as a user who is not root. */
  readonly ambientCapabilities?: readonly string[];
  /** `privileged`: no seccomp, nothing masked, every kernel file writable. */
  readonly confinement: 'standard' | 'privileged';
  readonly newPrivileges: 'allowed' | 'blocked';
  /** undefined for none; not used with `privileged`. */
  readonly seccomp: SeccompProfile | undefined;
  /** Hidden besides the standard ones, with `privileged` too. */
  readonly maskPaths?: readonly string[];
  /** Standard ones that are neither hidden nor read-only; `ALL` is every one. */
  readonly unmaskPaths?: readonly string[];
  /** Absolute, below the cgroup root. */
  readonly cgroupsPath: string;
  readonly annotations: Readonly<Record<string, string>>;
}

export interface OciSpec {
  readonly ociVersion: string;
  readonly process: OciProcess;
  readonly root: { readonly path: string; readonly readonly: boolean };
  readonly hostname?: string;
  readonly mounts: readonly SpecMount[];
  readonly annotations: Readonly<Record<string, string>>;
  readonly linux: object;
}

export interface OciProcess {
  readonly terminal: boolean;
  readonly consoleSize?: { readonly height: number; readonly width: number };
  readonly user: SpecUser & { readonly umask: number };
  readonly args: readonly string[];
  readonly env: readonly string[];
  readonly cwd: string;
  readonly capabilities: Readonly<
    Record<'bounding' | 'effective' | 'permitted' | 'inheritable' | 'ambient', readonly string[]>
  >;
  readonly noNewPrivileges: boolean;
  readonly rlimits?: readonly object[];
}

const UMASK = 0o022;
const SHM_BYTES = 64 * 1024 * 1024;
/** 2^64 - 1, which no number of JavaScript is. */
const UNLIMITED = JSON.rawJSON('18446744073709551615');

// As podman and docker hide them: files through which a container could see or change the host.
const MASKED_PATHS = [
  '/proc/acpi',
  '/proc/kcore',
  '/proc/keys',
  '/proc/latency_stats',
  '/proc/sched_debug',
  '/proc/scsi',
  '/proc/timer_list',
  '/proc/timer_stats',
  '/sys/dev/block',
  '/sys/devices/virtual/powercap',
  '/sys/firmware',
  '/sys/fs/selinux',
];
const READONLY_PATHS = ['/proc/asound', '/proc/bus', '/proc/fs', '/proc/irq', '/proc/sys', '/proc/sysrq-trigger'];

/** runc's way to say that it has nothing to say: all devices, all that can be done with them. */
const ALLOW_ALL = { devices: [{ allow: true, access: 'rwm' }] };

export function specFor(input: SpecInput): OciSpec {
  const privileged = input.confinement === 'privileged';
  const { hostname, seccomp, mounts, devices = [], sysctls = {}, sharedMemoryBytes = SHM_BYTES } = input;
  return {
    ociVersion: '1.0.2',
    process: processFor(input),
    root: { path: input.rootPath, readonly: input.rootAccess === 'read-only' },
    ...(hostname === undefined ? {} : { hostname }),
    mounts: mountsFor({
      mounts,
      sharesHostIpc: input.namespaces.ipc === 'host',
      sharedMemoryBytes,
      access: privileged ? 'rw' : 'ro',
    }),
    annotations: input.annotations,
    linux: {
      cgroupsPath: input.cgroupsPath,
      namespaces: namespacesFor(input),
      rootfsPropagation: propagationFor(mounts),
      ...pathsFor(input),
      ...(privileged || seccomp === undefined ? {} : { seccomp }),
      ...(devices.length === 0 ? {} : { devices }),
      ...(input.deviceRules === 'allow-all' ? { resources: ALLOW_ALL } : {}),
      ...(Object.keys(sysctls).length === 0 ? {} : { sysctl: sysctls }),
    },
  };
}

function pathsFor({ confinement, maskPaths = [], unmaskPaths = [] }: SpecInput): {
  maskedPaths?: readonly string[];
  readonlyPaths?: readonly string[];
} {
  if (confinement === 'privileged') return maskPaths.length === 0 ? {} : { maskedPaths: maskPaths };
  const isKept = (path: string): boolean => !unmaskPaths.includes('ALL') && !unmaskPaths.includes(path);
  return {
    maskedPaths: [...new Set([...MASKED_PATHS.filter(isKept), ...maskPaths])],
    readonlyPaths: READONLY_PATHS.filter(isKept),
  };
}

function processFor(input: SpecInput): OciProcess {
  const { capabilities, ambientCapabilities = [], limits = [], terminalSize: size } = input;
  const { uid, gid, additionalGids } = input.user;
  // Root has them anyway: inheritable and ambient ones would reach programs of users who were given none.
  const ambient = uid === 0 ? [] : ambientCapabilities;
  const effective = uid === 0 ? capabilities : ambient;
  return {
    terminal: input.terminal === 'pty',
    ...(size === undefined ? {} : { consoleSize: { height: size.rows, width: size.columns } }),
    user: { uid, gid, additionalGids, umask: UMASK },
    args: input.args,
    env: Object.entries(input.environment).map(([name, value]) => `${name}=${value}`),
    cwd: input.cwd,
    capabilities: { bounding: capabilities, effective, permitted: effective, inheritable: ambient, ambient },
    noNewPrivileges: input.newPrivileges === 'blocked',
    ...(limits.length === 0 ? {} : { rlimits: limits.map(limitFor) }),
  };
}

/** As the specification writes a limit. */
export const limitFor = ({ type, soft, hard }: SpecLimit): object => ({
  type,
  soft: soft ?? UNLIMITED,
  hard: hard ?? UNLIMITED,
});

const NAMESPACES: readonly SpecNamespace[] = ['pid', 'ipc', 'uts', 'cgroup', 'network'];

function namespacesFor({ namespaces }: SpecInput): { type: string; path?: string }[] {
  const shared = NAMESPACES.flatMap((type) => {
    const namespace = namespaces[type];
    return namespace === 'host' ? [] : [{ type, ...namespace }];
  });
  return [...shared, { type: 'mount' }];
}
