/**
 * What a control group uses (cgroups(7), Documentation/admin-guide/cgroup-v2.rst). Files that the host's controllers do not
 * provide are absent, and so is what they would say.
 */
import { join } from 'node:path';
import { readBeginning } from './kernel-file.ts';

export interface CgroupUsage {
  readonly cpuUsageUsec?: number | undefined;
  readonly cpuUserUsec?: number | undefined;
  readonly cpuSystemUsec?: number | undefined;
  readonly memoryBytes?: number | undefined;
  readonly memoryPeakBytes?: number | undefined;
  /** undefined where there is no limit. */
  readonly memoryMaxBytes?: number | undefined;
  readonly swapBytes?: number | undefined;
  readonly tasks?: number | undefined;
  readonly tasksMax?: number | undefined;
  readonly readBytes?: number | undefined;
  readonly writeBytes?: number | undefined;
  readonly oomKills?: number | undefined;
}

export const CGROUP_ROOT = '/sys/fs/cgroup';
/** io.stat has a line of some hundred bytes for each device. */
const MAX_FILE_BYTES = 256 * 1024;

/** Whether a process is in a group or below it; not where there is no such group. @param group absolute */
export async function isPopulated(group: string, root = CGROUP_ROOT): Promise<boolean> {
  return /^populated 1$/m.test((await readBeginning(join(root, group, 'cgroup.events'), MAX_FILE_BYTES)) ?? '');
}

/** @param group absolute, as systemd's ControlGroup= has it; undefined when there is no such group */
export async function readUsage(group: string, root = CGROUP_ROOT): Promise<CgroupUsage | undefined> {
  const read = async (file: string): Promise<string | undefined> =>
    await readBeginning(join(root, group, file), MAX_FILE_BYTES);
  const cpu = await read('cpu.stat');
  if (cpu === undefined) return undefined;
  const [current, peak, max, swap, tasks, tasksMax, io, events] = await Promise.all(
    [
      'memory.current',
      'memory.peak',
      'memory.max',
      'memory.swap.current',
      'pids.current',
      'pids.max',
      'io.stat',
      'memory.events',
    ].map(read),
  );
  const ofCpu = keyed(cpu);
  return {
    cpuUsageUsec: ofCpu.get('usage_usec'),
    cpuUserUsec: ofCpu.get('user_usec'),
    cpuSystemUsec: ofCpu.get('system_usec'),
    memoryBytes: numberIn(current),
    memoryPeakBytes: numberIn(peak),
    memoryMaxBytes: numberIn(max),
    swapBytes: numberIn(swap),
    tasks: numberIn(tasks),
    tasksMax: numberIn(tasksMax),
    readBytes: io === undefined ? undefined : sumOf(io, 'rbytes'),
    writeBytes: io === undefined ? undefined : sumOf(io, 'wbytes'),
    oomKills: events === undefined ? undefined : keyed(events).get('oom_kill'),
  };
}

const keyed = (text: string): Map<string, number> =>
  new Map(
    text
      .trim()
      .split('\n')
      .map((line) => [line.slice(0, line.indexOf(' ')), Number(line.slice(line.indexOf(' ') + 1))]),
  );

/** `max` is no number, and no limit. */
function numberIn(text: string | undefined): number | undefined {
  const number = Number(text);
  return text === undefined || !Number.isSafeInteger(number) ? undefined : number;
}

const sumOf = (text: string, key: string): number =>
  [...text.matchAll(new RegExp(`\\b${key}=(\\d+)`, 'g'))].reduce((sum, match) => sum + Number(match[1]), 0);
