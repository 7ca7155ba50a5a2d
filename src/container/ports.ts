/** What the domain needs of the world. Everything in here is an interface or a value that was opened elsewhere. */
import type { UsableNetavark } from '../netavark/netavark.ts';
import type { NetworkProgram } from '../netavark/network-program.ts';
import type { Reservations } from '../netavark/reservations.ts';
import type { trafficOf } from '../netavark/traffic.ts';
import type { Networks } from '../network/networks.ts';
import type { Logger } from '../log/logger.ts';
import type { Journal } from '../journal/journal.ts';
import type { OciRuntime, RuntimeLog } from '../oci/runtime.ts';
import type { Images } from '../image/images.ts';
import type { Volumes } from '../volume/volumes.ts';
import type { Relay } from '../relay/relay.ts';
import type { Relays } from '../relay/relays.ts';
import type { CgroupUsage } from '../systemd/process/cgroup.ts';
import type { MissingControllers } from '../systemd/process/controllers.ts';
import type { GroupProcesses } from '../systemd/process/group-processes.ts';
import type { Freezer } from '../systemd/process/freezer.ts';
import type { UnitManager } from '../systemd/units/unit-manager.ts';
import type { Faults } from './faults.ts';
import type { Container } from './container.ts';
import type { Folders, Next } from './records/folder.ts';
import type { Lane } from './lane/lane.ts';
import type { StreamsKind } from './configuration/configuration.ts';
import type { ContainerIndex } from './records/container-index.ts';

export interface Ports {
  readonly index: ContainerIndex;
  readonly lane: Lane;
  readonly folders: Folders;
  readonly units: UnitManager;
  readonly runtimes: Runtimes;
  readonly runtimeLog: RuntimeLog;
  readonly images: Pick<Images, 'get' | 'use'>;
  readonly volumes: Pick<Volumes, 'use' | 'removeAnonymous'>;
  readonly journal: Journal;
  readonly mounts: Mounts;
  readonly cgroups: Cgroups;
  readonly freezer: Freezer;
  readonly network: NetworkPorts;
  readonly sessions: Sessions;
  /** Starts a new run of a container's unit; see `launch`. */
  readonly launch: Launch;
  /** The host's. */
  readonly hostname: string;
  /** Where the streams of containers go that ask for nothing. */
  readonly defaultStreams: () => StreamsKind;
  readonly relays: Pick<Relays, 'open' | 'find' | 'recover' | 'finish' | 'finished' | 'remove'>;
  readonly log: Logger;
  readonly now: () => Date;
  readonly faults: Faults;
}

/** The OCI runtimes of this host. */
export interface Runtimes {
  /** The one that is used where nobody asks for another; undefined where none is installed. */
  readonly preferred: OciRuntime | undefined;
  find(name: string): OciRuntime | undefined;
}

/** What systemd's control groups tell; a group is absolute below the cgroup root. */
export interface Cgroups {
  /** undefined when there is no such group. */
  usage(group: string): Promise<CgroupUsage | undefined>;
  processes(group: string): Promise<GroupProcesses>;
  /** Of the units of a slice. */
  missingControllers(slice: string, signal: AbortSignal): Promise<MissingControllers>;
}

export interface Mounts {
  /** Takes everything away that is mounted at `path` or below it; nothing being there is no error. */
  unmountAll(path: string): Promise<void>;
}

/** For those who have the turn. @throws ContainerError */
export type Launch = (container: Container, next: Next, opened?: (relay: Relay) => void) => Promise<Container>;

/** The exec sessions of containers. */
export interface Sessions {
  /** The IDs of those that run. */
  activeIn(container: string): string[];
  /** Ends and removes all of them. */
  forget(container: string): Promise<void>;
}

/** What the networks of containers need. */
export interface NetworkPorts {
  readonly networks: Pick<Networks, 'demand' | 'find'>;
  readonly netavark: () => UsableNetavark;
  readonly program: Pick<NetworkProgram, 'run' | 'failureOf'>;
  readonly traffic: typeof trafficOf;
  readonly reservations: Pick<Reservations, 'reserve' | 'release' | 'free' | 'has' | 'holders'>;
}
