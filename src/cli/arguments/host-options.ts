import type { Device, Host, ResourceLimit } from '../../api/io-berth-container.ts';
import { UsageError } from './args.ts';
import { parseBytes } from './quantities.ts';

/** What `run` and `create` say of the host's namespaces, devices and limits, as docker and podman spell it. */

/**
 * @param kinds what stands for no other namespace, such as `private` and `host`
 * @returns as the wire has it
 * @throws UsageError
 */
export function parseNamespace(option: string, text: string, kinds: readonly string[]): string {
  if (kinds.includes(text)) return text;
  if (/^container:./u.test(text)) return text;
  const path = /^(?:(?:ns|path):)?(?<path>\/.*)$/u.exec(text)?.groups?.['path'];
  if (path !== undefined) return `path:${path}`;
  throw new UsageError(`${option} takes ${[...kinds, 'container:NAME'].join(', ')} or path:PATH, not '${text}'`);
}

/** `NAME:ADDRESS` or `NAME=ADDRESS`; podman gives an address to several names, with semicolons between. @throws UsageError */
export function parseHosts(text: string): Host[] {
  const { names = '', address = '' } = /^(?<names>[^:=]+)[:=]\[?(?<address>[^[\]]+)\]?$/u.exec(text)?.groups ?? {};
  if (address === '') throw new UsageError(`--add-host takes NAME:ADDRESS, not '${text}'`);
  if (!/^[0-9a-f.:]+$/iu.test(address)) {
    throw new UsageError(`--add-host takes an IP address, not '${address}'`);
  }
  return names.split(';').map((name) => ({ name, address }));
}

/** `PATH[:PATH-IN-CONTAINER][:rwm]`. @throws UsageError */
export function parseDevice(text: string): Device {
  const [source = '', ...rest] = text.split(':');
  const access = rest.length > 0 && /^[rwm]{1,3}$/u.test(rest.at(-1) ?? '') ? rest.pop() : undefined;
  const [destination, ...others] = rest;
  if (!source.startsWith('/') || others.length > 0 || (destination !== undefined && !destination.startsWith('/'))) {
    throw new UsageError(`--device takes /dev/NAME[:PATH][:rwm], not '${text}'`);
  }
  return { source, destination, access };
}

/** `NAME=SOFT[:HARD]`, where -1 is no limit. @throws UsageError */
export function parseResourceLimit(text: string): ResourceLimit {
  const { name, soft, hard } = /^(?<name>[A-Za-z_]+)=(?<soft>-1|\d+)(?::(?<hard>-1|\d+))?$/u.exec(text)?.groups ?? {};
  if (name === undefined || soft === undefined) {
    throw new UsageError(`--ulimit takes NAME=SOFT[:HARD], such as nofile=1024:4096, not '${text}'`);
  }
  return { name, soft: limitOf(soft), hard: limitOf(hard ?? soft) };
}

function limitOf(text: string): number | undefined {
  const limit = Number(text);
  if (!Number.isSafeInteger(limit)) throw new UsageError(`--ulimit takes -1 for no limit, not '${text}'`);
  return limit < 0 ? undefined : limit;
}

/** Docker's amount for /dev/shm. @throws UsageError */
export function parseSharedMemory(text: string): number {
  const bytes = parseBytes('--shm-size', text);
  if (bytes === 0) throw new UsageError('--shm-size takes an amount such as 64m, which 0 is not');
  return bytes;
}

/** @throws UsageError */
export function parseOomScore(text: string): number {
  const score = /^-?\d{1,4}$/u.test(text) ? Number(text) : NaN;
  if (score >= -1000 && score <= 1000) return score;
  throw new UsageError(`--oom-score-adj takes a number from -1000 to 1000, not '${text}'`);
}
