/**
 * What a container is made of besides its image: files, folders, devices and namespaces of the host. Looked at when it is
 * made, so that what cannot work is refused there, and again at each start, since the host goes on living.
 */
import { constants } from 'node:fs';
import { access, opendir, readFile, realpath, stat, statfs } from 'node:fs/promises';
import { release } from 'node:os';
import { join, relative } from 'node:path';
import { demandReachable, PathUnreachable } from '../../lib/reachable.ts';
import { readRegular } from '../../lib/regular-file.ts';
import { capabilitiesFor, grantableCapabilities, type Capabilities } from '../../oci-spec/capabilities.ts';
import { parseSeccompProfile, SeccompProfileInvalid, type SeccompResolver } from '../../oci-spec/seccomp.ts';
import type { SpecDevice } from '../../oci-spec/spec.ts';
import type { Configuration, Device } from '../configuration/configuration.ts';
import { demandAtMost, invalid, MAX_ENTRIES } from '../configuration/checks.ts';
import { readOnlyRecursion } from './read-only.ts';
import { isRelabelled } from '../configuration/mounts.ts';
import { ContainerError } from '../errors.ts';
import {
  NAMESPACE_FILES,
  NAMESPACE_TYPES,
  NAMESPACES,
  parseNamespace,
  type NamespaceType,
} from '../configuration/namespaces.ts';
import { namespacesOfSysctls, sysctlMember } from '../configuration/sysctls.ts';

/** Where the host keeps what containers are given of it. */
export interface HostPaths {
  readonly zones: string;
  readonly localTime: string;
  /** Where catatonit may be, the likeliest first. */
  readonly initPrograms: readonly string[];
}

export const HOST_PATHS: HostPaths = {
  zones: '/usr/share/zoneinfo',
  localTime: '/etc/localtime',
  initPrograms: ['/usr/libexec/podman/catatonit', '/usr/bin/catatonit'],
};

/**
 * Demands that everything is there.
 * @throws ContainerError `NoSuchSource` | `InvalidFile` | `NoSuchNamespace` | `InvalidParameter`
 */
export async function demandHostFiles(config: Configuration, paths = HOST_PATHS): Promise<void> {
  await demandAnswers(pathsOf(config));
  for (const [index, mount] of config.mounts.entries()) {
    if (mount.kind === 'bind' && mount.source !== undefined) await typeOf(mount.source);
    const cannot =
      (mount.options.includes('rro') && readOnlyRecursion === 'top') || (isRelabelled(mount) && (await hasSelinux()));
    if (cannot) throw invalid(`mounts[${index}].options`);
  }
  if (config.rootDirectory !== undefined && !(await typeOf(config.rootDirectory)).isDirectory()) {
    throw new ContainerError('InvalidFile', { path: config.rootDirectory, reason: 'it is no folder' });
  }
  await deviceNodes(config.devices);
  if (config.timeZone !== undefined) await readZone(config.timeZone, paths);
  await findInitProgram(config, paths);
  await readSeccompProfile(config.seccompProfile);
  await demandNamespaces(config);
}

/** What it names of the host by itself. */
function pathsOf(config: Configuration): string[] {
  const { mounts, devices, rootDirectory, seccompProfile = 'unconfined' } = config;
  const namespaces = NAMESPACE_TYPES.flatMap((type) => {
    const namespace = parseNamespace(config[NAMESPACES[type]]);
    return namespace.kind === 'path' ? [namespace.path] : [];
  });
  const sources = [...mounts, ...devices].flatMap(({ source }) => source ?? []);
  const profile = seccompProfile === 'unconfined' ? [] : [seccompProfile];
  return [...sources, ...(rootDirectory === undefined ? [] : [rootDirectory]), ...profile, ...namespaces];
}

