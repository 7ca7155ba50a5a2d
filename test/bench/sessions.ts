/** What goes into containers and comes out: a command beside the first one, bytes through `cat`, single keys at a terminal. */
import { setTimeout as delay } from 'node:timers/promises';
import type { Turn } from './measure.ts';

/** One way to get at the streams of a process. */
export interface Sessions {
  /** Runs `true` in a container to its end, and hears its exit code. */
  readonly runTrue: (container: string) => Promise<void>;
  /** Sends a file through `cat`, beside the first process of a container. @returns how many bytes came back */
  readonly execCat: (container: string, file: string) => Promise<number>;
  /** Sends a file through a container of that name, made for it and gone with it, that is `cat`. @returns as above */
  readonly runCat: (name: string, file: string) => Promise<number>;
  /** Opens a terminal, with a program at it that is ready. */
  readonly openTerminal: (container: string) => Promise<Keyboard>;
}

/** A terminal that shows what is typed, as terminals do unless told otherwise. */
export interface Keyboard extends AsyncDisposable {
  /** Resolves when something shows on the screen. */
  readonly press: (key: string) => Promise<void>;
}

export const EXEC = {
  exec: 'exec true',
  key: 'exec -it, a key',
  rawKey: 'the same, raw',
  execCat: 'exec -i cat',
  runCat: 'run -i cat',
} as const;

/** Reads nothing, so that only the terminal itself answers; says first that it is there. */
export const AT_TERMINAL = ['sh', '-c', 'echo ready; exec sleep 1000'];
export const READY = 'ready';

const PRESSES = 30;
/** The first ones find caches cold, and a client that is still about to switch its own terminal over. */
const WARM_UP = 5;
/** A person is slower; so that each press is one. */
const PAUSE_MS = 3;
const MIB = 1024 * 1024;

export const trueTurn =
  (sessions: Sessions, container: string): Turn =>
  async (stopwatch) => {
    await stopwatch.time(EXEC.exec, async () => await sessions.runTrue(container));
  };

/** The median of some presses is what a turn counts for. */
export const keyTurn =
  (step: string, open: () => Promise<Keyboard>): Turn =>
  async (stopwatch) => {
    await using keyboard = await open();
    const times: number[] = [];
    for (let press = 0; press < WARM_UP + PRESSES; press++) {
      await delay(PAUSE_MS);
      const begun = performance.now();
      await keyboard.press('k');
      if (press >= WARM_UP) times.push(performance.now() - begun);
    }
    stopwatch.set(step, times.toSorted((a, b) => a - b)[PRESSES / 2] ?? NaN);
  };

/** @param file has so many bytes of text in lines */
export const catTurn =
  (sessions: Sessions, container: string, file: string, bytes: { readonly exec: number; readonly run: number }): Turn =>
  async (stopwatch, round) => {
    const rate = async (step: string, expected: number, act: () => Promise<number>): Promise<void> => {
      const begun = performance.now();
      const arrived = await act();
      const seconds = (performance.now() - begun) / 1000;
      if (arrived !== expected)
        throw new Error(`${step}: ${arrived.toString()} of ${expected.toString()} bytes came back`);
      stopwatch.set(step, expected / MIB / seconds);
    };
    await rate(EXEC.execCat, bytes.exec, async () => await sessions.execCat(container, `${file}-exec`));
    await rate(
      EXEC.runCat,
      bytes.run,
      async () => await sessions.runCat(`bench-cat-${round.toString()}`, `${file}-run`),
    );
  };
