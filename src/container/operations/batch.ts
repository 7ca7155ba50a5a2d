import type { Container } from '../container.ts';
import { freeze } from '../pausing/freeze.ts';
import type { Ports } from '../ports.ts';
import { wantDown } from '../records/wish.ts';
import { inOneTurn, type Step, type StepResult } from './one-turn.ts';
import { cleanUp } from '../launch/clean-up.ts';
import { sendSignal } from './kill.ts';
import { setUp } from './init.ts';
import { letGoOn } from './pause.ts';
import { run } from './start.ts';
import { stopRun } from './stop.ts';

export const BATCH_VERBS = ['init', 'start', 'stop', 'kill', 'pause', 'unpause', 'inspect', 'cleanup'] as const;
export type BatchVerb = (typeof BATCH_VERBS)[number];

export interface BatchStep {
  readonly verb: BatchVerb;
  /** With `stop`. */
  readonly timeoutUsec: number | undefined;
  /** With `kill`; as kill(2) has it. */
  readonly killSignal: number;
}

type Act = (ports: Ports, container: Container, step: BatchStep, signal: AbortSignal) => Promise<void>;

/** How each verb is done by those who have the turn. */
const ACTS: Readonly<Record<BatchVerb, Act>> = {
  init: async (ports, container, _, signal) => {
    await setUp(ports, container, signal);
  },
  start: async (ports, container, _, signal) => {
    await run(ports, container, signal);
  },
  stop: async (ports, container, { timeoutUsec }, signal) => {
    wantDown(ports, container);
    await stopRun(ports, container, timeoutUsec, signal);
  },
  kill: async (ports, container, { killSignal }, signal) => {
    await sendSignal(ports, container, killSignal, signal);
  },
  pause: async (ports, container, _, signal) => {
    await freeze(ports, container, signal);
  },
  unpause: async (ports, container) => {
    await letGoOn(ports, container);
  },
  inspect: async () => {
    await Promise.resolve();
  },
  cleanup: async (ports, container) => {
    await cleanUp(ports, container);
  },
};

/**
 * Does steps one after the other, while nobody else does anything with the container. The first that is refused is the last.
 * @throws ContainerError `NoSuchContainer` | `AmbiguousContainer`
 */
export async function batch(
  ports: Ports,
  reference: string,
  steps: readonly BatchStep[],
  signal: AbortSignal,
): Promise<StepResult<BatchVerb>[]> {
  return await inOneTurn(ports, reference, stepsFor(ports, steps, signal));
}

const stepsFor = (ports: Ports, steps: readonly BatchStep[], signal: AbortSignal): Step<BatchVerb>[] =>
  steps.map((step) => ({
    verb: step.verb,
    operation: step.verb === 'inspect' ? undefined : step.verb,
    act: async (container) => {
      await ACTS[step.verb](ports, container, step, signal);
    },
  }));
