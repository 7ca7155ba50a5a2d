/** Which controller of cgroups(7) enforces a property of a unit. Pure. */
import type { UnitProperty } from '../properties.ts';
import { INFINITY } from './quantities.ts';

/** Those that systemd has limits for, by the kernel's names. */
export const CONTROLLERS = ['cpu', 'cpuset', 'io', 'memory', 'pids'] as const;
export type Controller = (typeof CONTROLLERS)[number];

/** By the names on the bus. */
const ENFORCED: readonly (readonly [Controller, RegExp])[] = [
  ['memory', /^(Default)?(Startup)?Memory(Min|Low|High|Max|SwapMax|ZSwapMax)(Scale)?$/],
  ['cpu', /^(CPUQuotaPerSecUSec|(Startup)?CPUWeight)$/],
  ['cpuset', /^(Startup)?Allowed(CPUs|MemoryNodes)$/],
  ['io', /^(IO(Read|Write)(Bandwidth|IOPS)Max|(Startup)?IOWeight|IODeviceWeight|IODeviceLatencyTargetUSec)$/],
  ['pids', /^TasksMax(Scale)?$/],
];
/** What they are kept for it is nothing where they are zero. */
const PROTECTIONS = /Memory(Min|Low)(Scale)?$/;

/** undefined for a property that no controller is needed for, or whose value lifts a limit. */
export function controllerFor({ name, value }: UnitProperty): Controller | undefined {
  return lifts(name, value) ? undefined : ENFORCED.find(([, names]) => names.test(name))?.[0];
}

function lifts(name: string, value: unknown): boolean {
  if (value === INFINITY) return true;
  if (PROTECTIONS.test(name)) return value === 0n || value === 0;
  if (Buffer.isBuffer(value)) return value.length === 0;
  return Array.isArray(value) && value.every((entry) => Array.isArray(entry) && entry.at(1) === INFINITY);
}
