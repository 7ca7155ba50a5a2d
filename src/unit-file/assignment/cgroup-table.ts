/** systemd.resource-control(5). What only control groups v1 had (CPUShares=, BlockIO…=, MemoryLimit=) is left out. */
import type { UnitProperty } from '../properties.ts';
import { parseAddresses, parseNftSet, parseSocketBind } from './addresses.ts';
import {
  as,
  boolean,
  bytesOrInfinity,
  type Encoder,
  item,
  items,
  pair,
  renamed,
  seconds,
  string,
  table,
  words,
} from './encoder.ts';
import {
  INFINITY,
  isBoolean,
  parseCpuSet,
  parseInteger,
  parsePermyriad,
  parseScale,
  parseSize,
  parseSpan,
  parseU64,
} from './quantities.ts';
import { Unparsable } from './unparsable.ts';

const WEIGHT_MIN = 1n;
const WEIGHT_MAX = 10_000n;

const weight = as('t', (value) => (value === '' ? INFINITY : parseInteger(value, WEIGHT_MIN, WEIGHT_MAX)));
const cpuWeight = as('t', (value) => {
  if (value === 'idle') return 0n;
  return value === '' ? INFINITY : parseInteger(value, WEIGHT_MIN, WEIGHT_MAX);
});

/** A share goes to `…Scale`, so that systemd can take it of what the machine has. */
const limit =
  (ifEmpty: bigint, parse: (value: string) => bigint): Encoder =>
  (value, name) => {
    const scale = parseScale(value);
    if (scale !== undefined) return [{ name: `${name}Scale`, signature: 'u', value: scale }];
    return [{ name, signature: 't', value: value === '' ? ifEmpty : value === 'infinity' ? INFINITY : parse(value) }];
  };
const bytes = (value: string): bigint => parseSize(value, 1024n);

const cpuQuota: Encoder = (value) => {
  const permyriad = value === '' ? undefined : parsePermyriad(value);
  if (value !== '' && (permyriad === undefined || permyriad === 0n)) throw new Unparsable('not a percentage above 0');
  return [{ name: 'CPUQuotaPerSecUSec', signature: 't', value: permyriad === undefined ? INFINITY : permyriad * 100n }];
};
const cpuQuotaPeriod = renamed(
  'CPUQuotaPeriodUSec',
  as('t', (value) => (value === '' ? INFINITY : parseSpan(value))),
);

const delegate: Encoder = (value) =>
  isBoolean(value) ? boolean(value, 'Delegate') : words()(value, 'DelegateControllers');

const perDevice = (parse: (value: string) => bigint): Encoder =>
  item('(st)', (value) => {
    const [path, amount] = pair(value);
    return [path, parse(amount)];
  });

const deviceAllow = item('(ss)', (value) => {
  const [, node = '', access = ''] = /^(\S+)(?:\s+(.*))?$/.exec(value.trim()) ?? [];
  return [node, access];
});

const pressureLimit = (value: string, name: string): UnitProperty[] => {
  const scale = value === '' ? 0 : parseScale(value);
  if (scale === undefined) throw new Unparsable('not a percentage');
  return [{ name, signature: 'u', value: scale }];
};

const attachment = item('(ss)', (value) => {
  const [, type, path] = /^([^:]+):(.+)$/.exec(value) ?? [];
  if (type === undefined) throw new Unparsable('not TYPE:PATH');
  return [type, path];
});

export const CGROUP = table(
  [
    'DevicePolicy Slice ManagedOOMSwap ManagedOOMMemoryPressure ManagedOOMPreference MemoryPressureWatch DelegateSubgroup',
    string,
  ],
  [
    'CPUAccounting MemoryAccounting IOAccounting TasksAccounting IPAccounting MemoryZSwapWriteback CoredumpReceive',
    boolean,
  ],
  ['ManagedOOMMemoryPressureLimit', pressureLimit],
  ['ManagedOOMMemoryPressureDurationSec MemoryPressureThresholdSec', seconds],
  ['CPUWeight StartupCPUWeight', cpuWeight],
  ['IOWeight StartupIOWeight', weight],
  ['AllowedCPUs StartupAllowedCPUs AllowedMemoryNodes StartupAllowedMemoryNodes', as('ay', parseCpuSet)],
  ['DisableControllers', words()],
  ['Delegate', delegate],
  ['MemoryMin DefaultMemoryMin MemoryLow DefaultMemoryLow StartupMemoryLow DefaultStartupMemoryLow', limit(0n, bytes)],
  [
    'MemoryHigh StartupMemoryHigh MemoryMax StartupMemoryMax MemorySwapMax StartupMemorySwapMax',
    limit(INFINITY, bytes),
  ],
  ['MemoryZSwapMax StartupMemoryZSwapMax', limit(INFINITY, bytes)],
  ['TasksMax', limit(INFINITY, parseU64)],
  ['CPUQuota', cpuQuota],
  ['CPUQuotaPeriodSec', cpuQuotaPeriod],
  ['DeviceAllow', deviceAllow],
  ['IOReadBandwidthMax IOWriteBandwidthMax IOReadIOPSMax IOWriteIOPSMax', perDevice(bytesOrInfinity(1000n))],
  ['IODeviceWeight', perDevice(parseU64)],
  ['IODeviceLatencyTargetSec', renamed('IODeviceLatencyTargetUSec', perDevice(parseSpan))],
  ['IPAddressAllow IPAddressDeny', items('(iayu)', parseAddresses)],
  ['IPIngressFilterPath IPEgressFilterPath', item('s', (value) => value)],
  ['BPFProgram', attachment],
  ['SocketBindAllow SocketBindDeny', item('(iiqq)', parseSocketBind)],
  ['NFTSet', items('(iiss)', (value) => value.trim().split(/\s+/).map(parseNftSet))],
);
