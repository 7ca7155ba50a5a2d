/** What it costs that berthd reads the streams of containers: beside journald's sockets, and for what is no log. */
import { setTimeout as delay } from 'node:timers/promises';
import { ContainerClient, type Configuration } from '../../src/api/io-berth-container.ts';
import type { Client } from '../../src/varlink/client.ts';
import { BERTH_IMAGE } from './engines.ts';
import { processes } from './footprint.ts';
import { SERVER } from './lifecycle.ts';
import { inParallel } from './measure.ts';
import { summaryOf, type Row } from './report.ts';
import { lastOf } from './sessions-varlink.ts';

export interface RelayedSize {
  readonly starts: number;
  readonly idle: number;
  readonly mib: number;
}

export const RELAYED = {
  relay: 'start, relayed',
  journal: 'start, journald’s sockets',
  memory: 'memory of berthd for a relayed container that is idle',
  lines: 'processor of berthd at 150 lines a second',
  text: 'relayed text',
  dump: 'relayed text that is not logged',
} as const;

/** Longer than it takes berthd to call itself idle and to give back what work has taken. */
const IDLE_MS = 15_000;
const LINES_MS = 10_000;
const LINE = 'x'.repeat(79);
const MIB = 1024 * 1024;

type Streams = 'relay' | 'journal';

export async function relayed(client: Client, size: RelayedSize): Promise<Row[]> {
  const containers = new ContainerClient(client);
  const create = async (name: string, command: readonly string[], more: Partial<Configuration>): Promise<void> => {
    await containers.create({ configuration: { image: BERTH_IMAGE, name, command, ...more } });
  };
  const remove = async (name: string): Promise<void> => {
    await containers.remove({ container: name, force: true });
  };
  const idleMemory = async (streams: Streams): Promise<number> => {
    const nameOf = (index: number): string => `idle-${streams}-${index.toString()}`;
    await inParallel(size.idle, 8, async (index) => {
      await create(nameOf(index), SERVER, { streams });
      await containers.start({ container: nameOf(index) });
    });
    await delay(IDLE_MS);
    const { pssMiB } = berthd();
    await inParallel(size.idle, 8, async (index) => await remove(nameOf(index)));
    return pssMiB;
  };
  const rate = async (name: string, run: () => Promise<void>): Promise<number> => {
    const script = `yes ${LINE} | head -c ${(size.mib * MIB).toString()}`;
    await create(name, ['sh', '-c', script], name === 'dump' ? { logDriver: 'none' } : {});
    const begun = performance.now();
    await run();
    const seconds = (performance.now() - begun) / 1000;
    await remove(name);
    return size.mib / seconds;
  };

  const times: Record<Streams, number[]> = { relay: [], journal: [] };
  for (let round = 0; round < size.starts + 2; round++) {
    for (const streams of round % 2 === 0 ? (['relay', 'journal'] as const) : (['journal', 'relay'] as const)) {
      const name = `start-${streams}-${round.toString()}`;
      await create(name, SERVER, { streams });
      const begun = performance.now();
      await containers.start({ container: name });
      if (round >= 2) times[streams].push(performance.now() - begun);
      await remove(name);
    }
  }
  await idleMemory('journal'); // what the first crowd leaves in the heap is nobody's of the next
  const without = await idleMemory('journal');
  const memory = ((await idleMemory('relay')) - without) / size.idle;

  await create('lines', ['sh', '-c', `while :; do echo ${LINE}; usleep 6600; done`], {});
  await containers.start({ container: 'lines' });
  await delay(1000);
  const before = berthd().cpuSeconds;
  await delay(LINES_MS);
  const percent = (100 * (berthd().cpuSeconds - before)) / (LINES_MS / 1000);
  await remove('lines');

  const text = await rate('text', async () => {
    await containers.start({ container: 'text' });
    await containers.wait({ container: 'text', conditions: ['exited'] });
  });
  const dump = await rate('dump', async () => {
    const { stream } = await containers.startAndAttach({ container: 'dump' });
    await lastOf(stream, () => undefined);
  });
  const row = (name: string, unit: Row['unit'], samples: readonly number[]): Row => ({
    name,
    unit,
    results: [{ candidate: 'berth varlink', ...summaryOf(samples) }],
  });
  return [
    row(RELAYED.relay, 'ms', times.relay),
    row(RELAYED.journal, 'ms', times.journal),
    row(RELAYED.memory, 'MiB', [memory]),
    row(RELAYED.lines, '%', [percent]),
    row(RELAYED.text, 'MiB/s', [text]),
    row(RELAYED.dump, 'MiB/s', [dump]),
  ];
}

function berthd(): ReturnType<typeof processes>[number] {
  const found = processes().find(({ name }) => name.includes('dist/src/main.js'));
  if (found === undefined) throw new Error('berthd does not run');
  return found;
}
