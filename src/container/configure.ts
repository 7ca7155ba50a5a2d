/** From what a client asks for and what an image says to what a container is made of. Pure but for looking at sources. */
import { isAbsolute, normalize } from 'node:path';
import { parseSignal } from '../lib/signals.ts';
import { capabilitiesWith, parseCapability } from '../oci/capabilities.ts';
import type { Image } from '../storage/images.ts';
import type { Configuration, Mount, Network, RestartPolicy } from './container.ts';
import { ContainerError } from './errors.ts';
import { parseUnitProperty } from './unit.ts';

/** What a client asks for; everything but the image may be left out. */
export interface Request {
  readonly image?: string | undefined;
  readonly name?: string | undefined;
  readonly command?: readonly string[] | undefined;
  readonly entrypoint?: readonly string[] | undefined;
  readonly environment?: Readonly<Record<string, string>> | undefined;
  readonly workingDirectory?: string | undefined;
  readonly user?: string | undefined;
  readonly hostname?: string | undefined;
  readonly labels?: Readonly<Record<string, string>> | undefined;
  readonly mounts?: readonly MountRequest[] | undefined;
  readonly network?: Network | undefined;
  readonly readOnlyRoot?: boolean | undefined;
  readonly privileged?: boolean | undefined;
  readonly addCapabilities?: readonly string[] | undefined;
  readonly dropCapabilities?: readonly string[] | undefined;
  readonly noNewPrivileges?: boolean | undefined;
  readonly stopSignal?: string | undefined;
  readonly stopTimeoutUSec?: number | undefined;
  readonly restartPolicy?: RestartPolicy | undefined;
  readonly restartLimit?: number | undefined;
  readonly removeOnExit?: boolean | undefined;
  readonly runtime?: string | undefined;
  readonly unitProperties?: readonly string[] | undefined;
}

export interface MountRequest {
  readonly kind: Mount['kind'];
  readonly source?: string | undefined;
  readonly destination: string;
  readonly readOnly?: boolean | undefined;
  readonly options?: readonly string[] | undefined;
}

export interface Defaults {
  readonly id: string;
  /** The host's. */
  readonly hostname: string;
  readonly runtime: string;
}

const DEFAULT_PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';
const DEFAULT_STOP_TIMEOUT_USEC = 10_000_000;
const DEFAULT_STOP_SIGNAL = 15;

/** @throws ContainerError `NoCommand` | `InvalidParameter` | `InvalidProperty` */
export function configure(request: Request, image: Image, defaults: Defaults): Configuration {
  const { config } = image;
  const network = request.network ?? 'none';
  const entrypoint = request.entrypoint ?? config.entrypoint;
  // A command of the image belongs to the image's entrypoint, not to another one.
  const command = request.command ?? (request.entrypoint === undefined ? config.cmd : []);
  if (entrypoint.length + command.length === 0) throw new ContainerError('NoCommand', { image: request.image ?? image.id });
  // The kernel would cut an argument off at its NUL.
  if (hasNul(entrypoint)) throw invalid('entrypoint');
  if (hasNul(command)) throw invalid('command');
  if (request.removeOnExit === true && (request.restartPolicy ?? 'no') !== 'no') throw invalid('removeOnExit');
  if (request.restartLimit !== undefined && (request.restartPolicy !== 'on_failure' || request.restartLimit < 1)) {
    throw invalid('restartLimit');
  }
  const unitProperties = request.unitProperties ?? [];
  unitProperties.forEach(parseUnitProperty);
  return {
    image: request.image ?? image.id,
    imageId: image.id,
    entrypoint,
    command,
    environment: environmentOf(config.env, request.environment ?? {}),
    workingDirectory: absolutePath(request.workingDirectory ?? (config.workingDir || '/'), 'workingDirectory'),
    user: request.user ?? config.user,
    hostname: hostnameOf(request.hostname, network === 'host' ? defaults.hostname : defaults.id.slice(0, 12)),
    labels: { ...config.labels, ...request.labels },
    mounts: (request.mounts ?? []).map(mountOf),
    network,
    readOnlyRoot: request.readOnlyRoot ?? false,
    privileged: request.privileged ?? false,
    capabilities:
      request.privileged === true
        ? capabilitiesWith(['ALL'], [])
        : capabilitiesWith(
            capabilitiesOf(request.addCapabilities ?? [], 'addCapabilities'),
            capabilitiesOf(request.dropCapabilities ?? [], 'dropCapabilities'),
          ),
    noNewPrivileges: request.noNewPrivileges ?? false,
    stopSignal: stopSignalOf(request.stopSignal, config.stopSignal),
    stopTimeoutUsec: atLeastZero(request.stopTimeoutUSec ?? DEFAULT_STOP_TIMEOUT_USEC, 'stopTimeoutUSec'),
    restartPolicy: request.restartPolicy ?? 'no',
    restartLimit: request.restartLimit,
    removeOnExit: request.removeOnExit ?? false,
    runtime: request.runtime ?? defaults.runtime,
    unitProperties,
  };
}

