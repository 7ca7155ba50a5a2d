/**
 * The runtime configuration, config.json of the OCI runtime specification 1.0: pure, from what a container wants to the
 * object a runtime reads. Only what berth emits is typed.
 *
 * Limits are not in here: they stand on the container's unit, where `systemctl` sees and changes them.
 */
import type { SeccompProfile } from './seccomp.ts';

export interface SpecMount {
  readonly destination: string;
  readonly type: string;
  readonly source: string;
  readonly options: readonly string[];
}

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
  readonly hostname: string;
  readonly terminal: 'pty' | 'none';
  /** After the standard ones; one with the destination of a standard mount takes its place. */
  readonly mounts: readonly SpecMount[];
  readonly network: 'own' | 'host';
  /** Canonical names. */
  readonly capabilities: readonly string[];
  /** `privileged`: no seccomp, nothing masked, every kernel file writable. */
  readonly confinement: 'standard' | 'privileged';
  readonly newPrivileges: 'allowed' | 'blocked';
  /** undefined for none; not used with `privileged`. */
  readonly seccomp: SeccompProfile | undefined;
  /** Absolute, below the cgroup root. */
  readonly cgroupsPath: string;
  readonly annotations: Readonly<Record<string, string>>;
}

export interface OciSpec {
  readonly ociVersion: string;
  readonly process: OciProcess;
  readonly root: { readonly path: string; readonly readonly: boolean };
  readonly hostname: string;
  readonly mounts: readonly SpecMount[];
  readonly annotations: Readonly<Record<string, string>>;
  readonly linux: object;
}

export interface OciProcess {
  readonly terminal: boolean;
  readonly user: SpecUser & { readonly umask: number };
  readonly args: readonly string[];
  readonly env: readonly string[];
  readonly cwd: string;
  readonly capabilities: Readonly<
    Record<'bounding' | 'effective' | 'permitted' | 'inheritable' | 'ambient', readonly string[]>
  >;
  readonly noNewPrivileges: boolean;
  readonly oomScoreAdj?: number;
}

const UMASK = 0o022;
const SHM_SIZE = '65536k';

// prettier-ignore
const MOUNTS: readonly SpecMount[] = [
  { destination: '/proc', type: 'proc', source: 'proc', options: ['nosuid', 'noexec', 'nodev'] },
  { destination: '/dev', type: 'tmpfs', source: 'tmpfs', options: ['nosuid', 'strictatime', 'mode=755', 'size=65536k'] },
  { destination: '/dev/pts', type: 'devpts', source: 'devpts', options: ['nosuid', 'noexec', 'newinstance', 'ptmxmode=0666', 'mode=0620', 'gid=5'] },
  { destination: '/dev/shm', type: 'tmpfs', source: 'shm', options: ['nosuid', 'noexec', 'nodev', 'mode=1777', `size=${SHM_SIZE}`] },
  { destination: '/dev/mqueue', type: 'mqueue', source: 'mqueue', options: ['nosuid', 'noexec', 'nodev'] },
];
const sysMount = (access: 'ro' | 'rw'): SpecMount => ({
  destination: '/sys',
  type: 'sysfs',
  source: 'sysfs',
  options: ['nosuid', 'noexec', 'nodev', access],
});
const cgroupMount = (access: 'ro' | 'rw'): SpecMount => ({
  destination: '/sys/fs/cgroup',
  type: 'cgroup',
  source: 'cgroup',
  options: ['rprivate', 'nosuid', 'noexec', 'nodev', 'relatime', access],
});

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

export function specFor(input: SpecInput): OciSpec {
  const privileged = input.confinement === 'privileged';
  return {
    ociVersion: '1.0.2',
    process: processFor(input),
    root: { path: input.rootPath, readonly: input.rootAccess === 'read-only' },
    hostname: input.hostname,
    mounts: mountsFor(input.mounts, privileged ? 'rw' : 'ro'),
    annotations: input.annotations,
    linux: {
      cgroupsPath: input.cgroupsPath,
      namespaces: namespacesFor(input.network),
      rootfsPropagation: 'private',
      ...(privileged ? {} : { maskedPaths: MASKED_PATHS, readonlyPaths: READONLY_PATHS }),
      ...(privileged || input.seccomp === undefined ? {} : { seccomp: input.seccomp }),
    },
  };
}

function processFor(input: SpecInput): OciProcess {
  const { capabilities } = input;
  const { uid, gid, additionalGids } = input.user;
  // Inheritable and ambient ones would reach programs of users who were given none.
  const ofRoot = uid === 0 ? capabilities : [];
  return {
    terminal: input.terminal === 'pty',
    user: { uid, gid, additionalGids, umask: UMASK },
    args: input.args,
    env: Object.entries(input.environment).map(([name, value]) => `${name}=${value}`),
    cwd: input.cwd,
    capabilities: { bounding: capabilities, effective: ofRoot, permitted: ofRoot, inheritable: [], ambient: [] },
    noNewPrivileges: input.newPrivileges === 'blocked',
  };
}

function mountsFor(own: readonly SpecMount[], access: 'ro' | 'rw'): SpecMount[] {
  const taken = new Set(own.map(({ destination }) => destination));
  const standard = [...MOUNTS, sysMount(access), cgroupMount(access)];
  return [...standard.filter(({ destination }) => !taken.has(destination)), ...own];
}

function namespacesFor(network: 'own' | 'host'): { type: string }[] {
  const types = ['pid', 'ipc', 'uts', 'mount', 'cgroup', ...(network === 'own' ? ['network'] : [])];
  return types.map((type) => ({ type }));
}
