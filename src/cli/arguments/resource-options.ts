import type { Resources } from '../../api/io-berth-container.ts';
import { UsageError, type Given, type Options } from './args.ts';
import { parseBytes, parseCount } from './quantities.ts';

/** What a container may use of the host, as `run`, `create` and `update` take it. */
// prettier-ignore
export const RESOURCE_OPTIONS = {
  memory: { kind: 'text', short: 'm', value: 'AMOUNT', help: 'Limit memory, such as 512m; 0 for no limit (MemoryMax=)' },
  'memory-reservation': { kind: 'text', value: 'AMOUNT', help: 'Keep so much memory for it when others want it (MemoryLow=)' },
  'memory-swap': { kind: 'text', value: 'AMOUNT', help: 'Limit memory and swap together; needs --memory; -1 for no limit of swap (MemorySwapMax=)' },
  cpus: { kind: 'text', value: 'NUMBER', help: 'Limit CPU time, such as 1.5; 0 for no limit (CPUQuota=)' },
  'cpu-quota': { kind: 'text', value: 'USEC', help: 'Limit CPU time to USEC in each --cpu-period; -1 for no limit (CPUQuota=)' },
  'cpu-period': { kind: 'text', value: 'USEC', help: 'What --cpu-quota counts in, 1000 to 1000000; default: 100000 (CPUQuotaPeriodSec=)' },
  'cpu-shares': { kind: 'text', short: 'c', value: 'N', help: 'Its share of CPU time as docker counts it, 1024 being that of others (CPUWeight=)' },
  'cpu-weight': { kind: 'text', value: 'N', help: 'Its share of CPU time as systemd counts it, 100 being that of others (CPUWeight=)' },
  'cpuset-cpus': { kind: 'text', value: 'LIST', help: 'The CPUs it may run on, such as 0-3,7 (AllowedCPUs=)' },
  'cpuset-mems': { kind: 'text', value: 'LIST', help: 'The memory nodes it may use, such as 0,1 (AllowedMemoryNodes=)' },
  'pids-limit': { kind: 'text', value: 'N', help: 'Limit the number of processes and threads; -1 for no limit (TasksMax=)' },
  'blkio-weight': { kind: 'text', value: 'N', help: 'Its share of disk time, 10 to 1000, 500 being that of others (IOWeight=)' },
  'device-read-bps': { kind: 'texts', value: 'DEVICE:AMOUNT', help: 'Limit what it reads from a device in a second, such as /dev/sda:1m (IOReadBandwidthMax=)' },
  'device-write-bps': { kind: 'texts', value: 'DEVICE:AMOUNT', help: 'Limit what it writes to a device in a second (IOWriteBandwidthMax=)' },
  'device-read-iops': { kind: 'texts', value: 'DEVICE:N', help: 'Limit how often it reads from a device in a second (IOReadIOPSMax=)' },
  'device-write-iops': { kind: 'texts', value: 'DEVICE:N', help: 'Limit how often it writes to a device in a second (IOWriteIOPSMax=)' },
  property: { kind: 'texts', value: 'NAME=VALUE', help: 'Set any property of its unit, as it stands in unit files' },
} as const satisfies Options;

/** Limits go on the unit: those that are set as resources, those that are lifted as properties, which alone can say so. */
export interface Limits {
  readonly resources: Resources;
  readonly unitProperties: readonly string[];
}

type LimitArguments = Pick<Given<typeof RESOURCE_OPTIONS>, 'text' | 'texts'>;

/** One limit: what it is set to, or the property that lifts it. */
type Limit = Resources | string;

/** What was given as a property goes over what an option made of it. @throws UsageError */
export function limitsFrom(args: LimitArguments): Limits {
  const [memory, shares, weight] = [args.text('memory'), args.text('cpu-shares'), args.text('cpu-weight')];
  const [cpus, quota, period] = [args.text('cpus'), args.text('cpu-quota'), args.text('cpu-period')];
  if (cpus !== undefined && (quota ?? period) !== undefined) {
    throw new UsageError('--cpus says what --cpu-quota and --cpu-period say together; give one or the others');
  }
  if (shares !== undefined && weight !== undefined) {
    throw new UsageError('--cpu-shares and --cpu-weight say the same; give one of them');
  }
  // prettier-ignore
  const limits = [
    ifGiven(memory, memoryLimit),
    ifGiven(args.text('memory-reservation'), (text) => ({ memoryLowBytes: parseBytes('--memory-reservation', text) })),
    ifGiven(args.text('memory-swap'), (text) => swapLimit(text, memory)),
    ifGiven(cpus, cpusLimit),
    ifGiven(quota, (text) => quotaLimit(text, period)),
    ifGiven(shares, sharesLimit),
    ifGiven(weight, (text) => ({ cpuWeight: parseWithin('--cpu-weight', text, 1, 10_000) })),
    ifGiven(args.text('cpuset-cpus'), (text) => ({ allowedCpus: parseList('--cpuset-cpus', text) })),
    ifGiven(args.text('cpuset-mems'), (text) => ({ allowedMemoryNodes: parseList('--cpuset-mems', text) })),
    ifGiven(args.text('pids-limit'), pidsLimit),
    ifGiven(args.text('blkio-weight'), blkioLimit),
  ];
  const set = limits.filter((limit) => typeof limit === 'object');
  const lifted = limits.filter((limit) => typeof limit === 'string');
  return {
    resources: set.reduce<Resources>((all, limit) => ({ ...all, ...limit }), {}),
    unitProperties: [...lifted, ...periodFrom(args), ...deviceLimits(args), ...propertiesFrom(args.texts('property'))],
  };
}

