/** What a container wrote, read back whole; beside it, what journalctl makes of the same entries. */
import { command, PODMAN_IMAGE } from './engines.ts';
import type { Turn } from './measure.ts';
import type { Candidate } from './report.ts';

/** How a container's lines came to the log; podman's have a file. */
const STEPS = { relay: 'logs', journal: 'logs, journal streams' } as const;
type Streams = keyof typeof STEPS;
export const LOGS = [STEPS.relay, STEPS.journal];

const NAME = 'bench-logs';

/** Containers that wrote so many lines, and have ended. */
export async function writeLogs(lines: number): Promise<void> {
  const program = ['seq', '1', lines.toString()];
  for (const streams of ['relay', 'journal'])
    await command(['berth', 'run', '--name', `${NAME}-${streams}`, '--streams', streams, 'plain', ...program]);
  await command(['podman', 'run', '--name', NAME, '--network=none', PODMAN_IMAGE, ...program]);
}

export async function removeLogs(): Promise<void> {
  await command(['berth', 'rm', `${NAME}-relay`, `${NAME}-journal`]);
  await command(['podman', 'rm', NAME]);
}

export const logTurns = (lines: number): ReadonlyMap<Candidate, Turn> =>
  new Map<Candidate, Turn>([
    ['berth CLI', reading(lines, ['relay', 'journal'], (streams) => ['berth', 'logs', `${NAME}-${streams}`])],
    ['podman CLI', reading(lines, ['relay'], () => ['podman', 'logs', NAME])],
    [
      'journalctl',
      reading(lines, ['relay', 'journal'], (streams) => ['journalctl', '-qu', `berth-${NAME}-${streams}.service`]),
    ],
  ]);

/** @param argv what prints the log; journalctl has some lines of the service manager's besides */
const reading =
  (lines: number, kinds: readonly Streams[], argv: (streams: Streams) => readonly string[]): Turn =>
  async (stopwatch) => {
    for (const streams of kinds) {
      const count = ['sh', '-c', '"$@" | wc -l', 'sh', ...argv(streams)];
      const found = Number(await stopwatch.time(STEPS[streams], async () => await command(count)));
      if (!(found >= lines)) throw new Error(`${argv(streams).join(' ')}: ${found} of ${lines} lines`);
    }
  };
