/** Writes the OCI bundle of a container, anew at each start: what it is made of may have changed, and so may its users. */
import { join } from 'node:path';
import type { ResourceLimit } from '../../lib/resource-limits.ts';
import type { Capabilities } from '../../oci-spec/capabilities.ts';
import {
  groupList,
  resolveGroups,
  resolveUser,
  UserUnknown,
  type User,
  type UserFiles,
} from '../../oci-spec/passwd.ts';
import type { OciRuntime } from '../../oci/runtime.ts';
import type { SpecMount } from '../../oci-spec/mounts.ts';
import type { SeccompResolver } from '../../oci-spec/seccomp.ts';
import { specFor, type OciSpec, type SpecDevice, type SpecLimit } from '../../oci-spec/spec.ts';
import type { Images } from '../../image/images.ts';
import type { TerminalSize } from '../../stream/control.ts';
import type { RootSource } from '../../storage/folder-inside.ts';
import type { overlayMount } from '../../storage/overlay.ts';
import type { Container } from '../container.ts';
import { argvOf, type Configuration, type Mount } from '../configuration/configuration.ts';
import { ContainerError } from '../errors.ts';
import { writeEtc } from './etc-files.ts';
import type { Folder, Folders } from '../records/folder.ts';
import { capabilitiesOf, demandHostFiles, deviceNodes, findInitProgram, readSeccompProfile } from './host-files.ts';
import type { Prepared } from '../network/prepare.ts';
import { parseContainerId, shortId } from '../names.ts';
import { processLimits, type Attainable } from './process-limits.ts';
import { shareNamespaces, specNamespaces, type PidOf } from './shared-namespaces.ts';
import { specMountsFor } from './mounts.ts';
import type { HoldsMounts } from './read-only.ts';
import type { UnitCommands } from './unit.ts';
import { readUserFiles, type ReadInside } from './user-files.ts';
import { fillVolumes, giveVolumes, withFolders, type VolumeWorld } from './volumes.ts';
import { controlGroupFor } from '../unit-names.ts';

export interface BundlesOptions extends VolumeWorld {
  readonly images: Pick<Images, 'get'>;
  readonly overlayMount: typeof overlayMount;
  readonly folders: Folders;
  readonly readInside: ReadInside;
  /** undefined where the host has no profile. @throws ContainerError `InvalidFile` */
  readonly seccomp: () => Promise<SeccompResolver | undefined>;
  /** The folder of the programs that every container's unit runs. */
  readonly helpers: string;
  /** Of containers whose namespaces others share. */
  readonly pidOf: PidOf;
  /** Those of a service that asks for none. */
  readonly defaultLimits: () => readonly ResourceLimit[];
  readonly attainable: Attainable;
  readonly holdsMounts: HoldsMounts;
}

/** The root file system: how it is mounted, and where its files are before that, the topmost folder first. */
interface Root {
  readonly mount: readonly string[];
  readonly mountDirectory: string;
  readonly sources: readonly string[];
  /** The same, for volumes that are filled from it. */
  readonly content: RootSource;
}

/** Mounts, of which none is a volume any more. */
interface Resolved {
  readonly mounts: readonly Mount[];
}

/** Of a container with a terminal. */
export interface TerminalRequest {
  /** Where the runtime sends it. */
  readonly consoleSocket?: string | undefined;
  /** What its program finds when it looks at once; the kernel's 0 × 0 if nobody said. */
  readonly terminalSize?: TerminalSize | undefined;
}

/** What was looked up on the host for this start. */
interface Found {
  readonly user: User;
  readonly capabilities: Capabilities;
  readonly devices: readonly SpecDevice[];
  readonly mounts: readonly SpecMount[];
  readonly seccomp: SeccompResolver | undefined;
  readonly initProgram: string | undefined;
  readonly limits: readonly SpecLimit[];
}

export class Bundles {
  readonly #options: BundlesOptions;

