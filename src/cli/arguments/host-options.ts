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
  if (address !== 'host-gateway' && !/^[0-9a-f.:]+$/iu.test(address)) {
    throw new UsageError(`--add-host takes an IP address or host-gateway, not '${address}'`);
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

/**
 * Those of docker's and podman's --ulimit, the last of each name; `host` stands for all that this program has itself.
 * @param own reads proc_pid_limits(5) of this program
 * @throws UsageError
 */
export function resourceLimitsFrom(texts: readonly string[], own: () => string): ResourceLimit[] {
  const limits = texts.flatMap((text) => (text === 'host' ? ownLimits(own()) : [parseResourceLimit(text)]));
  return [...new Map(limits.map((limit) => [limit.name.toUpperCase().replace(/^RLIMIT_/u, ''), limit])).values()];
}

/** The kernel's own words for them. */
const LIMIT_NAMES: ReadonlyMap<string, string> = new Map([
  ['Max cpu time', 'cpu'],
  ['Max file size', 'fsize'],
  ['Max data size', 'data'],
  ['Max stack size', 'stack'],
  ['Max core file size', 'core'],
  ['Max resident set', 'rss'],
  ['Max processes', 'nproc'],
  ['Max open files', 'nofile'],
  ['Max locked memory', 'memlock'],
  ['Max address space', 'as'],
  ['Max file locks', 'locks'],
  ['Max pending signals', 'sigpending'],
  ['Max msgqueue size', 'msgqueue'],
  ['Max nice priority', 'nice'],
  ['Max realtime priority', 'rtprio'],
  ['Max realtime timeout', 'rttime'],
]);

function ownLimits(text: string): ResourceLimit[] {
  return text.split('\n').flatMap((line) => {
    const {
      words = '',
      soft = '',
      hard = '',
    } = /^(?<words>.+?) {2,}(?<soft>unlimited|\d+) +(?<hard>unlimited|\d+)/u.exec(line)?.groups ?? {};
    const name = LIMIT_NAMES.get(words);
    return name === undefined ? [] : [{ name, soft: ownLimit(soft), hard: ownLimit(hard) }];
  });
}

const ownLimit = (text: string): number | undefined => (text === 'unlimited' ? undefined : Number(text));

/** `NAME=SOFT[:HARD]`, where -1 is no limit. @throws UsageError */
function parseResourceLimit(text: string): ResourceLimit {
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