/** Which property of the unit limits what is done to a device, and how that is counted. */
const DEVICE_LIMITS = [
  ['device-read-bps', 'IOReadBandwidthMax', parseBytes],
  ['device-write-bps', 'IOWriteBandwidthMax', parseBytes],
  ['device-read-iops', 'IOReadIOPSMax', parseCount],
  ['device-write-iops', 'IOWriteIOPSMax', parseCount],
] as const;

function deviceLimits(args: LimitArguments): string[] {
  return DEVICE_LIMITS.flatMap(([option, property, parse]) =>
    args.texts(option).map((text) => {
      const { device, amount } = /^(?<device>\/\S+):(?<amount>[^:]+)$/u.exec(text)?.groups ?? {};
      if (device === undefined || amount === undefined) {
        throw new UsageError(`--${option} takes a device and a limit, such as /dev/sda:1000, not '${text}'`);
      }
      const limit = parse(`--${option}`, amount);
      return `${property}=${device} ${limit === 0 ? 'infinity' : limit.toString()}`;
    }),
  );
}

const DEFAULT_PERIOD_USEC = 100_000;

/** What docker's two options say, as the time in each second that systemd wants. */
function quotaLimit(text: string, period: string | undefined): Limit {
  if (text === '-1' || text === '0') return 'CPUQuota=';
  const quota = parseWithin('--cpu-quota', text, 1000, 999_999_999);
  return {
    cpuQuotaPerSecUSec: Math.round((quota * 1e6) / (period === undefined ? DEFAULT_PERIOD_USEC : periodOf(period))),
  };
}

const periodOf = (text: string): number => parseWithin('--cpu-period', text, 1000, 1_000_000);

function periodFrom(args: LimitArguments): string[] {
  const period = args.text('cpu-period');
  return period === undefined ? [] : [`CPUQuotaPeriodSec=${periodOf(period).toString()}us`];
}

const ifGiven = (text: string | undefined, parse: (text: string) => Limit): Limit | undefined =>
  text === undefined ? undefined : parse(text);

function propertiesFrom(given: readonly string[]): readonly string[] {
  const wrong = given.find((property) => !/^[A-Za-z][A-Za-z0-9]*=/u.test(property));
  if (wrong !== undefined) throw new UsageError(`--property takes NAME=VALUE as in unit files, not '${wrong}'`);
  return given;
}

function memoryLimit(text: string): Limit {
  const memoryMaxBytes = parseBytes('--memory', text);
  return memoryMaxBytes === 0 ? 'MemoryMax=infinity' : { memoryMaxBytes };
}

/** Docker counts memory and swap together, systemd swap alone. */
function swapLimit(text: string, memory: string | undefined): Limit {
  if (text === '-1') return 'MemorySwapMax=infinity';
  const both = parseBytes('--memory-swap', text);
  const alone = memory === undefined ? 0 : parseBytes('--memory', memory);
  if (alone === 0) throw new UsageError('--memory-swap is memory and swap together, so it needs --memory');
  if (both < alone) throw new UsageError('--memory-swap is memory and swap together, so it cannot be below --memory');
  return { memorySwapMaxBytes: both - alone };
}

function cpusLimit(text: string): Limit {
  const cpuQuotaPerSecUSec = Math.round(Number(text) * 1e6);
  const tooLittle = cpuQuotaPerSecUSec === 0 && Number(text) !== 0;
  if (!/^(\d+\.?\d*|\.\d+)$/u.test(text) || cpuQuotaPerSecUSec > 1e13 || tooLittle) {
    throw new UsageError(`--cpus takes a number of CPUs such as 1.5, not '${text}'`);
  }
  return cpuQuotaPerSecUSec === 0 ? 'CPUQuota=' : { cpuQuotaPerSecUSec };
}

/** As crun and runc turn one into the other: 2, 1024 and 262144 become 1, 100 and 10000. */
function sharesLimit(text: string): Limit {
  const shares = parseWithin('--cpu-shares', text, 0, 262_144);
  if (shares === 0) return 'CPUWeight=';
  const log = Math.log2(Math.max(shares, 2));
  return { cpuWeight: Math.ceil(10 ** ((log * log + 125 * log) / 612 - 7 / 34)) };
}

function pidsLimit(text: string): Limit {
  const tasksMax = text === '-1' ? 0 : parseCount('--pids-limit', text);
  return tasksMax === 0 ? 'TasksMax=infinity' : { tasksMax };
}

/** As systemd turns BlockIOWeight= into IOWeight=: 500 becomes 100. */
function blkioLimit(text: string): Limit {
  const weight = text === '0' ? 0 : parseWithin('--blkio-weight', text, 10, 1000);
  return weight === 0 ? 'IOWeight=' : { ioWeight: Math.round(weight / 5) };
}

function parseWithin(option: string, text: string, least: number, most: number): number {
  const number = /^\d{1,9}$/u.test(text) ? Number(text) : NaN;
  if (number >= least && number <= most) return number;
  throw new UsageError(`${option} takes a number from ${least.toString()} to ${most.toString()}, not '${text}'`);
}

function parseList(option: string, text: string): string {
  if (/^\d+(?:-\d+)?(?:,\d+(?:-\d+)?)*$/u.test(text)) return text;
  throw new UsageError(`${option} takes numbers and ranges such as 0-3,7, not '${text}'`);
}
