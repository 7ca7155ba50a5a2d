import { orAborted } from '../../lib/or-aborted.ts';
import type { Ports } from '../ports.ts';
import { ContainerError } from '../errors.ts';
import type { State } from '../state.ts';
import type { Exit } from '../status.ts';

export interface Waited {
  /** undefined where the container is removed. */
  readonly state: State | undefined;
  /** How it last ended, if it has. */
  readonly exit: Exit | undefined;
}

/**
 * Resolves as soon as a container is in one of `conditions`, or removed. Holds nothing and asks nobody: it is told.
 * @throws ContainerError `NoSuchContainer` when it is not remembered either | `AmbiguousContainer`
 */
export async function wait(
  { index, lane }: Pick<Ports, 'index' | 'lane'>,
  reference: string,
  conditions: readonly State[],
  signal: AbortSignal,
): Promise<Waited> {
  const past = index.endOf(reference);
  let found;
  try {
    found = index.find(reference);
  } catch (error) {
    if (past !== undefined && error instanceof ContainerError && error.code === 'NoSuchContainer') {
      return { state: undefined, exit: past };
    }
    throw error;
  }
  const { id } = found;
  const { promise, resolve, reject } = Promise.withResolvers<Waited>();
  let last = found;
  const check = (): void => {
    const container = index.get(id);
    if (container === undefined) {
      resolve({ state: undefined, exit: index.endOf(id) ?? ('exit' in last.status ? last.status.exit : undefined) });
      return;
    }
    last = container;
    const { status } = container;
    const exit = status.state === 'removing' ? index.endOf(id) : 'exit' in status ? status.exit : undefined;
    // It is removed by its own end, say: that it has ended is as true then, and has the same answer.
    const hasEnded = status.state === 'removing' && exit !== undefined && conditions.includes('stopped');
    if (hasEnded || conditions.includes(status.state)) resolve({ state: status.state, exit });
  };
  using _listening = index.changes.listen(id, check);
  // A look waits for its turn, which is a removal's to the end of that; what is told until then is as true.
  if (found.status.state === 'removing') check();
  else lane.look(id).then(check, reject);
  return await orAborted(promise, signal);
}