  constructor(options: BundlesOptions) {
    this.#options = options;
  }

  /**
   * Writes everything that the unit's commands read, and answers these.
   * @throws ContainerError `NoSuchImage` when the image was taken out of the store by someone else | `NoSuchUser` |
   * `NoSuchNamespace` | `NoSuchSource` | `NoSuchVolume` | `InvalidFile`
   */
  async write(
    prepared: Prepared,
    folder: Folder,
    runtime: OciRuntime,
    { consoleSocket, terminalSize }: TerminalRequest = {},
  ): Promise<UnitCommands> {
    const { folders, pidOf, helpers } = this.#options;
    const { container } = prepared;
    const { id } = container;
    const { mounts } = container.config;
    const config = { ...container.config, mounts: withFolders(mounts, this.#options) };
    const root = await this.#rootOf(config, folder);
    await demandHostFiles(config);
    const search = { root: root.content, helper: join(helpers, 'copy-folder'), place: folder.root };
    const gifts = await fillVolumes(mounts, this.#options, search);
    const found = await this.#find(config, folder, root);
    await giveVolumes(gifts, this.#options, found.user);
    const folderOf = (other: string): Folder => folders.of(parseContainerId(other));
    const prepare = await shareNamespaces(config, folder, { pidOf, folderOf });
    await writeEtc(folder, prepared, folderOf);
    folders.describe(folder, specOf(container, folder, runtime, { ...found, terminalSize }), container);
    return {
      mount: root.mount,
      mountDirectory: root.mountDirectory,
      prepare,
      create: runtime.createArgv({
        id: shortId(id),
        bundle: folder.path,
        pidFile: folder.pidFile,
        logPath: folder.runtimeLog,
        consoleSocket,
      }),
      start: runtime.startArgv(shortId(id), { logPath: folder.runtimeLog }),
      forget: runtime.deleteArgv(shortId(id)),
      helpers,
    };
  }

  /**
   * Where the files of a container without a process are: its root, as it is mounted, and the host's folders of its volumes, which
   * have taken over what the image has at their places.
   * @throws ContainerError `NoSuchImage` | `NoSuchVolume` | `NoSuchUser` | `InvalidFile`
   */
  async filesOf(container: Container, folder: Folder): Promise<Pick<Root, 'mount' | 'mountDirectory'> & Resolved> {
    const { helpers } = this.#options;
    const { config } = container;
    const root = await this.#rootOf(config, folder);
    const search = { root: root.content, helper: join(helpers, 'copy-folder'), place: folder.root };
    const gifts = await fillVolumes(config.mounts, this.#options, search);
    const anew = gifts.filter(({ what }) => what === 'folder'); // everything becomes the user's with each start
    if (anew.length > 0) await giveVolumes(anew, this.#options, await this.userOf(container, folder));
    return { ...root, mounts: withFolders(config.mounts, this.#options) };
  }

  /** Who a container runs as. @throws ContainerError `NoSuchImage` | `NoSuchVolume` | `NoSuchUser` | `InvalidFile` */
  async userOf(container: Container, folder: Folder): Promise<User> {
    const { readInside, holdsMounts } = this.#options;
    const config = { ...container.config, mounts: withFolders(container.config.mounts, this.#options) };
    const { sources } = await this.#rootOf(config, folder);
    const mounts = await specMountsFor(folder, config, holdsMounts);
    return lookUp(config, readUserFiles({ readInside, folders: sources, mounts, etc: folder.etc }));
  }

  async #rootOf({ image: name, imageId, rootDirectory }: Configuration, folder: Folder): Promise<Root> {
    const { upper, work, root: target } = folder;
    if (rootDirectory !== undefined) {
      return {
        mount: ['/usr/bin/mount', '--bind', rootDirectory, target],
        mountDirectory: '/',
        sources: [rootDirectory],
        content: { kind: 'folder', path: rootDirectory },
      };
    }
    const { images } = this.#options;
    const image = await images.get(imageId);
    if (image === undefined) throw new ContainerError('NoSuchImage', { image: name });
    const { store, layers } = image;
    const { argv, directory } = this.#options.overlayMount({ store, layers, upper, work, target });
    return {
      mount: argv,
      mountDirectory: directory,
      sources: [upper, ...image.layers.map(({ diff }) => diff)],
      content: { kind: 'layers', store, upper, layers },
    };
  }

  async #find(config: Configuration, folder: Folder, { sources }: Root): Promise<Found> {
    const { readInside, seccomp, defaultLimits, attainable, holdsMounts } = this.#options;
    const [capabilities, devices, mounts, profile, initProgram, limits] = await Promise.all([
      capabilitiesOf(config),
      deviceNodes(config.devices),
      specMountsFor(folder, config, holdsMounts),
      config.seccompProfile === undefined ? seccomp() : readSeccompProfile(config.seccompProfile),
      findInitProgram(config),
      processLimits(config, defaultLimits(), attainable),
    ]);
    return {
      user: lookUp(config, readUserFiles({ readInside, folders: sources, mounts, etc: folder.etc })),
      capabilities,
      devices,
      mounts,
      seccomp: profile,
      initProgram,
      limits,
    };
  }
}

function lookUp({ user, groups }: Configuration, files: UserFiles): User {
  try {
    const found = resolveUser(user, files);
    return { ...found, additionalGids: groupList([...found.additionalGids, ...resolveGroups(groups, files)]) };
  } catch (error) {
    if (!(error instanceof UserUnknown)) throw error;
    throw new ContainerError('NoSuchUser', { user: error.user }, { cause: error });
  }
}

/** Where the init program is in the container; below /run, as podman's. */
const INIT = '/run/berth-init';

function specOf(
  { id, unit, name, config }: Container,
  folder: Folder,
  runtime: OciRuntime,
  found: Found & Pick<TerminalRequest, 'terminalSize'>,
): OciSpec {
  const { user, capabilities, mounts, seccomp, initProgram, limits } = found;
  const initMounts: SpecMount[] =
    initProgram === undefined
      ? []
      : [{ destination: INIT, type: 'bind', source: initProgram, options: ['bind', 'rprivate', 'ro'] }];
  return specFor({
    rootPath: folder.root,
    rootAccess: config.readOnlyRoot ? 'read-only' : 'writable',
    args: [...(initProgram === undefined ? [] : [INIT, '--']), ...argvOf(config)],
    environment: {
      HOSTNAME: config.hostname,
      container: 'berth',
      HOME: user.home,
      ...(config.terminal ? { TERM: 'xterm' } : {}),
      ...config.environment,
    },
    cwd: config.workingDirectory,
    user,
    hostname: config.utsNamespace === 'private' ? config.hostname : undefined,
    terminal: config.terminal ? 'pty' : 'none',
    terminalSize: found.terminalSize,
    mounts: [...mounts, ...initMounts],
    namespaces: specNamespaces({ config, unit }, folder),
    sharedMemoryBytes: config.sharedMemoryBytes,
    devices: found.devices,
    deviceRules: runtime.name === 'runc' ? 'allow-all' : 'none',
    // As podman has it: whoever is in there may ping, without a capability.
    sysctls: { ...(config.network === 'networks' ? { 'net.ipv4.ping_group_range': '0 0' } : {}), ...config.sysctls },
    limits,
    capabilities: capabilities.bounding,
    ambientCapabilities: capabilities.ambient,
    confinement: config.privileged ? 'privileged' : 'standard',
    newPrivileges: config.noNewPrivileges ? 'blocked' : 'allowed',
    seccomp: seccomp?.(capabilities.bounding),
    maskPaths: config.maskPaths,
    unmaskPaths: config.unmaskPaths,
    cgroupsPath: controlGroupFor(unit),
    annotations: { ...config.annotations, 'io.berth.container.id': id, 'io.berth.container.name': name },
  });
}