/** @throws ContainerError `InvalidFile` for one whose file system does not answer */
export async function demandAnswers(paths: readonly string[]): Promise<void> {
  try {
    await demandReachable(paths);
  } catch (error) {
    if (!(error instanceof PathUnreachable)) throw error;
    const { path, message: reason } = error;
    throw new ContainerError('InvalidFile', { path, reason }, { cause: error });
  }
}

async function typeOf(source: string): Promise<Awaited<ReturnType<typeof stat>>> {
  try {
    return await stat(source);
  } catch (error) {
    throw new ContainerError('NoSuchSource', { source }, { cause: error });
  }
}

/** Where it is not in force, there is nothing to label. */
const hasSelinux = async (): Promise<boolean> =>
  await access('/sys/fs/selinux/enforce').then(
    () => true,
    () => false,
  );

/** How much of a folder of devices is looked at. */
const MAX_FOLDER_ENTRIES = 4096;

/**
 * Folders become the devices that are below them now; links in them are not followed.
 * @throws ContainerError `NoSuchSource` | `InvalidFile` | `LimitExceeded`
 */
export async function expandedDevices(devices: readonly Device[]): Promise<readonly Device[]> {
  const expanded = await Promise.all(devices.map(async (device) => await devicesOf(device)));
  demandAtMost(MAX_ENTRIES, expanded.flat().length, 'entries', 'devices');
  return expanded.flat();
}

async function devicesOf(device: Device): Promise<Device[]> {
  if (!(await typeOf(device.source)).isDirectory()) return [device];
  const found: Device[] = [];
  let seen = 0;
  for await (const entry of await opendir(device.source, { recursive: true })) {
    demandAtMost(MAX_FOLDER_ENTRIES, ++seen, 'entries', 'devices');
    if (!entry.isCharacterDevice() && !entry.isBlockDevice()) continue;
    const below = relative(device.source, join(entry.parentPath, entry.name));
    found.push({ ...device, source: join(device.source, below), destination: join(device.destination, below) });
  }
  if (found.length === 0) throw new ContainerError('InvalidFile', { path: device.source, reason: 'it has no devices' });
  return found;
}

/** The device nodes that the runtime makes in the container. */
export async function deviceNodes(devices: readonly Device[]): Promise<SpecDevice[]> {
  const nodes: SpecDevice[] = [];
  for (const { source, destination } of devices) {
    const stats = await typeOf(source);
    if (!stats.isCharacterDevice() && !stats.isBlockDevice()) {
      throw new ContainerError('InvalidFile', { path: source, reason: 'it is no device' });
    }
    const { uid, gid, mode, rdev } = stats;
    nodes.push({
      path: destination,
      type: stats.isBlockDevice() ? 'b' : 'c',
      ...deviceNumber(BigInt(rdev)),
      fileMode: Number(mode) & 0o7777,
      uid: Number(uid),
      gid: Number(gid),
    });
  }
  return nodes;
}

/** As makedev(3) of glibc puts them together. */
export const deviceNumber = (rdev: bigint): { major: number; minor: number } => ({
  major: Number(((rdev >> 32n) & 0xff_ff_f0_00n) | ((rdev >> 8n) & 0xf_ffn)),
  minor: Number(((rdev >> 12n) & 0xff_ff_ff_00n) | (rdev & 0xffn)),
});

/** What a container can do, on this host. */
export async function capabilitiesOf(config: Configuration): Promise<Capabilities> {
  const grantable = grantableCapabilities(await readFile('/proc/1/status', 'utf8'));
  const { addCapabilities: add, dropCapabilities: drop, privileged } = config;
  return capabilitiesFor({ add, drop, from: privileged ? 'ALL' : 'default' }, grantable);
}

const MAX_ZONE_BYTES = 1024 * 1024;

/**
 * The file of a time zone.
 * @throws ContainerError `InvalidFile`
 */
