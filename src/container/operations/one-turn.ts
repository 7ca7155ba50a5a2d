import type { Container } from '../container.ts';
import { ContainerError } from '../errors.ts';
import type { Ports } from '../ports.ts';
import type { Operation, State } from '../state.ts';

/** One step: what is asked for, for the table, and how it is done by those who have the turn. */
export interface Step<Verb extends string> {
  readonly verb: Verb;
  /** undefined for what is allowed in every state. */
  readonly operation: Operation | undefined;
  readonly act: (container: Container) => Promise<void>;
}

export interface StepResult<Verb extends string> {
  readonly verb: Verb;
  readonly state: State;
  readonly refusal: ContainerError | undefined;
}

/**
 * Does steps one after the other under one turn. The first that is refused is the last.
 * @throws ContainerError `NoSuchContainer` | `AmbiguousContainer`; what a step throws that is no refusal
 */
export async function inOneTurn<Verb extends string>(
  { lane, faults }: Ports,
  reference: string,
  steps: readonly Step<Verb>[],
): Promise<StepResult<Verb>[]> {
  return await lane.turn(reference, async (first) => {
    const results: StepResult<Verb>[] = [];
    let container = first;
    for (const { verb, operation, act } of steps) {
      let refusal: ContainerError | undefined;
      try {
        if (operation !== undefined) lane.demand(container, operation);
        await act(container);
        faults('batch: step done');
      } catch (error) {
        if (!(error instanceof ContainerError)) throw error;
        refusal = error;
      }
      container = (await lane.settle(container.id)) ?? container;
      results.push({ verb, state: container.status.state, refusal });
      if (refusal !== undefined) break;
    }
    return results;
  });
}