export const invalid = (member: string): ContainerError<'InvalidParameter'> =>
  new ContainerError('InvalidParameter', { parameter: `configuration.${member}` });

const hasNul = (argv: readonly string[]): boolean => argv.some((argument) => argument.includes('\0'));

function environmentOf(ofImage: readonly string[], own: Readonly<Record<string, string>>): Record<string, string> {
  const environment = new Map([['PATH', DEFAULT_PATH]]);
  for (const assignment of ofImage) {
    const index = assignment.indexOf('=');
    if (index > 0) environment.set(assignment.slice(0, index), assignment.slice(index + 1));
  }
  for (const [name, value] of Object.entries(own)) {
    if (name === '' || /[=\0]/.test(name) || value.includes('\0')) throw invalid('environment');
    environment.set(name, value);
  }
  return Object.fromEntries(environment);
}

function absolutePath(path: string, member: string): string {
  if (!isAbsolute(path) || path.includes('\0')) throw invalid(member);
  return normalize(path);
}

function hostnameOf(asked: string | undefined, otherwise: string): string {
  if (asked === undefined) return otherwise;
  // hostname(7), and HOST_NAME_MAX.
  if (!/^[a-zA-Z0-9]([a-zA-Z0-9.-]{0,62}[a-zA-Z0-9])?$/.test(asked)) throw invalid('hostname');
  return asked;
}

const OPTION = /^[a-zA-Z0-9_]+(=[a-zA-Z0-9_./%-]+)?$/;

function mountOf(request: MountRequest, index: number): Mount {
  const member = `mounts[${index}]`;
  const { kind, source, options = [] } = request;
  if ((kind === 'bind') !== (source !== undefined)) throw invalid(`${member}.source`);
  if (!options.every((option) => OPTION.test(option))) throw invalid(`${member}.options`);
  const destination = absolutePath(request.destination, `${member}.destination`);
  if (destination === '/') throw invalid(`${member}.destination`);
  return {
    kind,
    source: source === undefined ? undefined : absolutePath(source, `${member}.source`),
    destination,
    readOnly: request.readOnly ?? false,
    options,
  };
}

function capabilitiesOf(names: readonly string[], member: string): string[] {
  return names.map((name) => {
    const capability = name.toUpperCase() === 'ALL' ? 'ALL' : parseCapability(name);
    if (capability === undefined) throw invalid(member);
    return capability;
  });
}

function stopSignalOf(asked: string | undefined, ofImage: string | undefined): number {
  if (asked === undefined) return (ofImage === undefined ? undefined : parseSignal(ofImage)) ?? DEFAULT_STOP_SIGNAL;
  const number = parseSignal(asked);
  if (number === undefined) throw invalid('stopSignal');
  return number;
}

function atLeastZero(value: number, member: string): number {
  if (value < 0) throw invalid(member);
  return value;
}