export async function readZone(zone: string, { zones, localTime }: HostPaths = HOST_PATHS): Promise<Buffer> {
  const path = zone === 'local' ? localTime : join(zones, zone);
  const bytes = await readBounded(path, MAX_ZONE_BYTES, async (real) => {
    if (zone !== 'local' && !real.startsWith(`${await realpath(zones)}/`))
      throw new Error('it leads out of the time zones');
  });
  if (bytes.toString('latin1', 0, 4) !== 'TZif') {
    throw new ContainerError('InvalidFile', { path, reason: 'it is no time zone' });
  }
  return bytes;
}

async function isProgram(path: string): Promise<boolean> {
  try {
    await access(path, constants.X_OK);
    return (await stat(path)).isFile();
  } catch {
    return false; // which the caller says
  }
}

/** @returns undefined where none is asked for. @throws ContainerError `InvalidFile` */
export async function findInitProgram(
  { initProcess, initPath }: Pick<Configuration, 'initProcess' | 'initPath'>,
  { initPrograms }: HostPaths = HOST_PATHS,
): Promise<string | undefined> {
  if (!initProcess) return undefined;
  for (const path of initPath === undefined ? initPrograms : [initPath]) {
    if (await isProgram(path)) return path;
  }
  throw initPath === undefined
    ? new ContainerError('InvalidFile', { path: initPrograms.join(' '), reason: 'catatonit is not installed' })
    : new ContainerError('InvalidFile', { path: initPath, reason: 'it is no program that can be executed' });
}

const MAX_PROFILE_BYTES = 1024 * 1024;

/**
 * @returns undefined for `unconfined`, and where no profile is asked for
 * @throws ContainerError `InvalidFile`
 */
export async function readSeccompProfile(path: string | undefined): Promise<SeccompResolver | undefined> {
  if (path === undefined || path === 'unconfined') return undefined;
  const text = (await readBounded(path, MAX_PROFILE_BYTES)).toString('utf8');
  try {
    return parseSeccompProfile(text, { architecture: process.arch, kernel: release() });
  } catch (error) {
    if (!(error instanceof SeccompProfileInvalid)) throw error;
    throw new ContainerError(
      'InvalidFile',
      { path, reason: `it is no seccomp profile: ${error.message}` },
      { cause: error },
    );
  }
}

/** Reads a regular file whole; nothing else, since a FIFO or a device could keep us for good. */
async function readBounded(path: string, limit: number, demand?: (real: string) => Promise<void>): Promise<Buffer> {
  try {
    const real = await realpath(path);
    await demand?.(real);
    return await readRegular(real, limit);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new ContainerError('InvalidFile', { path, reason }, { cause: error });
  }
}

const NSFS_MAGIC = 0x6e_73_66_73;

/** That what is mounted at a path is a namespace of that type is for the runtime to find out. */
async function demandNamespaces(config: Configuration): Promise<void> {
  const isHosts = new Set<NamespaceType>();
  for (const type of NAMESPACE_TYPES) {
    const namespace = parseNamespace(config[NAMESPACES[type]]);
    if (namespace.kind === 'path' && (await inodeOfNamespace(namespace.path)) === (await inodeOfHost(type)))
      isHosts.add(type);
  }
  const wrong = namespacesOfSysctls(config.sysctls).find(([, type]) => isHosts.has(type));
  if (wrong !== undefined) throw invalid(sysctlMember(wrong[0]));
}

/** @throws ContainerError `NoSuchNamespace` */
export async function inodeOfNamespace(path: string): Promise<number> {
  try {
    const [{ ino }, { type }] = await Promise.all([stat(path), statfs(path)]);
    if (type !== NSFS_MAGIC) throw new Error(`${path} is no namespace`);
    return ino;
  } catch (error) {
    throw new ContainerError('NoSuchNamespace', { namespace: `path:${path}` }, { cause: error });
  }
}

const inodeOfHost = async (type: NamespaceType): Promise<number> =>
  (await stat(`/proc/self/ns/${NAMESPACE_FILES[type]}`)).ino;

/** The host's own names, for those who share its network. */
export const readHostFile = async (path: string): Promise<string> =>
  await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw error;
    return '';
  });
