/** One container's life, step by step, beside the floor: the runtime and the service manager by themselves. */
import { setTimeout as delay } from 'node:timers/promises';
import { command, silently, type Engine } from './engines.ts';
import { type Turn } from './measure.ts';
import type { Candidate } from './report.ts';

/** Handles TERM at once, as a server does. */
export const SERVER = ['sh', '-c', 'trap "exit 0" TERM; sleep 10000 & wait'];
const TRUE = ['true'];
/** Until the shell has set its trap, and what the step before has left behind is done. */
const SETTLE_MS = 40;

export const STEPS = {
  run: 'run -d',
  exit: 'run true',
  gone: 'run --rm true',
  create: 'create',
  start: 'start',
  inspect: 'inspect',
  list: 'ps, 1 container',
  stop: 'stop',
  kill: 'kill',
  remove: 'rm',
} as const;

/** Each turn is a whole life, twice: made and started in two steps and stopped; run and killed. */
export function lifecycleOf(engine: Engine): Turn {
  return async (stopwatch, round) => {
    const name = `bench-${round.toString()}`;
    await stopwatch.time(STEPS.exit, async () => await engine.runToExit(`${name}-exit`, TRUE));
    await delay(SETTLE_MS);
    await engine.remove(`${name}-exit`);
    await delay(SETTLE_MS);
    await stopwatch.time(STEPS.gone, async () => await engine.runAndRemove(`${name}-gone`, TRUE));
    await delay(SETTLE_MS);
    await stopwatch.time(STEPS.run, async () => await engine.runDetached(`${name}-run`, SERVER));
    await delay(SETTLE_MS);
    await stopwatch.time(STEPS.kill, async () => await engine.kill(`${name}-run`));
    await engine.untilEnded(`${name}-run`);
    await delay(SETTLE_MS);
    await stopwatch.time(STEPS.remove, async () => await engine.remove(`${name}-run`));
    await delay(SETTLE_MS);
    await stopwatch.time(STEPS.create, async () => await engine.create(name, SERVER));
    await stopwatch.time(STEPS.start, async () => await engine.start(name));
    await delay(SETTLE_MS);
    await stopwatch.time(STEPS.inspect, async () => await engine.inspect(name));
    await stopwatch.time(STEPS.list, async () => await engine.list());
    await stopwatch.time(STEPS.stop, async () => await engine.stop(name));
    await delay(SETTLE_MS);
    await engine.remove(name);
  };
}

/** @param bundle with a process that ends at once; @param detached with one that stays */
export const runtimeFloor =
  (bundle: string, detached: string): Turn =>
  async (stopwatch, round) => {
    const crun = ['crun', '--cgroup-manager=cgroupfs'];
    const id = `floor-${round.toString()}`;
    await stopwatch.time(STEPS.exit, async () => await command([...crun, 'run', '--bundle', bundle, id]));
    await stopwatch.time(
      STEPS.run,
      async () => await silently([...crun, 'run', '--detach', '--bundle', detached, `${id}-d`]),
    );
    await command([...crun, 'delete', '--force', `${id}-d`]);
  };

export const managerFloor: Turn = async (stopwatch, round) => {
  const unit = `bench-floor-${round.toString()}.service`;
  const run = ['systemd-run', '--quiet', '--collect'];
  await stopwatch.time(STEPS.exit, async () => await command([...run, '--wait', 'true']));
  await stopwatch.time(STEPS.run, async () => await command([...run, `--unit=${unit}`, 'sleep', '10000']));
  await delay(SETTLE_MS);
  await stopwatch.time(STEPS.stop, async () => await command(['systemctl', 'stop', unit]));
};

export const lifecycleTurns = (engines: ReadonlyMap<Candidate, Engine>): [Candidate, Turn][] =>
  [...engines].map(([candidate, engine]) => [candidate, lifecycleOf(engine)]);
