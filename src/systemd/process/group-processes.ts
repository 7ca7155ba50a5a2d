/**
 * Which processes are in a control group (proc_pid_stat(5)). How many they are, and what they say of themselves, is theirs to
 * choose: arguments of megabytes, groups by the ten thousand, trees of groups. So every file is read to a limit, few at a
 * time, and there is a limit to the whole.
 */
import { opendir } from 'node:fs/promises';
import { join } from 'node:path';
import { CGROUP_ROOT } from './cgroup.ts';
import { readBeginning } from './kernel-file.ts';

export interface CgroupProcess {
  /** As the host numbers it. */
  readonly pid: number;
  /** In the innermost PID namespace it is in; undefined where it has so many groups that they hide it. */
  readonly innerPid: number | undefined;
  readonly parentPid: number;
  readonly uid: number;
  /** `R`, `S`, `D`, … */
  readonly state: string;
  readonly cpuUsageUsec: number;
  readonly residentBytes: number;
  readonly startedAt: Date;
  readonly command: string;
}

export interface GroupProcesses {
  /** By their number. */
  readonly processes: readonly CgroupProcess[];
  /** Whether there are more than these. */
  readonly more: boolean;
}

export interface ProcessLimits {
  readonly processes: number;
  /** Groups that are looked into. */
  readonly groups: number;
  /** Of all command lines together. */
  readonly commandBytes: number;
}

const LIMITS: ProcessLimits = { processes: 8192, groups: 2048, commandBytes: 2 * 1024 * 1024 };
/** Each keeps one of the four threads that everybody's files are read in. */
const AT_A_TIME = 2;
/** USER_HZ, which is 100 wherever Linux tells it to programs. */
const USEC_PER_TICK = 10_000;
const PAGE_BYTES = 4096;
const MAX_COMMAND_BYTES = 4096;
/** A line with a name of 16 bytes and some fifty numbers. */
const MAX_STAT_BYTES = 4096;
/** The user stands before the groups, which may be 65,536, and the number in the container after them. */
const MAX_STATUS_BYTES = 16 * 1024;
/** `btime` comes after the counters of all processors and interrupts. */
const MAX_BOOT_BYTES = 1024 * 1024;
const PID_BYTES = 8;

/** Every process in the group and below; those that end meanwhile are left out. */
export async function readProcesses(
  group: string,
  limits: ProcessLimits = LIMITS,
  root = CGROUP_ROOT,
): Promise<GroupProcesses> {
  const bootedAt = await bootTime();
  const { pids, more } = await pidsIn(join(root, group), limits);
  const commandBytes = Math.min(MAX_COMMAND_BYTES, Math.floor(limits.commandBytes / Math.max(pids.length, 1)));
  const processes: CgroupProcess[] = [];
  const left = pids.values();
  const lane = async (): Promise<void> => {
    for (const pid of left) {
      const process = await readProcess(pid, bootedAt, commandBytes);
      if (process !== undefined) processes.push(process);
    }
  };
  await Promise.all(Array.from({ length: AT_A_TIME }, lane));
  return { processes: processes.sort((a, b) => a.pid - b.pid), more };
}

async function pidsIn(top: string, limits: ProcessLimits): Promise<{ pids: readonly number[]; more: boolean }> {
  const pids: number[] = [];
  const folders = [top];
  for (const [looked, folder] of folders.entries()) {
    if (looked >= limits.groups || pids.length > limits.processes)
      return { pids: pids.slice(0, limits.processes), more: true };
    const room = limits.processes - pids.length + 1;
    const text = (await readBeginning(join(folder, 'cgroup.procs'), room * PID_BYTES)) ?? '';
    // Whatever stands behind the last line break may be half a number. 0 is a process that this host cannot see.
    const lines = text.slice(0, text.lastIndexOf('\n') + 1).split('\n');
    pids.push(
      ...lines
        .filter((line) => line !== '' && line !== '0')
        .slice(0, room)
        .map(Number),
    );
    folders.push(...(await groupsIn(folder, limits.groups - folders.length + 1)));
  }
  return { pids: pids.slice(0, limits.processes), more: pids.length > limits.processes };
}

/** @param most how many are told of */
async function groupsIn(folder: string, most: number): Promise<string[]> {
  const groups: string[] = [];
  try {
    for await (const entry of await opendir(folder)) {
      if (entry.isDirectory()) groups.push(join(folder, entry.name));
      if (groups.length >= most) break;
    }
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) throw error;
  }
  return groups;
}

async function readProcess(pid: number, bootedAt: number, commandBytes: number): Promise<CgroupProcess | undefined> {
  const stat = await readBeginning(`/proc/${pid}/stat`, MAX_STAT_BYTES);
  const status = await readBeginning(`/proc/${pid}/status`, MAX_STATUS_BYTES);
  const commandLine = await readBeginning(`/proc/${pid}/cmdline`, commandBytes);
  if (stat === undefined || status === undefined || commandLine === undefined) return undefined;
  // The name is in brackets and may hold anything, brackets too: fields are counted from the last one.
  const name = stat.slice(stat.indexOf('(') + 1, stat.lastIndexOf(')'));
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const field = (number: number): number => Number(fields[number - 3]);
  const command = commandLine.replace(/\0+$/, '').replaceAll('\0', ' ');
  return {
    pid,
    innerPid: numberIn(status, /^NSpid:.*?(?<number>\d+)$/m),
    parentPid: field(4),
    uid: numberIn(status, /^Uid:\t(?<number>\d+)/m) ?? 0,
    state: fields[0] ?? '?',
    cpuUsageUsec: (field(14) + field(15)) * USEC_PER_TICK,
    residentBytes: field(24) * PAGE_BYTES,
    startedAt: new Date(bootedAt + (field(22) * USEC_PER_TICK) / 1000),
    command: command === '' ? `[${name}]` : command,
  };
}

function numberIn(text: string, pattern: RegExp): number | undefined {
  const digits = pattern.exec(text)?.groups?.['number'];
  return digits === undefined ? undefined : Number(digits);
}

/** In milliseconds since 1970. */
async function bootTime(): Promise<number> {
  const stat = (await readBeginning('/proc/stat', MAX_BOOT_BYTES)) ?? '';
  return (numberIn(stat, /^btime (?<number>\d+)$/m) ?? 0) * 1000;
}
