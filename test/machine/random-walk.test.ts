/**
 * Whatever is done in whatever order, and whoever dies meanwhile: berth does what the model says, and says what systemd and
 * the runtimes say. BERTH_WALK sets the number of operations, BERTH_SEED where the walk goes.
 */
import { afterAll, expect, it } from 'vitest';
import { disagreements, quiet } from './agreement.ts';
import { Berth } from './berth.ts';
import { leaks } from './leaks.ts';
import { useMachine } from './use-machine.ts';
import { Dice, KINDS, type Move } from './walk-model.ts';
import { movesFor, Walker } from './walker.ts';

const machine = useMachine();
let berth: Berth;

afterAll(async () => {
  await berth.removeAll();
  await berth[Symbol.asyncDispose]();
});

const CONTAINERS = 20;
const AT_ONCE = 8;
const OPERATIONS = Number(process.env['BERTH_WALK'] ?? 250);
const SEED = Number(process.env['BERTH_SEED'] ?? 1);
const LIMIT_MS = 60_000 + OPERATIONS * 300;

const killBerthdAfter = async (ms: number): Promise<void> => {
  await machine.sh(`pid=$(systemctl show -P MainPID berthd.service)
    [ "$pid" != 0 ] || exit 0 # between two lives
    sleep ${(ms / 1000).toString()}
    systemctl kill --kill-whom=main --signal=KILL berthd.service || [ "$(systemctl show -P MainPID berthd.service)" = 0 ]
    while kill -0 $pid 2>/dev/null; do :; done`);
};
/** To the next berthd, once systemd has nothing under way any more that the last one had asked for. */
const reconnect = async (): Promise<void> => {
  await berth[Symbol.asyncDispose]();
  await quiet(machine);
  berth = await Berth.connect(machine);
};

it(
  `${OPERATIONS.toString()} operations on ${CONTAINERS.toString()} containers, while berthd and containers are killed`,
  async () => {
    berth = await Berth.connect(machine);
    await berth.image('plain');
    const dice = new Dice(SEED);
    const walkers = Array.from(
      { length: CONTAINERS },
      (_, slot) => new Walker(machine, slot, KINDS[slot % KINDS.length] ?? 'stays', slot % 5 === 4 ? 'runc' : 'crun'),
    );
    const began = performance.now();
    let operations = 0;
    const faults = { berthd: 0, containers: 0, pidFiles: 0 };
    for (let round = 0; operations < OPERATIONS; round++) {
      const isDeadly = dice.below(4) === 0;
      const moves = dice.some(walkers, AT_ONCE).map((walker): readonly [Walker, Move] => {
        const possible = movesFor(walker.places[0] ?? 'gone', walker.kind, dice.below(8) === 0);
        // Whether a signal has arrived that only asks to end, nobody could say.
        const moves = isDeadly ? possible.filter((move) => move !== 'terminate') : possible;
        return [walker, dice.pick(moves)];
      });
      operations += moves.length;
      const made = Promise.allSettled(moves.map(async ([walker, move]) => await walker.move(berth, move)));
      if (isDeadly) {
        faults.berthd++;
        await killBerthdAfter(dice.below(120));
      }
      const results = await made;
      if (isDeadly) await reconnect();
      const failures = results.flatMap((result) => (result.status === 'rejected' ? [result.reason as unknown] : []));
      if (failures.length > 0) throw new AggregateError(failures, failures.map(String).join('\n'));
      await Promise.all(walkers.map(async (walker) => await walker.settle(berth)));
      if (dice.below(3) === 0) {
        const dead = await Promise.all(dice.some(walkers, 2).map(async (walker) => await walker.die(berth)));
        faults.containers += dead.filter(Boolean).length;
      }
      if (dice.below(10) === 0) {
        await quiet(machine); // one that goes before systemd has read it makes that wait for it, for a minute and a half
        await machine.sh('rm -f /run/berth/pids/*');
        faults.pidFiles++;
      }
      if (round % 4 === 3) expect(await disagreements(machine, berth)).toEqual([]);
    }
    expect(await disagreements(machine, berth)).toEqual([]);
    const seconds = ((performance.now() - began) / 1000).toFixed(1);
    process.stderr.write(
      `random walk: seed ${SEED.toString()}, ${operations.toString()} operations in ${seconds} s; killed berthd ${faults.berthd.toString()} times, ` +
        `containers ${faults.containers.toString()} times; removed all PID files ${faults.pidFiles.toString()} times\n`,
    );
    await berth.removeAll();
    expect(await leaks(machine)).toEqual([]);
  },
  LIMIT_MS,
);
