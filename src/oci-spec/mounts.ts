/** The mounts of the runtime configuration: the standard ones, and the order in which a runtime has to make them all. Pure. */

export interface SpecMount {
  readonly destination: string;
  readonly type: string;
  readonly source: string;
  readonly options: readonly string[];
}

export interface MountsInput {
  /** One with the destination of a standard mount takes its place; one at /dev takes that of all standard ones below it. */
  readonly mounts: readonly SpecMount[];
  readonly sharesHostIpc: boolean;
  /** Of /dev/shm; of no meaning in the host's IPC namespace. */
  readonly sharedMemoryBytes: number;
  /** To kernel files and control groups. */
  readonly access: 'ro' | 'rw';
}

// prettier-ignore
const MOUNTS: readonly SpecMount[] = [
  { destination: '/proc', type: 'proc', source: 'proc', options: ['nosuid', 'noexec', 'nodev'] },
  { destination: '/dev', type: 'tmpfs', source: 'tmpfs', options: ['nosuid', 'strictatime', 'mode=755', 'size=65536k'] },
  { destination: '/dev/pts', type: 'devpts', source: 'devpts', options: ['nosuid', 'noexec', 'newinstance', 'ptmxmode=0666', 'mode=0620', 'gid=5'] },
  { destination: '/dev/mqueue', type: 'mqueue', source: 'mqueue', options: ['nosuid', 'noexec', 'nodev'] },
];

const shmMount = ({ sharesHostIpc, sharedMemoryBytes }: MountsInput): SpecMount =>
  sharesHostIpc
    ? {
        destination: '/dev/shm',
        type: 'bind',
        source: '/dev/shm',
        options: ['rbind', 'rprivate', 'nosuid', 'noexec', 'nodev'],
      }
    : {
        destination: '/dev/shm',
        type: 'tmpfs',
        source: 'shm',
        options: ['nosuid', 'noexec', 'nodev', 'mode=1777', `size=${sharedMemoryBytes}`],
      };
const sysMount = ({ access }: MountsInput): SpecMount => ({
  destination: '/sys',
  type: 'sysfs',
  source: 'sysfs',
  options: ['nosuid', 'noexec', 'nodev', access],
});
const cgroupMount = ({ access }: MountsInput): SpecMount => ({
  destination: '/sys/fs/cgroup',
  type: 'cgroup',
  source: 'cgroup',
  options: ['rprivate', 'nosuid', 'noexec', 'nodev', 'relatime', access],
});

/** All of them, a folder always before what is mounted below it: a runtime makes them in the order of the list. */
export function mountsFor(input: MountsInput): SpecMount[] {
  const taken = new Set(input.mounts.map(({ destination }) => destination));
  const isTaken = ({ destination }: SpecMount): boolean =>
    taken.has(destination) || (taken.has('/dev') && destination.startsWith('/dev/'));
  const standard = [...MOUNTS, shmMount(input), sysMount(input), cgroupMount(input)];
  return [...standard.filter((mount) => !isTaken(mount)), ...input.mounts].sort(
    (a, b) => depthOf(a.destination) - depthOf(b.destination),
  );
}

/** A mount is made after all of less depth. */
export const depthOf = (path: string): number => path.split('/').length;

export type Propagation = 'private' | 'rslave' | 'shared';

/**
 * What the root of the container's mount namespace has to be while its mounts are made, so that each can be what its options say:
 * from a private one, nothing is shared any more.
 */
export function propagationFor(mounts: readonly SpecMount[]): Propagation {
  const options = new Set(mounts.flatMap((mount) => mount.options));
  if (options.has('shared') || options.has('rshared')) return 'shared';
  return options.has('slave') || options.has('rslave') ? 'rslave' : 'private';
}
