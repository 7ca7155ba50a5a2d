/**
 * What an administrator can decide, read from /etc/berth/berth.conf into a frozen object. The file has
 * the form of systemd's own configuration files: sections, NAME=value, comments with # or ;.
 */
import { readFile } from 'node:fs/promises';
import { parseSpan } from '../unit-file/assignment/quantities.ts';
import { Unparsable } from '../unit-file/assignment/unparsable.ts';
import { DEFAULT_POOLS, parsePool } from '../lib/subnet-pools.ts';
import { DEFAULT_DETACH_KEYS, parseDetachKeys } from '../stream/detach-keys.ts';

export interface Config {
  /** Where containers, images and the database are kept. */
  readonly dataDirectory: string;
  /** What does not survive a reboot. */
  readonly runDirectory: string;
  /** Where networks are described. */
  readonly networkDirectory: string;
  /** Where the helpers that units run are installed. */
  readonly libexecDirectory: string;
  /** The runtime for containers that ask for none; undefined for the first that is installed. */
  readonly runtime: string | undefined;
  /** Where the standard streams of containers go that ask for nothing: to berthd, or to journald. */
  readonly streams: 'relay' | 'journal';
  /** The highest syslog level that is logged. */
  readonly logLevel: number;
  /** Folders of containers-storage whose images are used and never changed. */
  readonly additionalImageStores: readonly string[];
  /** berthd exits when it was not needed for so long; undefined for never. */
  readonly exitOnIdleMs: number | undefined;
  /** The keys that leave a terminal where neither the client nor the container names any, in libpod's format; '' for none. */
  readonly detachKeys: string;
  /** Where subnets of new networks are taken from, as `BASE/LENGTH:LENGTH`. */
  readonly subnetPools: readonly string[];
}

export const CONFIG_PATH = '/etc/berth/berth.conf';

export const DEFAULTS: Config = Object.freeze({
  dataDirectory: '/var/lib/berth',
  runDirectory: '/run/berth',
  networkDirectory: '/etc/berth/networks',
  libexecDirectory: '/usr/lib/berth',
  runtime: undefined,
  streams: 'relay',
  logLevel: 6,
  additionalImageStores: Object.freeze([]),
  exitOnIdleMs: undefined,
  detachKeys: DEFAULT_DETACH_KEYS,
  subnetPools: Object.freeze([...DEFAULT_POOLS]),
});

/** The file says something that berth does not understand. */
export class ConfigInvalid extends Error {
  override readonly name = 'ConfigInvalid';
}

const LEVELS = ['emerg', 'alert', 'crit', 'err', 'warning', 'notice', 'info', 'debug'];

/** What a value changes, over what was said before; undefined for one that makes no sense. */
type Setting = (value: string, before: Config) => Partial<Config> | undefined;
const SECTION = 'Daemon';
/** Absolute, and without what separates the parts of skopeo's names of stores. */
const STORE_PATH = /^\/[^\s,:+@[\]]*$/;
/** By their names in the one section there is; the empty value is the default again. */
const SETTINGS: ReadonlyMap<string, Setting> = new Map<string, Setting>([
  [
    'DefaultRuntime',
    (value) => {
      if (value === '') return { runtime: DEFAULTS.runtime };
      return /^[a-z][a-z0-9_-]*$/.test(value) ? { runtime: value } : undefined;
    },
  ],
  [
    'DefaultStreams',
    (value) => {
      if (value === '') return { streams: DEFAULTS.streams };
      return value === 'relay' || value === 'journal' ? { streams: value } : undefined;
    },
  ],
  [
    'LogLevel',
    (value) => {
      if (value === '') return { logLevel: DEFAULTS.logLevel };
      return LEVELS.includes(value) ? { logLevel: LEVELS.indexOf(value) } : undefined;
    },
  ],
  [
    'AdditionalImageStores',
    (value, { additionalImageStores: before }) => {
      const paths = value.split(/\s+/).filter((path) => path !== '');
      if (!paths.every((path) => STORE_PATH.test(path))) return undefined;
      return { additionalImageStores: paths.length === 0 ? [] : [...new Set([...before, ...paths])] };
    },
  ],
  [
    'ExitOnIdleSec',
    (value) => {
      const ms = value === '' ? 'never' : idleTime(value);
      return ms === undefined ? undefined : { exitOnIdleMs: ms === 'never' ? undefined : ms };
    },
  ],
  [
    'DetachKeys',
    (value) => {
      if (value === '') return { detachKeys: DEFAULTS.detachKeys };
      if (value === 'none') return { detachKeys: '' };
      return parseDetachKeys(value) === undefined ? undefined : { detachKeys: value };
    },
  ],
  [
    'SubnetPools',
    (value) => {
      const pools = value.split(/\s+/).filter((pool) => pool !== '');
      if (pools.length === 0) return { subnetPools: DEFAULTS.subnetPools };
      return pools.every((pool) => parsePool(pool) !== undefined) ? { subnetPools: pools } : undefined;
    },
  ],
]);

/** Who is asked again the moment it has left would do nothing but start. */
const MIN_IDLE_MS = 1000;
/** Node's timers count no further; it is 24 days. */
const MAX_TIMER_MS = 2 ** 31 - 1;

/** In milliseconds, of a span as systemd.time(7) has them; undefined for what is none, or too short. */
function idleTime(text: string): number | 'never' | undefined {
  try {
    const ms = parseSpan(text, { resolution: 'ms' });
    if (ms > MAX_TIMER_MS) return 'never';
    return ms < MIN_IDLE_MS ? undefined : Number(ms);
  } catch (error) {
    if (error instanceof Unparsable) return undefined;
    throw error;
  }
}

/** @throws ConfigInvalid naming the line */
export function parseConfig(text: string, path: string): Config {
  let config = DEFAULTS;
  let section = '';
  text.split('\n').forEach((raw, index) => {
    const line = raw.trim();
    if (line === '' || line.startsWith('#') || line.startsWith(';')) return;
    const complain = (problem: string): ConfigInvalid => new ConfigInvalid(`${path}:${index + 1}: ${problem}`);
    const header = /^\[(?<name>[^\]]+)\]$/.exec(line)?.groups?.['name'];
    if (header !== undefined) {
      if (header !== SECTION) throw complain(`unknown section [${header}]`);
      section = header;
      return;
    }
    const equals = line.indexOf('=');
    if (equals < 1) throw complain('expected NAME=value');
    const name = line.slice(0, equals).trim();
    const value = line.slice(equals + 1).trim();
    const setting = section === SECTION ? SETTINGS.get(name) : undefined;
    if (setting === undefined) throw complain(`unknown setting ${name}= in section [${section}]`);
    const change = setting(value, config);
    if (change === undefined) throw complain(`${name}= does not take '${value}'`);
    config = { ...config, ...change };
  });
  return Object.freeze(config);
}

/** The defaults where there is no file. @throws ConfigInvalid */
export async function readConfig(path: string): Promise<Config> {
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw error;
    return '';
  });
  return parseConfig(text, path);
}
