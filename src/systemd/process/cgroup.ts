/**
 * What a control group uses (cgroups(7), Documentation/admin-guide/cgroup-v2.rst) and which processes are in it
 * (proc_pid_stat(5)). Files that the host's controllers do not provide are absent, and so is what they would say.
 */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

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

export interface CgroupProcess {
  /** As the host numbers it. */
  readonly pid: number;
  /** In the innermost PID namespace it is in. */
  readonly innerPid: number;
  readonly parentPid: number;
  readonly uid: number;
  /** `R`, `S`, `D`, … */
  readonly state: string;
  readonly cpuUsageUsec: number;
  readonly residentBytes: number;
  readonly startedAt: Date;
  readonly command: string;
}

export const CGROUP_ROOT = '/sys/fs/cgroup';
/** USER_HZ, which is 100 wherever Linux tells it to programs. */
const USEC_PER_TICK = 10_000;
const PAGE_BYTES = 4096;
const MAX_COMMAND = 4096;

/** Whether a process is in a group or below it; not where there is no such group. @param group absolute */
export async function isPopulated(group: string, root = CGROUP_ROOT): Promise<boolean> {
  return /^populated 1$/m.test((await readIf(join(root, group, 'cgroup.events'))) ?? '');
}

/** @param group absolute, as systemd's ControlGroup= has it; undefined when there is no such group */
export async function readUsage(group: string, root = CGROUP_ROOT): Promise<CgroupUsage | undefined> {
  const read = async (file: string): Promise<string | undefined> => await readIf(join(root, group, file));
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

/** Every process in the group and below, by its number; those that end meanwhile are left out. */
export async function readProcesses(group: string, root = CGROUP_ROOT): Promise<CgroupProcess[]> {
  const bootedAt = await bootTime();
  const pids = await pidsIn(join(root, group));
  const processes = await Promise.all(pids.map(async (pid) => await readProcess(pid, bootedAt)));
  return processes.filter((process) => process !== undefined).sort((a, b) => a.pid - b.pid);
}

async function pidsIn(folder: string): Promise<number[]> {
  const own = ((await readIf(join(folder, 'cgroup.procs'))) ?? '')
    .split('\n')
    .filter((line) => line !== '' && line !== '0');
  const entries = await readdir(folder, { withFileTypes: true }).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw error;
    return [];
  });
  const below = await Promise.all(
    entries.filter((entry) => entry.isDirectory()).map(async ({ name }) => await pidsIn(join(folder, name))),
  );
  return [...own.map(Number), ...below.flat()];
}

async function readProcess(pid: number, bootedAt: number): Promise<CgroupProcess | undefined> {
  const [stat, status, commandLine] = await Promise.all(
    ['stat', 'status', 'cmdline'].map(async (file) => await readIf(`/proc/${pid}/${file}`)),
  );
  if (stat === undefined || status === undefined || commandLine === undefined) return undefined;
  // The name is in brackets and may hold anything, brackets too: fields are counted from the last one.
  const name = stat.slice(stat.indexOf('(') + 1, stat.lastIndexOf(')'));
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const field = (number: number): number => Number(fields[number - 3]);
  const command = commandLine.replace(/\0+$/, '').replaceAll('\0', ' ').slice(0, MAX_COMMAND);
  return {
    pid,
    innerPid: Number(/^NSpid:.*?(\d+)$/m.exec(status)?.[1] ?? pid),
    parentPid: field(4),
    uid: Number(/^Uid:\t(\d+)/m.exec(status)?.[1] ?? 0),
    state: fields[0] ?? '?',
    cpuUsageUsec: (field(14) + field(15)) * USEC_PER_TICK,
    residentBytes: field(24) * PAGE_BYTES,
    startedAt: new Date(bootedAt + (field(22) * USEC_PER_TICK) / 1000),
    command: command === '' ? `[${name}]` : command,
  };
}

/** In milliseconds since 1970. */
async function bootTime(): Promise<number> {
  const stat = await readFile('/proc/stat', 'utf8');
  return Number(/^btime (\d+)$/m.exec(stat)?.[1] ?? 0) * 1000;
}

/** A process or group that is gone may still be opened, and then not be read. */
const GONE = ['ENOENT', 'ESRCH', 'ENODEV', 'EOPNOTSUPP'];

async function readIf(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && typeof error.code === 'string' && GONE.includes(error.code))
      return undefined;
    throw error;
  }
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
