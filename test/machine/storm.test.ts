/**
 * Eight who use berth at once, while berthd, or the programs that do the work, are killed again and again: no code is lost or wrong,
 * no session never ends, and nothing is left. BERTH_STORM sets how many are killed, BERTH_SEED who does what.
 */
import { EventEmitter, once } from 'node:events';
import { beforeAll, expect, it } from 'vitest';
import { quiet } from './agreement.ts';
import { Berth } from './berth.ts';
import { leaks } from './leaks.ts';
import type { Machine } from './machine.ts';
import { StormWorker } from './storm-worker.ts';
import { useMachine } from './use-machine.ts';
import { Dice } from './walk-model.ts';

const machine = useMachine();

beforeAll(async () => {
  await using berth = await Berth.connect(machine);
  await berth.image('plain');
});

const WORKERS = 8;
const KILLS = Number(process.env['BERTH_STORM'] ?? 8);
const SEED = Number(process.env['BERTH_SEED'] ?? 1);
const LIMIT_MS = 120_000 + KILLS * 6000;

/** When berthd answers again, and somebody has just done something. */
async function killBerthd(at: Machine): Promise<void> {
  await at.exec(['berth', 'version']);
  await at.exec(['systemctl', 'kill', '--kill-whom=main', '--signal=KILL', 'berthd.service']);
}

/** Whichever of those who do the work is found first: they live for milliseconds. */
const HELPERS =
  '^(/bin/sh /usr/lib/berth/(unit-start|set-up|exec-session|unit-stopped)|/usr/bin/crun .*(create|start|exec|delete))';
async function killHelper(at: Machine): Promise<void> {
  await at.sh(`until victim=$(pgrep -f '${HELPERS}' | shuf -n 1) && [ -n "$victim" ]; do :; done
    kill -s KILL $victim 2>/dev/null || true`);
}

const storms: readonly [string, (at: Machine) => Promise<void>, readonly number[]][] = [
  ['berthd', killBerthd, []],
  // The runtime of a command was killed, and the command with it; or its child, before that had run the command, for which it says 255.
  ['the programs that do the work', killHelper, [137, 255]],
];

it.each(storms)(
  `${WORKERS.toString()} workers, while %s are killed ${KILLS.toString()} times`,
  async (what, kill, hazards) => {
    const began = performance.now();
    const dice = new Dice(SEED);
    const workers = Array.from({ length: WORKERS }, (_, number) => new StormWorker(machine, dice, number, hazards));
    const over = new AbortController();
    const operations = new EventEmitter();
    const work = Promise.all(
      workers.map(async (worker) => {
        while (!over.signal.aborted) {
          await worker.operate();
          operations.emit('done');
        }
      }),
    );
    const killing = async (): Promise<void> => {
      for (let killed = 0; killed < KILLS; killed++) {
        for (let wanted = dice.below(WORKERS); wanted > 0; wanted--) await once(operations, 'done');
        await kill(machine);
      }
      over.abort();
    };
    await Promise.race([Promise.all([killing(), work]), work]);
    const told = workers.map((worker) => worker.told);
    const done = told.reduce((sum, { operations: count }) => sum + count, 0);
    const sentences = told.reduce((sum, each) => sum + each.sentences, 0);
    const seconds = ((performance.now() - began) / 1000).toFixed(1);
    process.stderr.write(
      `storm: seed ${SEED.toString()}, ${done.toString()} operations in ${seconds} s while ${what} were killed ` +
        `${KILLS.toString()} times; ${sentences.toString()} commands were told so instead of a code\n`,
    );
    expect(workers.flatMap(({ wrong }) => wrong)).toEqual([]);
    await Promise.all(workers.map(async (worker) => await worker.leave()));
    await quiet(machine);
    await expect.poll(async () => await leaks(machine, /^descriptors /), { timeout: 20_000 }).toEqual([]);
  },
  LIMIT_MS,
);
