/** What containers and an idle daemon cost: memory as PSS, so that pages which are shared are counted once. */
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import type { Engine } from './engines.ts';
import { SERVER } from './lifecycle.ts';
import { inParallel } from './measure.ts';

const TICKS_PER_SECOND = 100;
const SETTLE_MS = 1500;

interface Process {
  readonly pid: number;
  readonly name: string;
  readonly pssMiB: number;
  readonly cpuSeconds: number;
}

/** Every process that is no container's and not this one: the containers' own memory is the same for everyone. */
export function processes(): Process[] {
  const own = readlinkSync('/proc/self/ns/pid');
  return readdirSync('/proc').flatMap((entry) => {
    const pid = Number(entry);
    if (!Number.isInteger(pid) || pid === process.pid) return [];
    try {
      if (readlinkSync(`/proc/${entry}/ns/pid`) !== own) return [];
      return [processOf(pid)];
    } catch {
      return []; // it ended meanwhile, or belongs to the kernel
    }
  });
}

function processOf(pid: number): Process {
  const at = `/proc/${pid.toString()}`;
  const rollup = /^Pss:\s+(\d+) kB$/m.exec(readFileSync(`${at}/smaps_rollup`, 'utf8'));
  const stat = readFileSync(`${at}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' '); // from the third on, as proc(5) counts
  const cpuSeconds = (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
  const name = readFileSync(`${at}/cmdline`, 'latin1').replaceAll('\0', ' ');
  return { pid, name, pssMiB: Number(rollup?.[1] ?? 0) / 1024, cpuSeconds };
}

const total = (all: readonly Process[]): number => all.reduce((sum, { pssMiB }) => sum + pssMiB, 0);

/** MiB for each running container, by everything that is not the container itself. */
export async function perContainer(engine: Engine, count: number): Promise<number> {
  const nameOf = (index: number): string => `memory-${index.toString()}`;
  await inParallel(count, 8, async (index) => await engine.create(nameOf(index), SERVER));
  await delay(SETTLE_MS);
  const before = total(processes());
  await inParallel(count, 8, async (index) => await engine.start(nameOf(index)));
  await delay(SETTLE_MS);
  const after = total(processes());
  await inParallel(count, 8, async (index) => await engine.removeRunning(nameOf(index)));
  return (after - before) / count;
}

/** @returns the memory of the process that has this in its command line, and its share of one processor while nobody calls it */
export async function idle(
  words: string,
  forMs: number,
): Promise<{ readonly pssMiB: number; readonly percent: number }> {
  const find = (): Process => {
    const found = processes().find(({ name }) => name.includes(words));
    if (found === undefined) throw new Error(`no process has '${words}' in its command line`);
    return found;
  };
  const before = find();
  await delay(forMs);
  const after = find();
  return { pssMiB: after.pssMiB, percent: (100 * (after.cpuSeconds - before.cpuSeconds)) / (forMs / 1000) };
}
