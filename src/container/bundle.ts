/** Writes the OCI bundle of a container, anew at each start: what it is made of may have changed, and so may its users. */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { resolveUser, UserUnknown, type User, type UserFiles } from '../oci/passwd.ts';
import type { OciRuntime } from '../oci/runtime.ts';
import type { SeccompResolver } from '../oci/seccomp.ts';
import { specFor, type OciSpec, type SpecMount } from '../oci/spec.ts';
import type { Image, ImageStore } from '../storage/images.ts';
import { overlayMountArgv, overlayMountDirectory } from '../storage/overlay.ts';
import { argvOf, type Configuration, type Container, type Mount } from './container.ts';
import { ContainerError } from './errors.ts';
import type { Folder, Folders } from './folder.ts';
import { shortId } from './names.ts';
import { controlGroupFor, type UnitCommands } from './unit.ts';

/** Reads a file as a container would see it at its start; undefined where there is none. */
export type ReadInside = (folders: readonly string[], path: string) => Promise<string | undefined>;

export interface BundlesOptions {
  readonly images: ImageStore;
  readonly folders: Folders;
  readonly readInside: ReadInside;
  /** undefined where the host has no profile. */
  readonly seccomp: SeccompResolver | undefined;
  /** The helper that every container's unit runs at its end. */
  readonly unitStopped: string;
}

export class Bundles {
  readonly #options: BundlesOptions;

  constructor(options: BundlesOptions) {
    this.#options = options;
  }

  /**
   * Writes everything that the unit's commands read, and answers these.
   * @throws ContainerError `NoSuchImage` when the image was taken out of the store by someone else | `NoSuchUser`
   */
  async write(container: Container, folder: Folder, runtime: OciRuntime): Promise<UnitCommands> {
    const { images, folders } = this.#options;
    const { config, name, unit, id } = container;
    const image = await images.find(config.imageId);
    if (image === undefined) throw new ContainerError('NoSuchImage', { image: config.image });
    const user = await this.#userOf(config, image, folder);
    await writeEtc(folder, config);
    await folders.describe(folder, specOf(container, folder, user, this.#options.seccomp), { name, unit, configuration: config });
    return {
      mount: overlayMountArgv({ layers: image.layers, upper: folder.upper, work: folder.work, target: folder.root }),
      mountDirectory: overlayMountDirectory(images.root),
      create: runtime.createArgv({ id: shortId(id), bundle: folder.path, pidFile: folder.pidFile, logPath: folder.runtimeLog }),
      start: runtime.startArgv(shortId(id), { logPath: folder.runtimeLog }),
      forget: runtime.deleteArgv(shortId(id)),
      stopped: this.#options.unitStopped,
    };
  }

  async #userOf({ user }: Configuration, { layers }: Image, { upper }: Folder): Promise<User> {
    const { readInside } = this.#options;
    const sources = [upper, ...layers.map(({ diff }) => diff)];
    const [passwd, group] = await Promise.all([readInside(sources, '/etc/passwd'), readInside(sources, '/etc/group')]);
    return lookUp(user, { passwd, group });
  }
}

function lookUp(user: string, files: UserFiles): User {
  try {
    return resolveUser(user, files);
  } catch (error) {
    if (!(error instanceof UserUnknown)) throw error;
    throw new ContainerError('NoSuchUser', { user: error.user }, { cause: error });
  }
}

/** The files that name the host, as podman writes them; without a network of the host there is no resolver to name. */
async function writeEtc({ etc }: Folder, { hostname, network }: Configuration): Promise<void> {
  const ofHost = async (path: string): Promise<string> => (network === 'host' ? await readFile(path, 'utf8') : '');
  const [hosts, resolver] = await Promise.all([ofHost('/etc/hosts'), ofHost('/etc/resolv.conf').catch(() => '')]);
  const local = '127.0.0.1\tlocalhost\n::1\tlocalhost ip6-localhost ip6-loopback\n';
  await Promise.all([
    writeFile(join(etc, 'hosts'), network === 'host' ? hosts : `${local}127.0.1.1\t${hostname}\n`),
    writeFile(join(etc, 'hostname'), `${hostname}\n`),
    writeFile(join(etc, 'resolv.conf'), resolver),
  ]);
}

function specOf({ id, unit, name, config }: Container, folder: Folder, user: User, seccomp: SeccompResolver | undefined): OciSpec {
  return specFor({
    rootPath: folder.root,
    rootAccess: config.readOnlyRoot ? 'read-only' : 'writable',
    args: argvOf(config),
    environment: { HOSTNAME: config.hostname, container: 'berth', HOME: user.home, ...config.environment },
    cwd: config.workingDirectory,
    user,
    hostname: config.hostname,
    terminal: 'none',
    mounts: [...etcMounts(folder, config), ...config.mounts.map(specMount)],
    network: config.network === 'host' ? 'host' : 'own',
    capabilities: config.capabilities,
    confinement: config.privileged ? 'privileged' : 'standard',
    newPrivileges: config.noNewPrivileges ? 'blocked' : 'allowed',
    seccomp: seccomp?.(config.capabilities),
    cgroupsPath: controlGroupFor(unit),
    annotations: { 'io.berth.container.id': id, 'io.berth.container.name': name },
  });
}

const etcMounts = ({ etc }: Folder, { readOnlyRoot }: Configuration): SpecMount[] =>
  ['hosts', 'hostname', 'resolv.conf'].map((name) => ({
    destination: `/etc/${name}`,
    type: 'bind',
    source: join(etc, name),
    options: ['bind', 'rprivate', 'nosuid', 'nodev', readOnlyRoot ? 'ro' : 'rw'],
  }));

const specMount = ({ kind, source, destination, readOnly, options }: Mount): SpecMount => ({
  destination,
  type: kind,
  source: source ?? 'tmpfs',
  options: [...(kind === 'bind' ? ['rbind', 'rprivate'] : ['nosuid', 'nodev']), readOnly ? 'ro' : 'rw', ...options],
});
