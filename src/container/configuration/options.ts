/** Options of a container, each from what a client asks for to what is kept. Pure; whatever is no good is InvalidParameter. */
import { isIP } from 'node:net';
import { posix } from 'node:path';
import type { Device as DeviceRequest } from '../../api/io-berth-container.ts';
import {
  MAX_BYTES,
  absolutePath,
  demandAtMost,
  invalid,
  listOf,
  mapOf,
  numberWithin,
  pathInside,
  printablePath,
  sizeOf,
  textOf,
} from './checks.ts';
import type { Device, Host, ResourceLimit } from './configuration.ts';

export function deviceOf({ source, destination, access = 'rwm' }: DeviceRequest, member: string): Device {
  const normal = printablePath(source, `${member}.source`);
  // The unit's DeviceAllow= takes nothing else.
  if (!normal.startsWith('/dev/') || /\s/.test(normal)) throw invalid(`${member}.source`);
  if (!/^[rwm]{1,3}$/.test(access) || new Set(access).size !== access.length) throw invalid(`${member}.access`);
  return {
    source: normal,
    destination: destination === undefined ? normal : pathInside(destination, `${member}.destination`),
    access: ['r', 'w', 'm'].filter((right) => access.includes(right)).join(''),
  };
}

const HOST_NAME = /^[a-zA-Z0-9_]([a-zA-Z0-9_.-]{0,251}[a-zA-Z0-9_])?$/;

/** Stands for the address that the host has on the container's first network. */
export const HOST_GATEWAY = 'host-gateway';

/** Counted in bytes, since there may be many. @throws ContainerError `InvalidParameter` | `LimitExceeded` */
export function hostsOf(hosts: readonly Host[] | undefined): Host[] {
  const given = hosts ?? [];
  demandAtMost(MAX_BYTES, sizeOf(given.map(({ name, address }) => `${name} ${address}`)), 'bytes', 'hosts');
  return given.map((host, index) => hostOf(host, `hosts[${index}]`));
}

function hostOf({ name, address }: Host, member: string): Host {
  if (!HOST_NAME.test(name)) throw invalid(`${member}.name`);
  if (address !== HOST_GATEWAY && isIP(address) === 0) throw invalid(`${member}.address`);
  return { name, address };
}

/** A name or number; which of them there are, the container's own files say. */
export function groupOf(group: string, member: string): string {
  if (!/^[^\s:,]{1,256}$/.test(group)) throw invalid(member);
  return textOf(group, member);
}

const OURS = 'io.berth.container.';

export function annotationsOf(annotations: Readonly<Record<string, string>> | undefined): Record<string, string> {
  const checked = mapOf(annotations, 'annotations');
  if (Object.keys(checked).some((name) => name.startsWith(OURS))) throw invalid('annotations');
  return checked;
}

const LIMITS = [
  'AS CORE CPU DATA FSIZE LOCKS MEMLOCK MSGQUEUE NICE NOFILE NPROC RSS RTPRIO RTTIME SIGPENDING STACK',
].flatMap((line) => line.split(' '));

/** Each limit once. */
export function resourceLimitsOf(limits: readonly ResourceLimit[] | undefined): ResourceLimit[] {
  const checked = listOf(limits, 'resourceLimits', limitOf);
  const twice = checked.findIndex(({ name }, index) => checked.findIndex((other) => other.name === name) < index);
  if (twice >= 0) throw invalid(`resourceLimits[${twice}].name`);
  return checked;
}

function limitOf({ name, soft, hard }: ResourceLimit, member: string): ResourceLimit {
  const short = name.toUpperCase().replace(/^RLIMIT_/, '');
  if (!LIMITS.includes(short)) throw invalid(`${member}.name`);
  if (hard !== undefined) numberWithin(hard, `${member}.hard`, 0);
  if (soft !== undefined) numberWithin(soft, `${member}.soft`, 0);
  if (hard !== undefined && (soft === undefined || soft > hard)) throw invalid(`${member}.soft`);
  return { name: `RLIMIT_${short}`, soft, hard };
}

/** `Europe/Paris`, `local`: nothing that could lead out of the folder of zones. Whether there is such a zone is seen later. */
export function timeZoneOf(zone: string): string {
  if (!/^[A-Za-z0-9][A-Za-z0-9_+-]*(\/[A-Za-z0-9][A-Za-z0-9_+-]*){0,3}$/.test(zone) || zone.length > 255)
    throw invalid('timeZone');
  return zone;
}

export function seccompProfileOf(profile: string, privileged: boolean): string {
  if (profile === 'unconfined') return profile;
  // A privileged container has none: to take one and not to use it would be a lie.
  if (privileged) throw invalid('seccompProfile');
  return absolutePath(profile, 'seccompProfile');
}

export function maskPathOf(path: string, member: string): string {
  return pathInside(path, member);
}

export const unmaskPathOf = (path: string, member: string): string =>
  path === 'ALL' ? path : maskPathOf(path, member);

/** Not `/`: that would have mount points made on the host itself. */
export function rootDirectoryOf(path: string): string {
  const normal = posix.normalize(`${printablePath(path, 'rootDirectory')}/`).slice(0, -1);
  if (normal === '') throw invalid('rootDirectory');
  return normal;
}
