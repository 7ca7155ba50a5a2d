import type { ContainerClient, State } from '../../api/io-berth-container.ts';
import { UsageError } from './args.ts';

/** The option of verbs that can be done with every container they fit. */
export const ALL_OPTION = { kind: 'flag', short: 'a', help: 'Do it with all containers it can be done with' } as const;

interface Wanted {
  readonly operands: readonly string[];
  readonly all: boolean;
}

/**
 * The containers that are named, or all in one of these states.
 * @param states undefined for any state
 * @throws UsageError where neither is given, or both
 */
export async function selected(
  containers: ContainerClient,
  { operands, all }: Wanted,
  states: readonly State[] | undefined,
): Promise<readonly string[]> {
  if (!all && operands.length === 0) throw new UsageError('something is missing: a NAME, or --all');
  if (!all) return operands;
  if (operands.length > 0) throw new UsageError('--all and names exclude each other');
  const found: string[] = [];
  for await (const { container } of containers.list({ states }))
    if (container !== undefined) found.push(container.name);
  return found;
}
